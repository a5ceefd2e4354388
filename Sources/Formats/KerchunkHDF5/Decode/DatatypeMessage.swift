// SPDX-License-Identifier: Apache-2.0
// Datatypes as they lie in the file.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.d "The Datatype Message"; version 5 (complex numbers): HDF5 2.0.

import KerchunkBytes

extension Datatype {
    /// Types inside of types.
    private static let maximumNesting = 64

    /// The message, or a type inside another one.
    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("datatype message")
        try self.init(parsing: &cursor, nesting: 0)
    }

    fileprivate init(parsing cursor: inout ByteCursor, nesting: Int) throws(ParseError) {
        guard nesting < Self.maximumNesting else {
            throw cursor.error("types nested more than \(nesting) deep")
        }
        let word = try cursor.uint32()
        let version = Int(word >> 4 & 0xF)
        let flags = word >> 8
        let declaredSize = try cursor.uint32()
        guard (1...5).contains(version) else {
            throw cursor.error("version \(version), expected 1 to 5")
        }
        guard declaredSize > 0 || word & 0xF == 5 else { throw cursor.error("a type of 0 bytes") }
        let size = Int(declaredSize)
        switch word & 0xF {
        case 0:
            let bits = try BitField(&cursor, size: size)
            self = .fixedPoint(
                size: size, flags & 1 == 0 ? .little : .big, isSigned: flags & 8 != 0, bitOffset: bits.offset,
                precision: bits.precision)
        case 1:
            self = .floatingPoint(try FloatLayout(parsing: &cursor, flags: flags, size: size))
        case 2:
            try cursor.skip(2)  // precision
            self = .time(size: size, flags & 1 == 0 ? .little : .big)
        case 3:
            self = .string(
                size: size, try Self.padding(flags & 0xF, cursor),
                try Self.characterSet(flags >> 4 & 0xF, cursor))
        case 4:
            let bits = try BitField(&cursor, size: size)
            self = .bitField(
                size: size, flags & 1 == 0 ? .little : .big, bitOffset: bits.offset, precision: bits.precision
            )
        case 5:
            self = .opaque(size: size, tag: try cursor.text(Int(flags & 0xFF)).string)
        case 6:
            self = .compound(
                size: size,
                members: try Self.members(
                    &cursor, count: Int(flags & 0xFFFF), version: version, size: size, nesting: nesting))
        case 7:
            switch flags & 0xF {
            case 0: self = .reference(size: size, .object)
            case 1: self = .reference(size: size, .region)
            case 2...4: self = .reference(size: size, .general)
            default: throw cursor.error("a reference of unknown type \(flags & 0xF)")
            }
        case 8:
            let base = try Datatype(parsing: &cursor, nesting: nesting + 1)
            self = .enumeration(
                base: base,
                members: try Self.enumerators(
                    &cursor, count: Int(flags & 0xFFFF), version: version, size: base.size))
        case 9:
            let base = try Datatype(parsing: &cursor, nesting: nesting + 1)
            switch flags & 0xF {
            case 0: self = .variableLengthSequence(size: size, base: base)
            case 1:
                self = .variableLengthString(
                    size: size, try Self.padding(flags >> 4 & 0xF, cursor),
                    try Self.characterSet(flags >> 8 & 0xF, cursor))
            default: throw cursor.error("a variable-length type of unknown kind \(flags & 0xF)")
            }
        case 10:
            self = try Self.array(&cursor, version: version, size: size, nesting: nesting)
        case 11:
            self = .complex(size: size, base: try Datatype(parsing: &cursor, nesting: nesting + 1))
        default:
            throw cursor.error("unknown class \(word & 0xF)")
        }
    }

    private static func padding(_ value: UInt32, _ cursor: borrowing ByteCursor) throws(ParseError)
        -> StringPadding
    {
        switch value {
        case 0: return .nullTerminated
        case 1: return .nullPadded
        case 2: return .spacePadded
        default: throw cursor.error("strings with unknown padding \(value)")
        }
    }

    private static func characterSet(
        _ value: UInt32, _ cursor: borrowing ByteCursor
    ) throws(ParseError) -> CharacterSet {
        switch value {
        case 0: return .ascii
        case 1: return .utf8
        default: throw cursor.error("strings with unknown character set \(value)")
        }
    }

    /// "Properties" of integers and bit fields.
    private struct BitField {
        let offset: Int
        let precision: Int

        init(_ cursor: inout ByteCursor, size: Int) throws(ParseError) {
            offset = Int(try cursor.uint16())
            precision = Int(try cursor.uint16())
            guard precision > 0, offset + precision <= 8 * size else {
                throw cursor.error("\(precision) bits from bit \(offset) on in \(size) bytes")
            }
        }
    }

    private static func array(
        _ cursor: inout ByteCursor, version: Int, size: Int, nesting: Int
    ) throws(ParseError) -> Datatype {
        let rank = Int(try cursor.uint8())
        guard rank <= Dataspace.maximumRank else { throw cursor.error("an array of \(rank) dimensions") }
        if version < 3 { try cursor.skip(3) }
        var dimensions: [UInt64] = []
        for _ in 0..<rank { dimensions.append(UInt64(try cursor.uint32())) }
        if version < 3 { try cursor.skip(4 * rank) }  // permutation of the dimensions: never used
        let base = try Datatype(parsing: &cursor, nesting: nesting + 1)
        return try array(of: base, dimensions, size: size, cursor)
    }

    private static func array(
        of base: Datatype, _ dimensions: [UInt64], size: Int?, _ cursor: borrowing ByteCursor
    ) throws(ParseError) -> Datatype {
        guard let count = checkedProduct(dimensions), let bytes = count.multiplied(by: UInt64(base.size)),
            bytes > 0, bytes <= UInt64(UInt32.max), size == nil || bytes == UInt64(size ?? 0)
        else {
            throw cursor.error(
                "an array of \(dimensions) elements of \(base.size) bytes has another size")
        }
        return .array(dimensions: dimensions, base: base, size: Int(bytes))
    }

    private static func members(
        _ cursor: inout ByteCursor, count: Int, version: Int, size: Int, nesting: Int
    ) throws(ParseError) -> [CompoundMember] {
        guard count > 0 else { throw cursor.error("a compound without members") }
        let offsetWidth = version < 3 ? 4 : BTreeV2Geometry.bytesNeeded(for: UInt64(size))
        var members: [CompoundMember] = []
        for _ in 0..<count {
            let name = try paddedName(&cursor, version: version)
            let offset = try cursor.count(width: offsetWidth, limit: size, of: "bytes before a member")
            var dimensions: [UInt64] = []
            if version == 1 {
                let rank = Int(try cursor.uint8())
                guard rank <= 4 else {
                    throw cursor.error("a member with \(rank) dimensions, expected at most 4")
                }
                try cursor.skip(11)  // reserved, permutation, reserved
                for axis in 0..<4 {
                    let extent = UInt64(try cursor.uint32())
                    if axis < rank { dimensions.append(extent) }
                }
            }
            var type = try Datatype(parsing: &cursor, nesting: nesting + 1)
            if !dimensions.isEmpty { type = try array(of: type, dimensions, size: nil, cursor) }
            guard type.size <= size - offset else {
                throw cursor.error("the member \"\(name)\" extends beyond the \(size) bytes of its compound")
            }
            members.append(CompoundMember(name: name, offset: offset, type: type))
        }
        return members
    }

    private static func enumerators(
        _ cursor: inout ByteCursor, count: Int, version: Int, size: Int
    ) throws(ParseError) -> [EnumerationMember] {
        var names: [String] = []
        for _ in 0..<count { names.append(try paddedName(&cursor, version: version)) }
        var members: [EnumerationMember] = []
        members.reserveCapacity(count)
        for name in names { members.append(EnumerationMember(name: name, value: try cursor.bytes(size))) }
        return members
    }

    /// A name that ends with a NUL, before version 3 followed by padding to a multiple of 8 bytes.
    private static func paddedName(_ cursor: inout ByteCursor, version: Int) throws(ParseError) -> String {
        let start = cursor.position
        let name = try cursor.nullTerminatedText().string
        if version < 3 { try cursor.align(to: 8, from: start) }
        return name
    }
}

extension Datatype.FloatLayout {
    fileprivate init(parsing cursor: inout ByteCursor, flags: UInt32, size: Int) throws(ParseError) {
        self.size = size
        switch flags & 0x41 {
        case 0x00: byteLayout = .little
        case 0x01: byteLayout = .big
        case 0x41: byteLayout = .vax
        default: throw cursor.error("a float of unknown byte order")
        }
        mantissaNormalization = Int(flags >> 4 & 3)
        guard mantissaNormalization < 3 else { throw cursor.error("a float of unknown normalization") }
        signPosition = Int(flags >> 8 & 0xFF)
        bitOffset = Int(try cursor.uint16())
        precision = Int(try cursor.uint16())
        exponentPosition = Int(try cursor.uint8())
        exponentSize = Int(try cursor.uint8())
        mantissaPosition = Int(try cursor.uint8())
        mantissaSize = Int(try cursor.uint8())
        exponentBias = try cursor.uint32()
        let bits = 8 * size
        guard precision > 0, bitOffset + precision <= bits, exponentPosition + exponentSize <= bits,
            mantissaPosition + mantissaSize <= bits, signPosition < bits
        else { throw cursor.error("a float whose parts extend beyond its \(size) bytes") }
    }
}
