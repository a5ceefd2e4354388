// SPDX-License-Identifier: Apache-2.0
// Grids of edition 1, by data representation type.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 2, code table 6.

import KerchunkBytes

extension GridGeometry {
    /// Where polar stereographic grids of edition 1 have the length that they say.
    private static let trueLatitudeOfEdition1 = 60.0

    /// - Parameter cursor: at the start of section 2.
    init(edition1 cursor: inout ByteCursor, _ layout: GridLayout) throws(ParseError) {
        try cursor.seek(to: 16)
        let flags = try cursor.uint8()
        try cursor.seek(to: 10)
        let kind: Kind
        switch layout.template {
        case 0, 10: kind = .latitudeLongitude(try .init(edition1: &cursor, layout.template))
        case 4, 14: kind = .latitudeLongitude(try .init(edition1: &cursor, layout.template))
        case 1: kind = try GridGeometry.mercatorOfEdition1(&cursor)
        case 3, 8: kind = try GridGeometry.conicOfEdition1(&cursor, isAlbers: layout.template == 8)
        case 5: kind = try GridGeometry.polarStereographicOfEdition1(&cursor)
        case 90: kind = try GridGeometry.spaceViewOfEdition1(&cursor)
        case 50, 60, 70, 80: kind = .unknown("spherical harmonics have no points")
        default:
            kind = .unknown("points of grids of data representation type \(layout.template) are not known")
        }
        self.init(layout: layout, kind: kind, earth: Earth.ofEdition1(flags))
    }

    private static func mercatorOfEdition1(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = (try cursor.angle(), try cursor.angle())
        try cursor.skip(1 + 6)
        let trueLatitude = try cursor.angle()
        try cursor.skip(2)
        let (iStep, jStep) = try cursor.steps()
        return .projected(
            ProjectedGrid(
                projection: .mercator(trueLatitude: trueLatitude), firstLatitude: latitude,
                firstLongitude: longitude, centralLongitude: longitude, iStep: iStep, jStep: jStep))
    }

    private static func conicOfEdition1(_ cursor: inout ByteCursor, isAlbers: Bool) throws(ParseError) -> Kind
    {
        let (latitude, longitude) = (try cursor.angle(), try cursor.angle())
        try cursor.skip(1)
        let central = try cursor.angle()
        let (iStep, jStep) = try cursor.steps()
        try cursor.skip(2)
        let (one, two) = (try cursor.angle(), try cursor.angle())
        return .projected(
            ProjectedGrid(
                projection: isAlbers ? .albers(one, two) : .lambertConformal(one, two),
                firstLatitude: latitude,
                firstLongitude: longitude, centralLongitude: central, iStep: iStep, jStep: jStep))
    }

    private static func polarStereographicOfEdition1(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = (try cursor.angle(), try cursor.angle())
        try cursor.skip(1)
        let central = try cursor.angle()
        let (iStep, jStep) = try cursor.steps()
        let isSouth = try cursor.uint8() & 0x80 != 0
        return .projected(
            ProjectedGrid(
                projection: .polarStereographic(
                    trueLatitude: isSouth ? -trueLatitudeOfEdition1 : trueLatitudeOfEdition1, isSouth: isSouth
                ),
                firstLatitude: latitude, firstLongitude: longitude, centralLongitude: central, iStep: iStep,
                jStep: jStep))
    }

    private static func spaceViewOfEdition1(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = (try cursor.angle(), try cursor.angle())
        try cursor.skip(1)
        let (xDiameter, yDiameter) = (try cursor.unsigned(3), try cursor.unsigned(3))
        let (xBelow, yBelow) = (try cursor.unsigned(2), try cursor.unsigned(2))
        try cursor.skip(1)
        let orientation = try cursor.angle()
        let height = try cursor.unsigned(3)
        let (xOrigin, yOrigin) = (try cursor.unsigned(2), try cursor.unsigned(2))
        return .spaceView(
            SpaceViewGrid(
                latitude: latitude, longitude: longitude, xDiameter: Double(xDiameter),
                yDiameter: Double(yDiameter), xBelow: Double(xBelow), yBelow: Double(yBelow),
                xOrigin: Double(xOrigin), yOrigin: Double(yOrigin), orientation: orientation,
                height: Double(height) / 1000))
    }
}

extension LatitudeLongitudeGrid {
    /// - Parameter cursor: at octet 11.
    fileprivate init(edition1 cursor: inout ByteCursor, _ type: Int) throws(ParseError) {
        func angle(_ coded: Int) -> Angle { Angle(coded: coded, unit: .millidegree) }
        let isGaussian = type == 4 || type == 14
        firstLatitude = angle(try cursor.signed(3))
        firstLongitude = angle(try cursor.signed(3))
        let flags = try cursor.uint8()
        lastLatitude = angle(try cursor.signed(3))
        lastLongitude = angle(try cursor.signed(3))
        let i = try cursor.unsigned(2)
        let j = try cursor.unsigned(2)
        let isGiven = flags & 0x80 != 0
        iIncrement = !isGiven || i == 0xFFFF ? nil : angle(i)
        jIncrement = isGaussian || !isGiven || j == 0xFFFF ? nil : angle(j)
        gaussianNumber = isGaussian ? j : nil
        guard type >= 10 else {
            rotation = nil
            return
        }
        try cursor.skip(1 + 4)
        rotation = Rotation(
            southPoleLatitude: try cursor.angle(), southPoleLongitude: try cursor.angle(),
            angle: try cursor.hexadecimalSingle())
    }
}

extension ByteCursor {
    /// Degrees in three octets of millidegrees.
    fileprivate mutating func angle() throws(ParseError) -> Double {
        Angle(coded: try signed(3), unit: .millidegree).degrees
    }

    /// Metres in three octets each.
    fileprivate mutating func steps() throws(ParseError) -> (i: Double, j: Double) {
        (Double(try unsigned(3)), Double(try unsigned(3)))
    }
}
