// SPDX-License-Identifier: Apache-2.0
// Reads Thrift's compact protocol, in which Parquet's metadata are written.
// Spec: Apache Thrift, "Thrift Compact protocol encoding".

import KerchunkBytes

/// Values of the compact protocol. Structures are visited field by field, so that unknown fields cost nothing.
enum ThriftCompact {
    enum Kind: UInt8 {
        case stop, yes, no, byte, int16, int32, int64, double, binary, list, set, map, structure, uuid
    }

    struct Field {
        let id: Int
        let kind: Kind
    }

    /// Structures and lists inside each other that are passed over.
    private static let maximumDepth = 32

    static func unsigned(_ cursor: inout ByteCursor) throws(ParseError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = UInt64(try cursor.uint8())
            guard shift < 63 || byte <= 1 else { throw cursor.error("a number of more than 64 bits") }
            value |= (byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    static func signed(_ cursor: inout ByteCursor) throws(ParseError) -> Int64 {
        let bits = try unsigned(&cursor)
        return Int64(bitPattern: bits >> 1) ^ -Int64(bits & 1)
    }

    /// A number of `what` that is not negative and at most `limit`.
    static func count(
        _ cursor: inout ByteCursor, limit: Int = Int(Int32.max), of what: StaticString
    ) throws(ParseError) -> Int {
        let value = try signed(&cursor)
        guard value >= 0, value <= Int64(limit) else {
            throw cursor.error("\(value) \(what), expected 0 to \(limit)")
        }
        return Int(value)
    }

    /// An offset or size in a file.
    static func size(_ cursor: inout ByteCursor, of what: StaticString) throws(ParseError) -> UInt64 {
        let value = try signed(&cursor)
        guard value >= 0 else { throw cursor.error("\(value) \(what)") }
        return UInt64(value)
    }

    static func binary(_ cursor: inout ByteCursor) throws(ParseError) -> [UInt8] {
        let length = try unsigned(&cursor)
        guard length <= UInt64(cursor.remaining) else {
            throw cursor.error("a string of \(length) bytes, but only \(cursor.remaining) are left")
        }
        return try cursor.bytes(Int(length))
    }

    /// Visits the fields of a structure. `visit` reads the value and returns true, or returns false to pass over it.
    static func fields(
        of cursor: inout ByteCursor, _ visit: (inout ByteCursor, Field) throws(ParseError) -> Bool
    ) throws(ParseError) {
        var last = 0
        while let field = try nextField(&cursor, after: last) {
            last = field.id
            if try !visit(&cursor, field) { try skip(field.kind, &cursor) }
        }
    }

    /// Visits the elements of a list.
    static func list(
        _ cursor: inout ByteCursor, of expected: Kind,
        _ visit: (inout ByteCursor) throws(ParseError) -> Void
    ) throws(ParseError) {
        let (kind, count) = try listHeader(&cursor)
        guard count == 0 || kind == expected else { throw cursor.error("a list of an unexpected type") }
        for _ in 0..<count { try visit(&cursor) }
    }

    private static func nextField(_ cursor: inout ByteCursor, after last: Int) throws(ParseError) -> Field? {
        let byte = try cursor.uint8()
        guard let kind = Kind(rawValue: byte & 15) else { throw cursor.error("a field of type \(byte & 15)") }
        if kind == .stop { return nil }
        let delta = Int(byte >> 4)
        if delta > 0 { return Field(id: last + delta, kind: kind) }
        guard let id = Int16(exactly: try signed(&cursor)) else {
            throw cursor.error("a field id of more than 16 bits")
        }
        return Field(id: Int(id), kind: kind)
    }

    private static func listHeader(_ cursor: inout ByteCursor) throws(ParseError) -> (Kind, count: Int) {
        let byte = try cursor.uint8()
        guard let kind = Kind(rawValue: byte & 15) else {
            throw cursor.error("elements of type \(byte & 15)")
        }
        let count = byte >> 4 < 15 ? UInt64(byte >> 4) : try unsigned(&cursor)
        // An element takes at least one byte.
        guard count <= UInt64(cursor.remaining) else {
            throw cursor.error("a list of \(count) elements, but only \(cursor.remaining) bytes are left")
        }
        return (kind, Int(count))
    }

    private static func skip(_ kind: Kind, _ cursor: inout ByteCursor, depth: Int = 0) throws(ParseError) {
        guard depth < maximumDepth else { throw cursor.error("nested deeper than \(maximumDepth)") }
        switch kind {
        case .stop, .yes, .no: break
        case .byte: try cursor.skip(1)
        case .int16, .int32, .int64: _ = try unsigned(&cursor)
        case .double: try cursor.skip(8)
        case .uuid: try cursor.skip(16)
        case .binary: _ = try binary(&cursor)
        case .list, .set:
            let (element, count) = try listHeader(&cursor)
            for _ in 0..<count { try skipElement(element, &cursor, depth: depth + 1) }
        case .map:
            let count = try unsigned(&cursor)
            guard count <= UInt64(cursor.remaining) else { throw cursor.error("a map of \(count) pairs") }
            guard count > 0 else { return }
            let kinds = try cursor.uint8()
            guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 15) else {
                throw cursor.error("a map of an unknown type")
            }
            for _ in 0..<count {
                try skipElement(key, &cursor, depth: depth + 1)
                try skipElement(value, &cursor, depth: depth + 1)
            }
        case .structure:
            var last = 0
            while let field = try nextField(&cursor, after: last) {
                last = field.id
                try skip(field.kind, &cursor, depth: depth + 1)
            }
        }
    }

    /// Booleans take a byte as elements, none as fields.
    private static func skipElement(
        _ kind: Kind, _ cursor: inout ByteCursor, depth: Int
    ) throws(ParseError) {
        if kind == .yes || kind == .no { try cursor.skip(1) } else { try skip(kind, &cursor, depth: depth) }
    }
}
