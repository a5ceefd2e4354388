// SPDX-License-Identifier: Apache-2.0
// The pages of a column, one after another, decompressed and taken apart.
// Spec: parquet-format 2.10, README "Data Pages", Encodings.md "Dictionary Encoding".

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// A page as its column needs it.
struct Page {
    /// Where the page begins in the file, for errors.
    let offset: UInt64
    let isDictionary: Bool
    /// Row of a data page's first value.
    let firstRow: Int
    let encoding: Encoding
    /// Rows of a data page, entries of a dictionary.
    let valueCount: Int
    /// For each row 0 for null or 1; nil where no row is null.
    let levels: [UInt32]?
    /// Values that are not null.
    let presentCount: Int
    let values: Bytes
}

/// Reads the pages that hold some rows; others are passed over as they are.
struct PageReader {
    private let chunk: ColumnChunk
    private let isOptional: Bool
    private let stored: Bytes
    private let codec: (any Codec)?
    private var limits: ParquetLimits
    private var position = 0
    private let rowCount: Int
    private let wanted: Range<Int>
    /// Row that the next data page begins with.
    private var nextRow = 0
    /// Most bytes that a byte of a compressed page can give: zstd repeats one over a block of 128 KiB by four bytes.
    private static let largestRatio = 1 << 15

    init(
        _ chunk: ColumnChunk, isOptional: Bool, stored: Bytes, rows: Int, wanted: Range<Int>,
        codecs: CodecDirectory, limits: ParquetLimits
    ) throws(KerchunkError) {
        self.chunk = chunk
        self.isOptional = isOptional
        self.stored = stored
        self.limits = limits
        rowCount = rows
        self.wanted = wanted
        if let spec = chunk.compression.codec {
            guard codecs.contains(spec.id) else {
                throw KerchunkError(
                    .unsupported, "the pages are compressed with \(chunk.compression), which is not supported"
                )
            }
            codec = try codecs.codec(spec)
        } else {
            codec = nil
        }
    }

    /// - Returns: nil behind the last row that is wanted.
    mutating func next() throws(KerchunkError) -> Page? {
        while nextRow < wanted.upperBound {
            let start = position
            let header: PageHeader
            do {
                var length = 0
                header = try stored.dropping(start).parse(
                    at: chunk.offset + UInt64(start), in: "Parquet page header"
                ) {
                    (cursor) throws(ParseError) in
                    let header = try PageHeader(parsing: &cursor)
                    length = cursor.position
                    guard header.storedSize <= cursor.remaining else {
                        throw cursor.error(
                            "a page of \(header.storedSize) bytes, but only \(cursor.remaining) are left")
                    }
                    return header
                }
                position += length
            } catch {
                throw KerchunkError(error)
            }
            let body = stored[position..<position + header.storedSize]
            position += header.storedSize
            switch header.kind {
            case .data, .dataVersion2:
                guard header.valueCount <= rowCount - nextRow else {
                    throw malformed(
                        "a page of \(header.valueCount) rows, but only \(rowCount - nextRow) are left", start)
                }
                let firstRow = nextRow
                nextRow += header.valueCount
                if nextRow <= wanted.lowerBound { continue }
                return try dataPage(header, body, start, firstRow)
            case .dictionary:
                guard let encoding = header.encoding, encoding == .plain || encoding == .plainDictionary
                else {
                    throw malformed("a dictionary in encoding \(header.encodingCode)", start)
                }
                return Page(
                    offset: chunk.offset + UInt64(start), isDictionary: true, firstRow: nextRow,
                    encoding: .plain,
                    valueCount: header.valueCount, levels: nil, presentCount: header.valueCount,
                    values: try decompress(body, header.decodedSize, start))
            case .index, nil: continue
            }
        }
        return nil
    }

    private func malformed(_ problem: String, _ position: Int) -> KerchunkError {
        KerchunkError(
            .malformed, "malformed Parquet page: \(problem)", offset: chunk.offset + UInt64(position))
    }

    private mutating func decompress(_ body: Bytes, _ size: Int, _ start: Int) throws(KerchunkError) -> Bytes
    {
        guard let codec else {
            guard body.count == size else {
                throw malformed("\(body.count) bytes instead of \(size)", start)
            }
            return body
        }
        guard size <= limits.pageSize, size <= limits.columnSize else {
            throw KerchunkError(
                .limit,
                "a page of \(size) bytes; the limit is \(min(limits.pageSize, limits.columnSize))",
                offset: chunk.offset + UInt64(start))
        }
        // Nothing can be more than this, so memory for a lie is not taken.
        guard size <= (body.count + 1) * Self.largestRatio else {
            throw malformed("\(size) bytes cannot result from \(body.count)", start)
        }
        limits.columnSize -= size
        if size == 0 { return Bytes() }
        let decoded: Bytes
        do {
            decoded = try codec.decode(body, limit: size)
        } catch {
            var located = error
            located.offset = chunk.offset + UInt64(start)
            throw located
        }
        guard decoded.count == size else {
            throw malformed("\(decoded.count) bytes instead of \(size)", start)
        }
        return decoded
    }

    private mutating func dataPage(
        _ header: PageHeader, _ body: Bytes, _ start: Int, _ firstRow: Int
    ) throws(KerchunkError) -> Page {
        var values: Bytes
        var levelBytes = Bytes()
        if header.kind == .dataVersion2 {
            guard header.repetitionLevelsSize == 0, header.definitionLevelsSize <= body.count,
                header.definitionLevelsSize <= header.decodedSize
            else { throw malformed("levels of \(header.definitionLevelsSize) bytes do not fit", start) }
            levelBytes = body[0..<header.definitionLevelsSize]
            values = body.dropping(header.definitionLevelsSize)
            let size = header.decodedSize - header.definitionLevelsSize
            if header.isCompressed {
                values = try decompress(values, size, start)
            } else if values.count != size {
                throw malformed("\(values.count) bytes instead of \(size)", start)
            }
        } else {
            values = try decompress(body, header.decodedSize, start)
            if isOptional {
                guard header.levelEncodingCode == Encoding.runLength.rawValue else {
                    throw malformed("levels in encoding \(header.levelEncodingCode)", start)
                }
                guard values.count >= 4 else { throw malformed("the levels are missing", start) }
                let size = (0..<4).reduce(0) { $0 | Int(values[$1]) << (8 * $1) }
                guard size <= values.count - 4 else {
                    throw malformed("levels of \(size) bytes do not fit", start)
                }
                levelBytes = values[4..<4 + size]
                values = values.dropping(4 + size)
            }
        }
        guard let encoding = header.encoding else {
            throw malformed("encoding \(header.encodingCode)", start)
        }
        let offset = chunk.offset + UInt64(start)
        let levels = isOptional ? try self.levels(levelBytes, count: header.valueCount, offset) : nil
        let present = levels.map { $0.reduce(0) { $0 + Int($1) } } ?? header.valueCount
        return Page(
            offset: offset, isDictionary: false, firstRow: firstRow, encoding: encoding,
            valueCount: header.valueCount, levels: present == header.valueCount ? nil : levels,
            presentCount: present, values: values)
    }

    private func levels(_ bytes: Bytes, count: Int, _ offset: UInt64) throws(KerchunkError) -> [UInt32] {
        do {
            return try bytes.parse(at: offset, in: "Parquet definition levels") {
                (cursor) throws(ParseError) in
                try RunLength.decode(&cursor, bitWidth: 1, count: count)
            }
        } catch {
            throw KerchunkError(error)
        }
    }
}
