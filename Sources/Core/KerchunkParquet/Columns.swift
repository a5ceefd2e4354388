// SPDX-License-Identifier: Apache-2.0
// Columns in memory.

package import KerchunkBytes

/// Whole numbers; 0 where the file has null.
package struct IntegerColumn: Equatable, Sendable {
    package var values: [Int64] = []
    /// The row of the file that the first value belongs to.
    package var firstRow = 0

    package init(_ values: [Int64] = []) { self.values = values }
}

/// Byte strings, each distinct one once where the file or the reader says so.
package struct ByteArrayColumn: Sendable {
    /// For each row 0 for null, else the row of `values` + 1.
    package var codes: [UInt32] = []
    package var values: [Bytes] = []
    /// The row of the file that the first code belongs to.
    package var firstRow = 0

    package init() {}

    /// The value of a row, counted from the first one that was read; nil for null.
    package subscript(row: Int) -> Bytes? { codes[row] == 0 ? nil : values[Int(codes[row]) - 1] }
}

extension IntegerColumn {
    /// The rows of the file that are here.
    package var rows: Range<Int> { firstRow..<firstRow + values.count }

    /// Keeps some of them.
    package mutating func keep(_ kept: Range<Int>) {
        if kept != rows { values = Array(values[kept.lowerBound - firstRow..<kept.upperBound - firstRow]) }
        firstRow = kept.lowerBound
    }
}

extension ByteArrayColumn {
    /// The rows of the file that are here.
    package var rows: Range<Int> { firstRow..<firstRow + codes.count }

    /// Keeps some of them.
    package mutating func keep(_ kept: Range<Int>) {
        if kept != rows { codes = Array(codes[kept.lowerBound - firstRow..<kept.upperBound - firstRow]) }
        firstRow = kept.lowerBound
    }
}
