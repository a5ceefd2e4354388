// SPDX-License-Identifier: Apache-2.0
// A Parquet file of one row group, put together in memory.
// Spec: parquet-format 2.10, README "File format", parquet.thrift.

package import KerchunkBytes
package import KerchunkCodecs
package import KerchunkModel

package struct ParquetFileWriter: Sendable {
    private let compression: PageCompression
    private let codec: (any Codec)?
    private let createdBy: String
    /// Rows of one page at most: whoever asks for one row decodes only its pages.
    private static let pageRows = 1 << 14
    /// Bytes of values after which a page of byte strings ends.
    private static let pageSize = 64 << 20
    /// Bytes of a page, as its header can say them, with room for what compression may add.
    private static let largestPage = 1 << 30

    /// - Parameters:
    ///   - codec: what compresses pages as `compression` says; nil for none.
    ///   - createdBy: names the writer in the file.
    package init(compression: PageCompression, codec: (any Codec)?, createdBy: String) {
        self.compression = codec == nil ? .none : compression
        self.codec = codec
        self.createdBy = createdBy
    }

    /// The file with `columns`, which are equally long, as pieces to be written behind each other.
    package func file(_ columns: [OutputColumn]) throws(KerchunkError) -> [Bytes] {
        let rowCount = columns.first?.rowCount ?? 0
        var output = Output()
        var chunks: [WrittenChunk] = []
        for column in columns {
            precondition(column.rowCount == rowCount)
            chunks.append(try write(column, to: &output))
        }
        let footer = footer(columns, chunks, rowCount: rowCount)
        output.append(Bytes(footer))
        let size = UInt32(footer.count)
        output.append(
            Bytes((0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(8 * $0)) } + Output.signature))
        return output.pieces
    }

    private func write(_ column: OutputColumn, to output: inout Output) throws(KerchunkError) -> WrittenChunk
    {
        var chunk = WrittenChunk(start: output.size)
        switch column.values {
        case .integers(let numbers):
            try forEachPage(numbers.count) { (rows) throws(KerchunkError) in
                try append(PageEncoding.plain(numbers[rows]), .data(rows.count, .plain), to: &output, &chunk)
            }
        case .byteArrays(let codes, let values, hasDictionary: true, _):
            chunk.hasDictionary = true
            let size = values.reduce(0) { $0 + PageEncoding.plainSize($1) }
            try append(PageEncoding.plain(values, size: size), .dictionary(values.count), to: &output, &chunk)
            chunk.firstDataPage = output.size
            try forEachPage(codes.count) { (rows) throws(KerchunkError) in
                let body = PageEncoding.indices(codes[rows], in: values.count)
                try append(Bytes(body), .data(rows.count, .dictionary), to: &output, &chunk)
            }
        case .byteArrays(let codes, let values, hasDictionary: false, _):
            try appendPlain(codes, values, to: &output, &chunk)
        }
        chunk.storedSize = output.size - chunk.start
        return chunk
    }

    /// Calls `body` with runs of rows, with an empty one for a column without rows.
    private func forEachPage(_ count: Int, _ body: (Range<Int>) throws(KerchunkError) -> Void)
        throws(KerchunkError)
    {
        var start = 0
        repeat {
            let end = min(count, start + Self.pageRows)
            try body(start..<end)
            start = end
        } while start < count
    }

    private func appendPlain(
        _ codes: [UInt32], _ values: [Bytes], to output: inout Output, _ chunk: inout WrittenChunk
    ) throws(KerchunkError) {
        var start = 0
        repeat {
            var end = start
            var size = 0
            while end < codes.count, end - start < Self.pageRows, size < Self.pageSize {
                if codes[end] != 0 { size += PageEncoding.plainSize(values[Int(codes[end]) - 1]) }
                end += 1
            }
            let present = codes[start..<end].lazy.filter { $0 != 0 }.map { values[Int($0) - 1] }
            let body = PageEncoding.plain(present, size: size, after: PageEncoding.levels(codes[start..<end]))
            try append(body, .data(end - start, .plain), to: &output, &chunk)
            start = end
        } while start < codes.count
    }

    private enum PageWords {
        case data(Int, Encoding)
        case dictionary(Int)
    }

    private func append(
        _ body: Bytes, _ words: PageWords, to output: inout Output, _ chunk: inout WrittenChunk
    ) throws(KerchunkError) {
        guard body.count <= Self.largestPage else {
            throw KerchunkError(
                .limit, "\(body.count) inline bytes are too many for one partition; use a smaller record size"
            )
        }
        let stored = try codec?.encode(body) ?? body
        var header = ThriftWriter()
        header.element { header in
            if case .dictionary = words {
                header.int32(1, PageKind.dictionary.rawValue)
            } else {
                header.int32(1, PageKind.data.rawValue)
            }
            header.int32(2, body.count)
            header.int32(3, stored.count)
            switch words {
            case .data(let count, let encoding):
                header.structure(5) { page in
                    page.int32(1, count)
                    page.int32(2, encoding.rawValue)
                    page.int32(3, Encoding.runLength.rawValue)
                    page.int32(4, Encoding.runLength.rawValue)
                }
            case .dictionary(let count):
                header.structure(7) { page in
                    page.int32(1, count)
                    page.int32(2, Encoding.plain.rawValue)
                }
            }
        }
        output.append(Bytes(header.bytes))
        output.append(stored)
        chunk.decodedSize += header.bytes.count + body.count
    }

    private func footer(_ columns: [OutputColumn], _ chunks: [WrittenChunk], rowCount: Int) -> [UInt8] {
        var writer = ThriftWriter()
        writer.element { file in
            file.int32(1, 1)
            file.list(2, of: .structure, [nil] + columns.map { $0 }) { writer, column in
                writer.element { FooterElements.schema(column, childCount: columns.count, &$0) }
            }
            file.int64(3, rowCount)
            file.list(4, of: .structure, [chunks]) { writer, chunks in
                writer.element { group in
                    group.list(1, of: .structure, Array(zip(columns, chunks))) { writer, pair in
                        writer.element { FooterElements.chunk(pair.0, pair.1, compression, &$0) }
                    }
                    group.int64(2, chunks.reduce(0) { $0 + $1.decodedSize })
                    group.int64(3, rowCount)
                }
            }
            file.text(6, createdBy)
        }
        return writer.bytes
    }
}

/// Where a column was written.
struct WrittenChunk {
    let start: Int
    var firstDataPage: Int
    var hasDictionary = false
    var storedSize = 0
    /// Page headers included.
    var decodedSize = 0

    init(start: Int) {
        self.start = start
        firstDataPage = start
    }
}

/// Pieces of the file so far.
private struct Output {
    static let signature = Array("PAR1".utf8)
    private(set) var pieces: [Bytes] = [Bytes(signature)]
    private(set) var size = signature.count

    mutating func append(_ bytes: Bytes) {
        pieces.append(bytes)
        size += bytes.count
    }
}
