// SPDX-License-Identifier: Apache-2.0
// What the grid's section says in numbers, for attributes; where points are is KerchunkGRIBPacking's.
// Spec: WMO Manual on Codes I.2, edition 2, templates 3.x; edition 1, section 2 and code table 6.

import KerchunkBytes
import KerchunkGRIBPacking

/// A grid as attributes tell it.
struct GridDescription: Sendable {
    let layout: GridLayout
    /// As ecCodes calls it: `regular_ll`.
    let type: String
    /// Columns and rows as they are coded.
    let columns: Int?
    let rows: Int?
    /// Vectors have the grid's directions; nil where the grid does not say.
    let isUVRelative: Bool?
    /// Angles and lengths, by ecCodes' names; nil for one that is missing.
    let numbers: [String: Double?]
    let gaussianNumber: Int?
    /// Edition 1: vertical coordinate values, whose count is in this section.
    let verticalCount: Int?
    /// Edition 2: the number of the grid in its UUID's file, and the UUID.
    let unstructured: (number: Int, reference: Int, uuid: String)?

    /// The text in code tables.
    var codeTable: CodeTable { verticalCount == nil ? .gridOfEdition2 : .gridOfEdition1 }

    /// Grids that ecCodes' names have two dimensions for, without latitudes and longitudes along them.
    var hasPlaneAxes: Bool {
        [
            "rotated_ll", "rotated_gg", "lambert", "lambert_azimuthal_equal_area", "albers",
            "polar_stereographic",
        ].contains(type)
    }
}

/// A number in octets of a section.
struct GridNumber: Sendable {
    enum Form: Sendable {
        case signed, unsigned, optional, single, hexadecimal
    }

    let name: String
    /// The first octet, counted from 1 as the specification does.
    let octet: Int
    let width: Int
    let form: Form
    /// What a unit of it is, as a divisor.
    let divisor: Double

    init(_ name: String, _ octet: Int, _ form: Form = .signed, width: Int = 4, divisor: Double = 1_000_000) {
        self.name = name
        self.octet = octet
        self.width = width
        self.form = form
        self.divisor = divisor
    }

    /// - Returns: nil where it is missing.
    func read(_ cursor: inout ByteCursor) throws(ParseError) -> Double? {
        try cursor.seek(to: octet - 1)
        switch form {
        case .signed: return Double(try cursor.signed(width)) / divisor
        case .unsigned: return Double(try cursor.unsigned(width)) / divisor
        case .optional:
            let value = try cursor.unsigned(width)
            return value == (1 << (8 * width)) - 1 ? nil : Double(value) / divisor
        case .single: return try cursor.single()
        case .hexadecimal: return try cursor.hexadecimalSingle()
        }
    }
}
