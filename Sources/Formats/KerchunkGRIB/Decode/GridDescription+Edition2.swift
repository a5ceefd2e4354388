// SPDX-License-Identifier: Apache-2.0
// Grids of edition 2. Spec: WMO Manual on Codes I.2, edition 2, section 3, templates 3.0 to 3.150.

import KerchunkBytes
import KerchunkGRIBPacking

extension GridDescription {
    /// - Parameter cursor: at the start of section 3.
    init(edition2 cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("GRIB grid definition section")
        let layout = try GridLayout(edition2: &cursor)
        self.layout = layout
        type = Self.typeName(layout)
        verticalCount = nil
        let template = layout.template
        guard Self.knownTemplates.contains(template) else {
            (columns, rows, isUVRelative, gaussianNumber) = (nil, nil, nil, nil)
            numbers = [:]
            unstructured = template == 101 ? try Self.unstructured(&cursor) : nil
            return
        }
        unstructured = nil
        try cursor.seek(to: 30)
        (columns, rows) = (try cursor.unsigned(4), try cursor.unsigned(4))
        let flagsOctet = [0, 1, 2, 3, 40, 41, 42, 43, 32769].contains(template) ? 55 : 47
        try cursor.seek(to: flagsOctet - 1)
        let flags = try cursor.uint8()
        // These have the flags, but ecCodes reads no directions of vectors out of them.
        isUVRelative = [20, 140].contains(template) ? nil : flags & 0x08 != 0
        var numbers: [String: Double?] = [:]
        for number in Self.octets(template, unit: try Self.angleDivisor(template, &cursor)) {
            numbers[number.name] = .some(try number.read(&cursor))
        }
        // Increments that the flags do not give are missing, whatever is coded.
        if flagsOctet == 55 {
            if flags & 0x20 == 0, numbers["iDirectionIncrementInDegrees"] != nil {
                numbers["iDirectionIncrementInDegrees"] = .some(nil)
            }
            if flags & 0x10 == 0, numbers["jDirectionIncrementInDegrees"] != nil {
                numbers["jDirectionIncrementInDegrees"] = .some(nil)
            }
        }
        self.numbers = numbers
        if (40...43).contains(template) {
            try cursor.seek(to: 67)
            gaussianNumber = try cursor.unsigned(4)
        } else {
            gaussianNumber = nil
        }
    }

    private static let knownTemplates: Set<Int> = [
        0, 1, 2, 3, 10, 12, 13, 20, 23, 30, 31, 33, 40, 41, 42, 43, 140, 32769,
    ]

    /// Angles are in units of 10⁻⁶ degrees, unless the section has a basic angle and its subdivisions.
    private static func angleDivisor(_ template: Int, _ cursor: inout ByteCursor) throws(ParseError) -> Double
    {
        guard [0, 1, 2, 3, 40, 41, 42, 43].contains(template) else { return 1_000_000 }
        try cursor.seek(to: 38)
        let basic = try cursor.unsigned(4)
        let subdivisions = try cursor.unsigned(4)
        guard subdivisions != 0, subdivisions != 0xFFFF_FFFF else { return 1_000_000 / Double(max(basic, 1)) }
        return Double(subdivisions) / Double(max(basic, 1))
    }

    private static func octets(_ template: Int, unit: Double) -> [GridNumber] {
        let corners = [
            GridNumber("latitudeOfFirstGridPointInDegrees", 47, divisor: unit),
            GridNumber("longitudeOfFirstGridPointInDegrees", 51, divisor: unit),
            GridNumber("latitudeOfLastGridPointInDegrees", 56, divisor: unit),
            GridNumber("longitudeOfLastGridPointInDegrees", 60, divisor: unit),
            GridNumber("iDirectionIncrementInDegrees", 64, .optional, divisor: unit),
        ]
        let rotation = [
            GridNumber("latitudeOfSouthernPoleInDegrees", 73),
            GridNumber("longitudeOfSouthernPoleInDegrees", 77, .unsigned),
            GridNumber("angleOfRotationInDegrees", 81, .single),
        ]
        let projected = [
            GridNumber("latitudeOfFirstGridPointInDegrees", 39),
            GridNumber("longitudeOfFirstGridPointInDegrees", 43, .unsigned), GridNumber("LaDInDegrees", 48),
            GridNumber("DxInMetres", 56, .unsigned, divisor: 1000),
            GridNumber("DyInMetres", 60, .unsigned, divisor: 1000),
        ]
        switch template {
        case 0, 2: return corners + [GridNumber("jDirectionIncrementInDegrees", 68, .optional, divisor: unit)]
        case 1, 3:
            return corners + [GridNumber("jDirectionIncrementInDegrees", 68, .optional, divisor: unit)]
                + rotation
        case 40, 42: return corners
        case 41, 43: return corners + rotation
        case 30, 31, 33:
            return projected + [
                GridNumber("LoVInDegrees", 52, .unsigned), GridNumber("Latin1InDegrees", 66),
                GridNumber("Latin2InDegrees", 70), GridNumber("latitudeOfSouthernPoleInDegrees", 74),
                GridNumber("longitudeOfSouthernPoleInDegrees", 78, .unsigned),
            ]
        case 20, 23: return projected + [GridNumber("orientationOfTheGridInDegrees", 52)]
        default: return []
        }
    }

    private static func unstructured(
        _ cursor: inout ByteCursor
    ) throws(ParseError) -> (number: Int, reference: Int, uuid: String) {
        try cursor.seek(to: 15)
        let number = try cursor.unsigned(3)
        let reference = try cursor.unsigned(1)
        let uuid = try cursor.bytes(16).map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
        return (number, reference, uuid.joined())
    }

    private static func typeName(_ layout: GridLayout) -> String {
        let reduced = layout.isReduced
        return switch layout.template {
        case 0: reduced ? "reduced_ll" : "regular_ll"
        case 1: "rotated_ll"
        case 2: "stretched_ll"
        case 3: "stretched_rotated_ll"
        case 4: "varres_ll"
        case 5: "varres_rotated_ll"
        case 10: "mercator"
        case 12: "transverse_mercator"
        case 13: "mercator_lam"
        case 20: "polar_stereographic"
        case 23: "polar_stereographic_lam"
        case 30: "lambert"
        case 31: "albers"
        case 33: "lambert_lam"
        case 40: reduced ? "reduced_gg" : "regular_gg"
        case 41: reduced ? "reduced_rotated_gg" : "rotated_gg"
        case 42: reduced ? "reduced_stretched_gg" : "stretched_gg"
        case 43: reduced ? "reduced_stretched_rotated_gg" : "stretched_rotated_gg"
        case 50: "sh"
        case 51: "rotated_sh"
        case 52: "stretched_sh"
        case 53: "stretched_rotated_sh"
        case 61: "mercator_bf"
        case 62: "polar_stereographic_bf"
        case 63: "lambert_bf"
        case 90: "space_view"
        case 100: "triangular_grid"
        case 101: "unstructured_grid"
        case 110: "equatorial_azimuthal_equidistant"
        case 120: "azimuth_range"
        case 130: "irregular_latlon"
        case 140: "lambert_azimuthal_equal_area"
        case 150: "healpix"
        case 1000: "cross_section"
        case 1100: "Hovmoller"
        case 1200: "time_section"
        case 32769: "ncep_32769"
        default: reduced ? "unknown_PLPresent" : "unknown"
        }
    }
}
