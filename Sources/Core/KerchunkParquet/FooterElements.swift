// SPDX-License-Identifier: Apache-2.0
// The structures of a written file's metadata.
// Spec: parquet-format 2.10, parquet.thrift: SchemaElement, ColumnChunk, ColumnMetaData, Statistics.

enum FooterElements {
    private static let utf8 = 0

    /// The root of the schema for nil, else a column.
    static func schema(_ column: OutputColumn?, childCount: Int, _ element: inout ThriftWriter) {
        guard let column else {
            element.text(4, "schema")
            element.int32(5, childCount)
            return
        }
        element.int32(1, column.type.rawValue)
        switch column.values {
        case .integers:
            element.int32(3, 0)
            element.text(4, column.name)
        case .byteArrays(_, _, _, let isText):
            element.int32(3, 1)
            element.text(4, column.name)
            if isText {
                element.int32(6, utf8)
                element.structure(10) { $0.structure(1) { _ in } }
            }
        }
    }

    static func chunk(
        _ column: OutputColumn, _ written: WrittenChunk, _ compression: PageCompression,
        _ element: inout ThriftWriter
    ) {
        element.int64(2, written.start)
        element.structure(3) { metadata in
            metadata.int32(1, column.type.rawValue)
            let encodings: [Encoding] =
                written.hasDictionary ? [.plain, .runLength, .dictionary] : [.plain, .runLength]
            metadata.list(2, of: .int32, encodings) { $0.signed(Int64($1.rawValue)) }
            metadata.list(3, of: .binary, [column.name]) { $0.binary($1) }
            metadata.int32(4, compression.rawValue)
            metadata.int64(5, column.rowCount)
            metadata.int64(6, written.decodedSize)
            metadata.int64(7, written.storedSize)
            metadata.int64(9, written.firstDataPage)
            if written.hasDictionary { metadata.int64(11, written.start) }
            // fastparquet reads numbers as floats unless each column says how many nulls it has.
            metadata.structure(12) { $0.int64(3, column.nullCount) }
        }
    }
}
