// SPDX-License-Identifier: Apache-2.0
// Integers of either byte order.

extension ByteCursor {
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func uint8() throws(ParseError) -> UInt8 {
        try load(UInt8.self)
    }
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func uint16() throws(ParseError) -> UInt16 {
        try load(UInt16.self).littleEndian
    }
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func uint32() throws(ParseError) -> UInt32 {
        try load(UInt32.self).littleEndian
    }
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func uint64() throws(ParseError) -> UInt64 {
        try load(UInt64.self).littleEndian
    }
    @_lifetime(self: copy self)
    @inlinable public mutating func uint16BigEndian() throws(ParseError) -> UInt16 {
        try load(UInt16.self).bigEndian
    }
    @_lifetime(self: copy self)
    @inlinable public mutating func uint32BigEndian() throws(ParseError) -> UInt32 {
        try load(UInt32.self).bigEndian
    }
    @_lifetime(self: copy self)
    @inlinable public mutating func uint64BigEndian() throws(ParseError) -> UInt64 {
        try load(UInt64.self).bigEndian
    }

    /// A little-endian unsigned integer of `width` bytes.
    /// - Throws: for a value that needs more than 64 bits.
    @_lifetime(self: copy self)
    @inlinable @inline(__always) public mutating func uint(width: Int) throws(ParseError) -> UInt64 {
        switch width {
        case 8: return try uint64()
        case 4: return UInt64(try uint32())
        case 2: return UInt64(try uint16())
        case 1: return UInt64(try uint8())
        default: return try uintOfAnyWidth(width)
        }
    }

    @_lifetime(self: copy self)
    @usableFromInline mutating func uintOfAnyWidth(_ width: Int) throws(ParseError) -> UInt64 {
        guard width > 0 else { throw error("an integer of \(width) bytes") }
        let digits = try bytes(width)
        guard digits.dropFirst(8).allSatisfy({ $0 == 0 }) else {
            throw error("an integer of \(width) bytes that does not fit into 64 bits")
        }
        return digits.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A count that must fit into `Int` and not exceed `limit`.
    @_lifetime(self: copy self)
    public mutating func count(width: Int, limit: Int, of what: StaticString) throws(ParseError) -> Int {
        let value = try uint(width: width)
        guard value <= UInt64(limit) else {
            throw error("\(value) \(what), which exceeds the maximum of \(limit)")
        }
        return Int(value)
    }
}
