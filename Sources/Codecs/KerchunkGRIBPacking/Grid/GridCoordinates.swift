// SPDX-License-Identifier: Apache-2.0
// Latitudes and longitudes of all points of a grid, in the order of the values.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 3.x; code table 3.4 for the order.

import Glibc
package import KerchunkBytes
package import KerchunkModel

/// What is asked for.
package enum Coordinate: Sendable { case latitude, longitude }

/// A grid whose points are known.
package struct GridCoordinates: Sendable {
    private let geometry: GridGeometry
    /// Points of the grid.
    package let pointCount: Int

    /// - Throws: kind `unsupported` for grids whose points a message does not say, or that are not known here.
    package init(_ field: GRIBField) throws(KerchunkError) {
        let geometry = try parsing { () throws(ParseError) in try field.gridGeometry }
        guard let geometry else { throw .unsupportedField("the message has no grid") }
        try self.init(geometry, pointCount: field.edition == 1 ? try? FieldDecoder(field).valueCount : nil)
    }

    /// - Parameter pointCount: where the grid does not say it.
    package init(_ geometry: GridGeometry, pointCount: Int? = nil) throws(KerchunkError) {
        self.geometry = geometry
        if case .unknown(let why) = geometry.kind { throw .unsupportedField(why) }
        guard !geometry.layout.scanning.hasOffsets else {
            throw .unsupportedField("points of grids with shifted rows are not known")
        }
        switch geometry.layout.rows {
        case .regular(let columns, let rows):
            guard let count = columns.multiplied(by: rows) else {
                throw .malformedField("a grid of too many points")
            }
            self.pointCount = count
        case .reduced:
            guard let count = pointCount ?? geometry.layout.pointCount else {
                throw .malformedField("a grid of an unknown number of points")
            }
            self.pointCount = count
        case .none: throw .malformedField("a grid without rows and columns")
        }
        guard self.pointCount <= FieldDecoder.mostValues else {
            throw KerchunkError(
                .limit,
                "cannot decode the GRIB field: its grid has \(self.pointCount) points, at most \(FieldDecoder.mostValues) are decoded"
            )
        }
    }

    /// The coordinates as elements, in the order of the values with alternating rows turned.
    /// - Parameter limit: bytes that they may have.
    package func bytes(
        _ coordinate: Coordinate, width: Int, isBigEndian: Bool, limit: Int
    ) throws(KerchunkError) -> Bytes {
        guard let size = pointCount.multiplied(by: width), size <= limit,
            let values = ValueBuffer(count: pointCount)
        else { throw .fieldBeyond(limit, pointCount) }
        switch (geometry.kind, geometry.layout.rows) {
        case (.latitudeLongitude(let grid), .regular(let columns, let rows)):
            try fill(grid, columns, rows, coordinate, values)
        case (.latitudeLongitude(let grid), .reduced(let circle)):
            try fill(grid, reduced: circle, coordinate, values)
        case (.projected(let grid), .regular(let columns, let rows)):
            try fill(grid, columns, rows, coordinate, values)
        case (.spaceView(let grid), .regular(let columns, let rows)):
            try fill(grid, columns, rows, coordinate, values)
        default: throw .unsupportedField("points of reduced grids on a plane are not known")
        }
        return values.bytes(width: width, isBigEndian: isBigEndian)
    }

    /// Each point's column and row, in the order of the values.
    @inline(__always) private func forEachPoint(
        _ columns: Int, _ rows: Int, _ values: ValueBuffer, _ value: (_ column: Int, _ row: Int) -> Double
    ) {
        var place = 0
        if geometry.layout.scanning.jPointsAreConsecutive {
            for column in 0..<columns {
                for row in 0..<rows {
                    values[place] = value(column, row)
                    place += 1
                }
            }
        } else {
            for row in 0..<rows {
                for column in 0..<columns {
                    values[place] = value(column, row)
                    place += 1
                }
            }
        }
    }

    // MARK: Latitudes and longitudes

    private func fill(
        _ grid: LatitudeLongitudeGrid, _ columns: Int, _ rows: Int, _ coordinate: Coordinate,
        _ values: ValueBuffer
    ) throws(KerchunkError) {
        let scanning = geometry.layout.scanning
        let pole = try grid.rotation.map { rotation throws(KerchunkError) in try RotatedPole(rotation) }
        if pole == nil {
            switch coordinate {
            case .latitude:
                let latitudes = try grid.latitudes(rows, scanning)
                forEachPoint(columns, rows, values) { _, row in latitudes[row] }
            case .longitude:
                let longitudes = grid.longitudes(columns, scanning)
                forEachPoint(columns, rows, values) { column, _ in longitudes[column] }
            }
            return
        }
        guard let pole else { return }
        let latitudes = try grid.latitudes(rows, scanning)
        let longitudes = grid.longitudes(columns, scanning)
        forEachPoint(columns, rows, values) { column, row in
            pole.coordinate(coordinate, latitudes[row], longitudes[column])
        }
    }

    private func fill(
        _ grid: LatitudeLongitudeGrid, reduced circle: [Int], _ coordinate: Coordinate, _ values: ValueBuffer
    ) throws(KerchunkError) {
        let pole = try grid.rotation.map { rotation throws(KerchunkError) in try RotatedPole(rotation) }
        let latitudes = try grid.latitudes(circle.count, geometry.layout.scanning)
        let rows = try grid.reducedRows(circle, pointCount: pointCount)
        var place = 0
        for (row, part) in rows.enumerated() {
            for index in part.start..<part.start + part.count {
                let longitude = Double(index) * 360.0 / Double(circle[row])
                if let pole {
                    values[place] = pole.coordinate(coordinate, latitudes[row], longitude)
                } else {
                    values[place] = coordinate == .latitude ? latitudes[row] : longitude.inCircle
                }
                place += 1
            }
        }
    }

    // MARK: Planes

    private func fill(
        _ grid: ProjectedGrid, _ columns: Int, _ rows: Int, _ coordinate: Coordinate, _ values: ValueBuffer
    ) throws(KerchunkError) {
        guard let earth = geometry.earth else {
            throw .unsupportedField("the figure of the earth that its grid is on is not known")
        }
        let ellipsoid = Ellipsoid(earth)
        let central = grid.centralLongitude.radians
        switch grid.projection {
        case .mercator(let latitude):
            fill(
                MercatorProjection(ellipsoid, trueLatitude: latitude.radians, central: central), grid,
                columns,
                rows, coordinate, values)
        case .polarStereographic(let latitude, let isSouth):
            fill(
                PolarStereographicProjection(
                    ellipsoid, trueLatitude: latitude.radians, central: central, isSouth: isSouth), grid,
                columns,
                rows, coordinate, values)
        case .lambertConformal(let one, let two):
            fill(
                LambertConformalProjection(ellipsoid, one.radians, two.radians, central: central), grid,
                columns,
                rows, coordinate, values)
        case .albers(let one, let two):
            fill(
                AlbersProjection(ellipsoid, one.radians, two.radians, central: central), grid, columns, rows,
                coordinate, values)
        case .lambertAzimuthal(let latitude):
            fill(
                LambertAzimuthalProjection(ellipsoid, latitude: latitude.radians, central: central), grid,
                columns,
                rows, coordinate, values)
        }
    }

    @inline(__always) private func fill(
        _ projection: some PlaneProjection, _ grid: ProjectedGrid, _ columns: Int, _ rows: Int,
        _ coordinate: Coordinate, _ values: ValueBuffer
    ) {
        let scanning = geometry.layout.scanning
        let first = projection.plane(
            latitude: grid.firstLatitude.radians, longitude: grid.firstLongitude.radians)
        let iStep = scanning.iIsNegative ? -grid.iStep : grid.iStep
        let jStep = scanning.jIsPositive ? grid.jStep : -grid.jStep
        forEachPoint(columns, rows, values) { column, row in
            let place = projection.geographic(
                x: first.x + Double(column) * iStep, y: first.y + Double(row) * jStep)
            return coordinate == .latitude ? place.latitude.degrees : place.longitude.degrees.inCircle
        }
    }

    /// Points beside the earth are NaN.
    private func fill(
        _ grid: SpaceViewGrid, _ columns: Int, _ rows: Int, _ coordinate: Coordinate, _ values: ValueBuffer
    ) throws(KerchunkError) {
        guard let earth = geometry.earth, grid.latitude == 0, grid.orientation == 0, grid.height > 1,
            grid.xDiameter > 0, grid.yDiameter > 0
        else {
            throw .unsupportedField("only views from above the equator, with the north above, are known")
        }
        let view = SpaceView(grid, earth)
        let scanning = geometry.layout.scanning
        forEachPoint(columns, rows, values) { column, row in
            // Counted from the first point on, in the directions of the grid.
            let x = Double(column) + grid.xOrigin - grid.xBelow
            let y = Double(row) + grid.yOrigin - grid.yBelow
            let place = view.geographic(
                x: scanning.iIsNegative ? -x : x, y: scanning.jIsPositive ? y : -y)
            guard let place else { return .nan }
            return coordinate == .latitude ? place.latitude.degrees : place.longitude.degrees.inCircle
        }
    }
}

/// What a satellite above the equator sees.
private struct SpaceView {
    let longitude, radius, height: Double
    /// (major / minor)².
    let flattening: Double
    /// Radians for each step.
    let xAngle, yAngle: Double

    init(_ grid: SpaceViewGrid, _ earth: Earth) {
        longitude = grid.longitude.radians
        radius = earth.major
        height = grid.height * earth.major
        flattening = (earth.major / earth.minor) * (earth.major / earth.minor)
        let angle = 2 * asin(1 / grid.height)
        xAngle = angle / grid.xDiameter
        yAngle = angle / grid.yDiameter * earth.minor / earth.major
    }

    /// - Parameters: steps to the east and north of the point below.
    func geographic(x: Double, y: Double) -> (latitude: Double, longitude: Double)? {
        let (x, y) = (x * xAngle, y * yAngle)
        let (cosX, sinX, cosY, sinY) = (cos(x), sin(x), cos(y), sin(y))
        let c = cosY * cosY + flattening * sinY * sinY
        let b = height * cosX * cosY
        let root = b * b - c * (height * height - radius * radius)
        guard root >= 0 else { return nil }
        let distance = (b - root.squareRoot()) / c
        let (u, v, w) = (height - distance * cosX * cosY, distance * sinX * cosY, distance * sinY)
        return (atan(flattening * w / (u * u + v * v).squareRoot()), longitude + atan2(v, u))
    }
}

/// From coordinates with a pole of their own to those of the earth.
private struct RotatedPole {
    let sinTheta, cosTheta, sinPhi, cosPhi: Double

    init(_ rotation: Rotation) throws(KerchunkError) {
        guard rotation.angle == 0 else {
            throw .unsupportedField("a rotated grid that is turned by \(rotation.angle)° about its new axis")
        }
        let theta = -(rotation.southPoleLatitude + 90).radians
        let phi = -rotation.southPoleLongitude.radians
        (sinTheta, cosTheta, sinPhi, cosPhi) = (sin(theta), cos(theta), sin(phi), cos(phi))
    }

    func coordinate(_ coordinate: Coordinate, _ latitude: Double, _ longitude: Double) -> Double {
        let (lat, lon) = (latitude.radians, longitude.radians)
        let x = cos(lon) * cos(lat)
        let y = sin(lon) * cos(lat)
        let z = sin(lat)
        if coordinate == .latitude { return asin(min(1, max(-1, cosTheta * z - sinTheta * x))).degrees }
        let east = cosTheta * cosPhi * x + sinPhi * y + sinTheta * cosPhi * z
        let north = cosPhi * y - cosTheta * sinPhi * x - sinTheta * sinPhi * z
        return atan2(north, east).degrees
    }
}

extension Double {
    fileprivate var radians: Double { self * (.pi / 180) }
    fileprivate var degrees: Double { self * (180 / .pi) }

    /// Degrees from 0 to 360.
    fileprivate var inCircle: Double {
        if self >= 0, self < 360 { return self }
        guard isFinite else { return self }
        let rest = truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }
}
