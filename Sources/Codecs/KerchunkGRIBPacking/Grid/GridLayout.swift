// SPDX-License-Identifier: Apache-2.0
// How many points a grid has, and in which order and rows they lie: all that values need to know of it.
// Spec: WMO Manual on Codes I.2, edition 2: section 3 and templates 3.x, code table 3.4; edition 1: section 2 (grid
// description section), code tables 6 and 8.

package import KerchunkBytes

/// The order of points: code table 3.4 of edition 2, code table 8 of edition 1.
package struct ScanningMode: Hashable, Sendable {
    /// Points of a row lie from east to west.
    package let iIsNegative: Bool
    /// Rows lie from south to north.
    package let jIsPositive: Bool
    /// Columns lie behind each other, and not rows.
    package let jPointsAreConsecutive: Bool
    /// Each second row (or column) lies the other way round.
    package let isAlternating: Bool
    /// Flags 5 to 8: rows that are shifted by half an increment, or shortened.
    package let hasOffsets: Bool

    package init(_ flags: UInt8) {
        iIsNegative = flags & 0x80 != 0
        jIsPositive = flags & 0x40 != 0
        jPointsAreConsecutive = flags & 0x20 != 0
        isAlternating = flags & 0x10 != 0
        hasOffsets = flags & 0x0F != 0
    }
}

package struct GridLayout: Hashable, Sendable {
    package enum Rows: Hashable, Sendable {
        /// A rectangle.
        case regular(columns: Int, rows: Int)
        /// Points in each row.
        case reduced([Int])
        /// A list of points, or no points at all.
        case none
    }

    /// Spherical harmonics: the parameters J, K, M of the truncation.
    package struct Truncation: Hashable, Sendable {
        package let j, k, m: Int

        /// Real and imaginary parts of all coefficients; nil where the truncation is not triangular.
        package var valueCount: Int? {
            guard j == k, k == m, j >= 0, let rows = (j + 1).multiplied(by: j + 2) else { return nil }
            return rows
        }
    }

    /// Number of the template (edition 2), data representation type (edition 1).
    package let template: Int
    /// What the grid says; nil where edition 1 does not.
    package let pointCount: Int?
    package let rows: Rows
    package let scanning: ScanningMode
    package let truncation: Truncation?

    /// Points of each run of values that lies one way, and how many runs there are; nil where runs differ.
    package var runs: (length: Int, count: Int)? {
        guard case .regular(let columns, let rows) = rows else { return nil }
        return scanning.jPointsAreConsecutive ? (rows, columns) : (columns, rows)
    }

    package var isReduced: Bool {
        if case .reduced = rows { true } else { false }
    }

    /// How many points the grid has by its rows; nil where it has none, or more than fit.
    private static func count(_ rows: Rows) -> Int? {
        switch rows {
        case .regular(let columns, let rows): columns.multiplied(by: rows)
        case .reduced(let counts):
            // each is at most 2³² - 1, and there are no more than a section's bytes
            counts.reduce(0, +)
        case .none: nil
        }
    }

    // MARK: Edition 2

    /// The octet with the scanning mode, by template.
    private static let scanningOctets: [Int: Int] = [
        0: 72, 1: 72, 2: 72, 3: 72, 40: 72, 41: 72, 42: 72, 43: 72, 10: 60, 12: 60, 13: 60, 20: 65, 23: 65,
        30: 65,
        31: 65, 33: 65, 90: 64, 140: 64, 32768: 72, 32769: 72,
    ]

    /// - Parameter cursor: at the start of section 3.
    package init(edition2 cursor: inout ByteCursor) throws(ParseError) {
        let length = try cursor.unsigned(4)
        try cursor.skip(2)  // section's number, source of the definition
        let points = try cursor.unsigned(4)
        let listWidth = Int(try cursor.uint8())
        try cursor.skip(1)  // what the list means
        template = try cursor.unsigned(2)
        pointCount = points
        if (50...53).contains(template) {
            truncation = Truncation(
                j: try cursor.unsigned(4), k: try cursor.unsigned(4), m: try cursor.unsigned(4))
        } else {
            truncation = nil
        }
        guard let octet = GridLayout.scanningOctets[template] else {
            rows = .none
            scanning = ScanningMode(0)
            return
        }
        try cursor.seek(to: 30)
        let columns = try cursor.unsigned(4)
        let rowCount = try cursor.unsigned(4)
        try cursor.seek(to: octet - 1)
        scanning = ScanningMode(try cursor.uint8())
        if listWidth > 0 {
            guard listWidth <= 4 else { throw cursor.error("points of a row in \(listWidth) octets") }
            let size = try { () throws(ParseError) in
                guard let size = rowCount.multiplied(by: listWidth), size <= cursor.remaining else {
                    throw cursor.error(
                        "\(rowCount) rows, whose numbers of points do not fit into \(length) bytes")
                }
                return size
            }()
            try cursor.seek(to: length - size)
            var counts: [Int] = []
            counts.reserveCapacity(rowCount)
            for _ in 0..<rowCount { counts.append(try cursor.unsigned(listWidth)) }
            rows = .reduced(counts)
        } else if columns == 0xFFFF_FFFF || rowCount == 0xFFFF_FFFF {
            rows = .none
        } else {
            rows = .regular(columns: columns, rows: rowCount)
        }
    }

    // MARK: Edition 1

    /// - Parameter cursor: at the start of section 2.
    package init(edition1 cursor: inout ByteCursor) throws(ParseError) {
        let length = try cursor.unsigned(3)
        let verticalCount = Int(try cursor.uint8())
        let listOctet = Int(try cursor.uint8())
        template = Int(try cursor.uint8())
        if [50, 60, 70, 80].contains(template) {
            let found = Truncation(
                j: try cursor.unsigned(2), k: try cursor.unsigned(2), m: try cursor.unsigned(2))
            truncation = found
            pointCount = found.valueCount
            rows = .none
            scanning = ScanningMode(0)
            return
        }
        truncation = nil
        let columns = try cursor.unsigned(2)
        let rowCount = try cursor.unsigned(2)
        try cursor.seek(to: 27)
        scanning = ScanningMode(try cursor.uint8())
        let found: Rows
        if columns == 0xFFFF, listOctet != 255, listOctet > 0 {
            let start = listOctet - 1 + 4 * verticalCount
            guard start + 2 * rowCount <= length else {
                throw cursor.error(
                    "\(rowCount) rows, whose numbers of points do not fit into \(length) bytes")
            }
            try cursor.seek(to: start)
            var counts: [Int] = []
            counts.reserveCapacity(rowCount)
            for _ in 0..<rowCount { counts.append(try cursor.unsigned(2)) }
            found = .reduced(counts)
        } else if columns == 0xFFFF || rowCount == 0xFFFF {
            found = .none
        } else {
            found = .regular(columns: columns, rows: rowCount)
        }
        rows = found
        pointCount = GridLayout.count(found)
    }
}

extension GRIBField {
    /// The grid's layout; nil where the message has no section with a grid (edition 1).
    package var gridLayout: GridLayout? {
        get throws(ParseError) {
            guard let place = sections.grid else { return nil }
            return try parse(place, "GRIB grid definition section") { (cursor) throws(ParseError) in
                edition == 1 ? try GridLayout(edition1: &cursor) : try GridLayout(edition2: &cursor)
            }
        }
    }
}
