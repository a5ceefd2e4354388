// SPDX-License-Identifier: Apache-2.0
// Grids of edition 1. Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 2, code tables 6 and 7.

import KerchunkBytes
import KerchunkGRIBPacking

extension GridDescription {
    /// - Parameter cursor: at the start of section 2.
    init(edition1 cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB grid description section")
        let layout = try GridLayout(edition1: &cursor)
        self.layout = layout
        type = Self.typeName(edition1: layout)
        unstructured = nil
        try cursor.seek(to: 3)
        verticalCount = try cursor.unsigned(1)
        guard Self.knownTypes.contains(layout.template) else {
            (columns, rows, isUVRelative, gaussianNumber) = (nil, nil, nil, nil)
            numbers = [:]
            return
        }
        try cursor.seek(to: 6)
        let columns = try Octets(.dummy, 2, .optional).read(&cursor)
        let rows = try Octets(.dummy, 2, .optional).read(&cursor)
        (self.columns, self.rows) = (columns, rows)
        try cursor.seek(to: 16)
        let flags = try cursor.uint8()
        isUVRelative = flags & 0x08 != 0
        var numbers: [String: Double?] = [:]
        for number in Self.octets(edition1: layout.template) {
            numbers[number.name] = .some(try number.read(&cursor))
        }
        if layout.template == 3 { numbers["LaDInDegrees"] = numbers["Latin1InDegrees"] }
        if [0, 10].contains(layout.template), flags & 0x80 == 0 {
            Self.computeIncrements(columns: columns, rows: rows, layout.scanning, &numbers)
        }
        self.numbers = numbers
        if [4, 14].contains(layout.template) {
            try cursor.seek(to: 25)
            gaussianNumber = try cursor.unsigned(2)
        } else {
            gaussianNumber = nil
        }
    }

    private static let knownTypes: Set<Int> = [0, 1, 3, 4, 5, 8, 10, 14]

    private static func octets(edition1 type: Int) -> [GridNumber] {
        let start = [
            GridNumber("latitudeOfFirstGridPointInDegrees", 11, width: 3, divisor: 1000),
            GridNumber("longitudeOfFirstGridPointInDegrees", 14, width: 3, divisor: 1000),
        ]
        let end = [
            GridNumber("latitudeOfLastGridPointInDegrees", 18, width: 3, divisor: 1000),
            GridNumber("longitudeOfLastGridPointInDegrees", 21, width: 3, divisor: 1000),
        ]
        let columnStep = GridNumber("iDirectionIncrementInDegrees", 24, .optional, width: 2, divisor: 1000)
        let rowStep = GridNumber("jDirectionIncrementInDegrees", 26, .optional, width: 2, divisor: 1000)
        let rotation = [
            GridNumber("latitudeOfSouthernPoleInDegrees", 33, width: 3, divisor: 1000),
            GridNumber("longitudeOfSouthernPoleInDegrees", 36, width: 3, divisor: 1000),
            GridNumber("angleOfRotationInDegrees", 39, .hexadecimal),
        ]
        let lengths = [
            GridNumber("DxInMetres", 21, .unsigned, width: 3, divisor: 1),
            GridNumber("DyInMetres", 24, .unsigned, width: 3, divisor: 1),
        ]
        switch type {
        case 0: return start + end + [columnStep, rowStep]
        case 10: return start + end + [columnStep, rowStep] + rotation
        case 4: return start + end + [columnStep]
        case 14: return start + end + [columnStep] + rotation
        case 1: return start + end
        case 3, 8:
            return start + lengths + [
                GridNumber("LoVInDegrees", 18, width: 3, divisor: 1000),
                GridNumber("Latin1InDegrees", 29, width: 3, divisor: 1000),
                GridNumber("Latin2InDegrees", 32, width: 3, divisor: 1000),
                GridNumber("latitudeOfSouthernPoleInDegrees", 35, width: 3, divisor: 1000),
                GridNumber("longitudeOfSouthernPoleInDegrees", 38, width: 3, divisor: 1000),
            ]
        default: return start + lengths
        }
    }

    /// Increments that are not coded follow from the corners.
    private static func computeIncrements(
        columns: Int, rows: Int, _ scanning: ScanningMode, _ numbers: inout [String: Double?]
    ) {
        func step(_ first: String, _ last: String, _ count: Int, isForward: Bool, wraps: Bool) -> Double? {
            guard count > 1, count != CodedKeys.missing, let one = numbers[first] ?? nil,
                let other = numbers[last] ?? nil
            else { return nil }
            var (from, to) = isForward ? (one, other) : (other, one)
            if wraps, to < from { to += 360 }
            if from > to, !wraps { swap(&from, &to) }
            return (to - from) / Double(count - 1)
        }
        numbers["iDirectionIncrementInDegrees"] = .some(
            step(
                "longitudeOfFirstGridPointInDegrees", "longitudeOfLastGridPointInDegrees", columns,
                isForward: !scanning.iIsNegative, wraps: true))
        numbers["jDirectionIncrementInDegrees"] = .some(
            step(
                "latitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees", rows,
                isForward: scanning.jIsPositive, wraps: false))
    }

    private static func typeName(edition1 layout: GridLayout) -> String {
        let reduced = layout.isReduced
        return switch layout.template {
        case 0: reduced ? "reduced_ll" : "regular_ll"
        case 1: "mercator"
        case 3: "lambert"
        case 4: reduced ? "reduced_gg" : "regular_gg"
        case 5: "polar_stereographic"
        case 6: "UTM"
        case 7: "simple_polyconic"
        case 8: "albers"
        case 9: "miller"
        case 10: "rotated_ll"
        case 14: reduced ? "reduced_rotated_gg" : "rotated_gg"
        case 20: "stretched_ll"
        case 24: reduced ? "reduced_stretched_gg" : "stretched_gg"
        case 30: "stretched_rotated_ll"
        case 34: reduced ? "reduced_stretched_rotated_gg" : "stretched_rotated_gg"
        case 50: "sh"
        case 60: "rotated_sh"
        case 70: "stretched_sh"
        case 80: "stretched_rotated_sh"
        case 90: "space_view"
        default: reduced ? "unknown_PLPresent" : "unknown"
        }
    }
}
