// SPDX-License-Identifier: Apache-2.0
// What stands before each page.
// Spec: parquet-format 2.10, parquet.thrift: PageHeader, DataPageHeader, DataPageHeaderV2, DictionaryPageHeader.

import KerchunkBytes

struct PageHeader {
    /// Nil for kinds that are passed over.
    let kind: PageKind?
    /// Bytes of the page after decompression.
    let decodedSize: Int
    /// Bytes of the page in the file, without this header.
    let storedSize: Int
    /// Nulls included.
    let valueCount: Int
    let encodingCode: Int
    /// Version 1 only: how definition levels are written.
    let levelEncodingCode: Int
    /// Version 2 only: bytes of the levels, which are never compressed.
    let repetitionLevelsSize: Int
    let definitionLevelsSize: Int
    let isCompressed: Bool

    var encoding: Encoding? { Encoding(rawValue: encodingCode) }

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("Parquet page header")
        var kindCode = -1
        var sizes: (decoded: Int?, stored: Int?)
        var body = Body()
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .int32): kindCode = try ThriftCompact.count(&cursor, of: "as the type of a page")
            case (2, .int32): sizes.decoded = try ThriftCompact.count(&cursor, of: "decoded bytes")
            case (3, .int32): sizes.stored = try ThriftCompact.count(&cursor, of: "stored bytes")
            case (5, .structure): try body.parseVersion1(&cursor)
            case (7, .structure): try body.parseDictionary(&cursor)
            case (8, .structure): try body.parseVersion2(&cursor)
            default: return false
            }
            return true
        }
        guard let decoded = sizes.decoded, let stored = sizes.stored else {
            throw cursor.error("a page without a size")
        }
        kind = PageKind(rawValue: kindCode)
        decodedSize = decoded
        storedSize = stored
        valueCount = body.valueCount
        encodingCode = body.encodingCode
        levelEncodingCode = body.levelEncodingCode
        repetitionLevelsSize = body.repetitionLevelsSize
        definitionLevelsSize = body.definitionLevelsSize
        isCompressed = body.isCompressed
    }
}

/// The part of a header that depends on the kind of page.
private struct Body {
    var valueCount = 0
    var encodingCode = 0
    var levelEncodingCode = Encoding.runLength.rawValue
    var repetitionLevelsSize = 0
    var definitionLevelsSize = 0
    var isCompressed = true

    mutating func parseVersion1(_ cursor: inout ByteCursor) throws(ParseError) {
        var body = Body()
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .int32): body.valueCount = try ThriftCompact.count(&cursor, of: "values")
            case (2, .int32): body.encodingCode = try ThriftCompact.count(&cursor, of: "as an encoding")
            case (3, .int32): body.levelEncodingCode = try ThriftCompact.count(&cursor, of: "as an encoding")
            default: return false
            }
            return true
        }
        self = body
    }

    mutating func parseDictionary(_ cursor: inout ByteCursor) throws(ParseError) {
        try parseVersion1(&cursor)
        levelEncodingCode = Encoding.runLength.rawValue
    }

    mutating func parseVersion2(_ cursor: inout ByteCursor) throws(ParseError) {
        var body = Body()
        try ThriftCompact.fields(of: &cursor) { (cursor, field) throws(ParseError) in
            switch (field.id, field.kind) {
            case (1, .int32): body.valueCount = try ThriftCompact.count(&cursor, of: "values")
            case (4, .int32): body.encodingCode = try ThriftCompact.count(&cursor, of: "as an encoding")
            case (5, .int32):
                body.definitionLevelsSize = try ThriftCompact.count(&cursor, of: "bytes of levels")
            case (6, .int32):
                body.repetitionLevelsSize = try ThriftCompact.count(&cursor, of: "bytes of levels")
            case (7, .yes): body.isCompressed = true
            case (7, .no): body.isCompressed = false
            default: return false
            }
            return true
        }
        self = body
    }
}
