// SPDX-License-Identifier: Apache-2.0
// Columns in memory.

package import KerchunkBytes

/// Whole numbers; 0 where the file has null.
package struct IntegerColumn: Equatable, Sendable {
    package var values: [Int64] = []

    package init(_ values: [Int64] = []) { self.values = values }
}

/// Byte strings, each distinct one once where the file or the reader says so.
package struct ByteArrayColumn: Sendable {
    /// For each row 0 for null, else the row of `values` + 1.
    package var codes: [UInt32] = []
    package var values: [Bytes] = []

    package init() {}

    /// The value of a row; nil for null.
    package subscript(row: Int) -> Bytes? { codes[row] == 0 ? nil : values[Int(codes[row]) - 1] }
}
