// SPDX-License-Identifier: Apache-2.0
// What a Parquet file may claim.

/// Bounds on memory, whatever a file says.
package struct ParquetLimits: Sendable {
    /// Rows of the whole file.
    package var rows: Int
    /// Decoded bytes of one page.
    package var pageSize = 1 << 28
    /// Decoded bytes of all pages of a column.
    package var columnSize = 1 << 31
    /// Bytes of the file's metadata.
    package var footerSize = 4 << 20

    package init(rows: Int) { self.rows = rows }
}

extension ParquetLimits {
    /// Bytes that the values of a page may share with those before them.
    static let sharedPrefixes = 1 << 28
}
