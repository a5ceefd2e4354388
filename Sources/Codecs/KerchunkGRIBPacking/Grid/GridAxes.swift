// SPDX-License-Identifier: Apache-2.0
// Latitudes and longitudes of the rows and columns of grids, in the arithmetic of eccodes, so that they are equal to its own.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 3.0 and 3.40.

import KerchunkModel

extension LatitudeLongitudeGrid {
    /// Degrees, one for each column.
    func longitudes(_ count: Int, _ scanning: ScanningMode) -> [Double] {
        var longitude = firstLongitude.degrees
        let last = lastLongitude.degrees
        guard count > 1 else { return Array(repeating: longitude, count: count) }
        let steps = Double(count - 1)
        var step: Double
        if scanning.iIsNegative {
            step = (longitude > last ? longitude - last : longitude + 360 - last) / steps
            step = -step
        } else {
            step = (longitude < last ? last - longitude : last + 360 - longitude) / steps
            if longitude + (Double(count) - 2) * step > 360 {
                longitude -= 360
            }
        }
        return Self.accumulated(from: longitude, by: step, to: last, count)
    }

    /// Degrees, one for each row.
    func latitudes(_ count: Int, _ scanning: ScanningMode) throws(KerchunkError) -> [Double] {
        if let gaussianNumber { return try gaussianLatitudes(gaussianNumber, count, scanning) }
        let first = firstLatitude.degrees
        let last = lastLatitude.degrees
        guard count > 1 else { return Array(repeating: first, count: count) }
        var step = jIncrement?.degrees ?? abs(first - last) / Double(count - 1)
        if !scanning.jIsPositive { step = -step }
        return Self.accumulated(from: first, by: step, to: last, count)
    }

    /// Sums of `step`, not multiples: rounding is then that of eccodes. The last one is `last`, whatever the sum is.
    private static func accumulated(
        from first: Double, by step: Double, to last: Double, _ count: Int
    ) -> [Double] {
        var all: [Double] = []
        all.reserveCapacity(count)
        var sum = first
        for _ in 0..<count - 1 {
            all.append(sum)
            sum += step
        }
        all.append(last)
        return all
    }

    private func gaussianLatitudes(
        _ number: Int, _ count: Int, _ scanning: ScanningMode
    ) throws(KerchunkError) -> [Double] {
        guard (1...GaussianLatitudes.largestNumber).contains(number), count <= 2 * number else {
            throw .unsupportedField("a Gaussian grid of number \(number) and \(count) rows")
        }
        let first = firstLatitude.degrees
        // Rows of the part of the globe follow each other from the first one on.
        let row = GaussianLatitudes.row(nearest: first, number)
        let start = scanning.jIsPositive ? row - count + 1 : row
        guard start >= 0, start + count <= 2 * number,
            abs(GaussianLatitudes.rows(number, from: row, count: 1)[0] - first) <= 0.5 * 180
                / Double(2 * number)
        else {
            throw .malformedField(
                "no \(count) rows of a Gaussian grid of number \(number) begin at \(first)°")
        }
        let rows = GaussianLatitudes.rows(number, from: start, count: count)
        return scanning.jIsPositive ? rows.reversed() : rows
    }

    /// Longitudes of the points in each row of a reduced grid: the first one's place on the whole circle, and how many there
    /// are.
    /// - Parameters:
    ///   - circle: how many points each whole row has.
    ///   - pointCount: what the rows must have together.
    func reducedRows(
        _ circle: [Int], pointCount: Int
    ) throws(KerchunkError) -> [(start: Int, count: Int)] {
        if circle.reduce(0, +) == pointCount { return circle.map { (0, $0) } }
        // Longitudes are rounded to a part, so a point may lie up to one part outside.
        for tolerance in [0, 1] {
            let rows = circle.map { row($0, tolerance: tolerance) }
            if rows.reduce(0, { $0 + $1.count }) == pointCount { return rows }
        }
        throw .malformedField("rows of a reduced grid that do not make \(pointCount) points")
    }

    /// Points of a reduced grid whose whole rows have `circle` points: fewer where it is a part of the globe.
    func reducedPointCount(_ circle: [Int]) -> Int {
        let counts = [0, 1].map { tolerance in
            circle.reduce(0) { $0 + row($1, tolerance: tolerance).count }
        }
        let whole = circle.reduce(0, +)
        return counts.contains(whole) ? whole : counts[0]
    }

    /// Points of a row of `circle` on the whole globe that lie from the first to the last longitude.
    private func row(_ circle: Int, tolerance: Int) -> (start: Int, count: Int) {
        let whole = Int128(360) * Int128(firstLongitude.unit.denominator)
        let unit = Int128(firstLongitude.unit.numerator)
        let west = (Int128(firstLongitude.coded) - Int128(tolerance)) * unit * Int128(circle)
        var east = (Int128(lastLongitude.coded) + Int128(tolerance)) * unit * Int128(circle)
        if east < west { east += whole * Int128(circle) }
        let first = -((-west).floored(by: whole))
        let last = east.floored(by: whole)
        return (
            Int(truncatingIfNeeded: first), max(0, min(Int(truncatingIfNeeded: last - first + 1), circle))
        )
    }
}

extension Int128 {
    /// The quotient rounded down; `divisor` is positive.
    fileprivate func floored(by divisor: Int128) -> Int128 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
