// SPDX-License-Identifier: Apache-2.0
// Grids of edition 2, a template each.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 3.x.

import KerchunkBytes

extension GridGeometry {
    /// - Parameter cursor: at the start of section 3.
    init(edition2 cursor: inout ByteCursor, _ layout: GridLayout) throws(ParseError) {
        let kind: Kind
        switch layout.template {
        case 0, 1: kind = .latitudeLongitude(try .init(edition2: &cursor, isRotated: layout.template == 1))
        case 40, 41:
            kind = .latitudeLongitude(try .init(edition2: &cursor, isRotated: layout.template == 41))
        case 10: kind = try GridGeometry.mercator(&cursor)
        case 20: kind = try GridGeometry.polarStereographic(&cursor)
        case 30, 31: kind = try GridGeometry.conic(&cursor, isAlbers: layout.template == 31)
        case 90: kind = try GridGeometry.spaceView(&cursor)
        case 140: kind = try GridGeometry.lambertAzimuthal(&cursor)
        case 50...53: kind = .unknown("spherical harmonics have no points")
        case 101: kind = .unknown("the points of an unstructured grid (template 3.101) lie in another file")
        default: kind = .unknown("points of grids of template 3.\(layout.template) are not known")
        }
        if case .unknown = kind {
            self.init(layout: layout, kind: kind, earth: nil)
        } else {
            try cursor.seek(to: 14)
            self.init(layout: layout, kind: kind, earth: try Earth.parsing(&cursor))
        }
    }

    private static func mercator(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = try first(&cursor)
        try cursor.skip(1)
        let trueLatitude = try cursor.angle()
        try cursor.skip(8 + 1)  // the last point, scanning mode
        // How the grid is turned is left 0 or without meaning: the first and the last point say that it is not.
        try cursor.skip(4)
        let (iStep, jStep) = try cursor.steps()
        return .projected(
            ProjectedGrid(
                projection: .mercator(trueLatitude: trueLatitude), firstLatitude: latitude,
                firstLongitude: longitude, centralLongitude: longitude, iStep: iStep, jStep: jStep))
    }

    private static func polarStereographic(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = try first(&cursor)
        try cursor.skip(1)
        let trueLatitude = try cursor.angle()
        let central = try cursor.angle()
        let (iStep, jStep) = try cursor.steps()
        let isSouth = try cursor.uint8() & 0x80 != 0
        return .projected(
            ProjectedGrid(
                projection: .polarStereographic(trueLatitude: trueLatitude, isSouth: isSouth),
                firstLatitude: latitude, firstLongitude: longitude, centralLongitude: central, iStep: iStep,
                jStep: jStep))
    }

    private static func conic(_ cursor: inout ByteCursor, isAlbers: Bool) throws(ParseError) -> Kind {
        let (latitude, longitude) = try first(&cursor)
        try cursor.skip(1 + 4)  // flags, where the steps are as long as they say
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

    private static func lambertAzimuthal(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = try first(&cursor)
        let (parallel, central) = (try cursor.angle(), try cursor.angle())
        try cursor.skip(1)
        let (iStep, jStep) = try cursor.steps()
        return .projected(
            ProjectedGrid(
                projection: .lambertAzimuthal(latitude: parallel), firstLatitude: latitude,
                firstLongitude: longitude, centralLongitude: central, iStep: iStep, jStep: jStep))
    }

    private static func spaceView(_ cursor: inout ByteCursor) throws(ParseError) -> Kind {
        let (latitude, longitude) = try first(&cursor)
        try cursor.skip(1)
        let (xDiameter, yDiameter) = (try cursor.unsigned(4), try cursor.unsigned(4))
        let (xBelow, yBelow) = (try cursor.unsigned(4), try cursor.unsigned(4))
        try cursor.skip(1)
        let orientation = try cursor.angle()
        let height = try cursor.unsigned(4)
        let (xOrigin, yOrigin) = (try cursor.unsigned(4), try cursor.unsigned(4))
        guard height != 0xFFFF_FFFF else { return .unknown("an orthographic view is not known") }
        return .spaceView(
            SpaceViewGrid(
                latitude: latitude, longitude: longitude, xDiameter: Double(xDiameter),
                yDiameter: Double(yDiameter), xBelow: Double(xBelow) / 1000, yBelow: Double(yBelow) / 1000,
                xOrigin: Double(xOrigin), yOrigin: Double(yOrigin), orientation: orientation,
                height: Double(height) / 1_000_000))
    }

    /// Octets 39 to 46.
    private static func first(
        _ cursor: inout ByteCursor
    ) throws(ParseError) -> (latitude: Double, longitude: Double) {
        try cursor.seek(to: 38)
        return (try cursor.angle(), try cursor.angle())
    }
}

extension LatitudeLongitudeGrid {
    /// Octets 39 to 84 of templates 3.0, 3.1, 3.40, 3.41.
    fileprivate init(edition2 cursor: inout ByteCursor, isRotated: Bool) throws(ParseError) {
        try cursor.seek(to: 12)
        let isGaussian = try cursor.unsigned(2) >= 40
        try cursor.seek(to: 38)
        let (basic, subdivisions) = (try cursor.unsigned(4), try cursor.unsigned(4))
        let isUsual =
            basic == 0 || basic == 0xFFFF_FFFF || subdivisions == 0 || subdivisions == 0xFFFF_FFFF
        let unit = isUsual ? Angle.Unit.microdegree : Angle.Unit(numerator: basic, denominator: subdivisions)
        func angle(_ coded: Int) -> Angle { Angle(coded: coded, unit: unit) }
        firstLatitude = angle(try cursor.signed(4))
        firstLongitude = angle(try cursor.signed(4))
        let flags = try cursor.uint8()
        lastLatitude = angle(try cursor.signed(4))
        lastLongitude = angle(try cursor.signed(4))
        let i = try cursor.unsigned(4)
        let j = try cursor.unsigned(4)
        iIncrement = flags & 0x20 == 0 || i == 0xFFFF_FFFF ? nil : angle(i)
        jIncrement = isGaussian || flags & 0x10 == 0 || j == 0xFFFF_FFFF ? nil : angle(j)
        gaussianNumber = isGaussian ? j : nil
        try cursor.skip(1)
        rotation =
            isRotated
            ? Rotation(
                southPoleLatitude: try cursor.angle(), southPoleLongitude: try cursor.angle(),
                angle: try cursor.angle()) : nil
    }
}

extension ByteCursor {
    /// Degrees in four octets of microdegrees.
    fileprivate mutating func angle() throws(ParseError) -> Double {
        Angle(coded: try signed(4), unit: .microdegree).degrees
    }

    /// Metres in four octets of millimetres each.
    fileprivate mutating func steps() throws(ParseError) -> (i: Double, j: Double) {
        (Double(try unsigned(4)) / 1000, Double(try unsigned(4)) / 1000)
    }
}
