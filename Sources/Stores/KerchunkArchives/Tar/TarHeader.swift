// SPDX-License-Identifier: Apache-2.0
// A header block of a TAR archive.
// Spec: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual 1.34, "Basic Tar Format".

import KerchunkBytes

struct TarHeader {
    static let blockSize: UInt64 = 512

    enum Kind: Equatable {
        case file, hardLink, symbolicLink, directory
        /// Devices and pipes, which have no bytes.
        case device
        /// GNU: the name, or the target of a link, of the next member.
        case longName, longLink
        /// pax: members of the next header, or of all that follow.
        case extended, extendedForAll
        case sparse
        /// A member that goes on from another volume.
        case continued
        /// Something else, with bytes that are passed over.
        case other
    }

    let kind: Kind
    let name: [UInt8]
    let linkName: [UInt8]
    /// Bytes behind the header, where there are any.
    let size: UInt64
    /// Sparse members of GNU tar: whether a block of the map follows.
    let hasMoreMap: Bool

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("TAR header")
        let start = cursor.position
        let block = try cursor.bytes(Int(Self.blockSize))
        let checksum = try tarNumber(block[148..<156], of: "checksum", at: cursor.base + UInt64(start) + 148)
        guard Self.checksums(of: block).contains(checksum) else {
            throw ParseError("its checksum is wrong", in: "TAR header", at: cursor.base + UInt64(start))
        }
        size = try tarNumber(block[124..<136], of: "size", at: cursor.base + UInt64(start) + 124)
        var name = terminated(block[0..<100])
        linkName = terminated(block[157..<257])
        // GNU tar ends the magic with blanks, and keeps other things where ustar has the prefix.
        if block[257..<263].elementsEqual([0x75, 0x73, 0x74, 0x61, 0x72, 0]) {
            let prefix = terminated(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        self.name = name
        kind = Self.kind(block[156], isNamedAsDirectory: name.last == UInt8(ascii: "/"))
        hasMoreMap = kind == .sparse && block[482] != 0
    }

    /// Whether `block` is the start of an archive with a magic word.
    static func hasMagic(_ block: Bytes) -> Bool {
        block.count >= 512 && block[257..<262] == Bytes("ustar")
    }

    /// Whether bytes follow; the sizes of others are what they are links to, or mean nothing.
    var hasData: Bool {
        switch kind {
        case .hardLink, .symbolicLink, .directory, .device: false
        default: true
        }
    }

    private static func kind(_ flag: UInt8, isNamedAsDirectory: Bool) -> Kind {
        switch flag {
        // V7 had no type for directories.
        case 0: isNamedAsDirectory ? .directory : .file
        case UInt8(ascii: "0"), UInt8(ascii: "7"): .file
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
        case UInt8(ascii: "5"): .directory
        case UInt8(ascii: "L"): .longName
        case UInt8(ascii: "K"): .longLink
        case UInt8(ascii: "x"), UInt8(ascii: "X"): .extended
        case UInt8(ascii: "g"): .extendedForAll
        case UInt8(ascii: "S"): .sparse
        case UInt8(ascii: "M"): .continued
        default: .other
        }
    }

    /// The sum of all bytes, those of the checksum counting as blanks; some programs added signed bytes.
    private static func checksums(of block: [UInt8]) -> [UInt64] {
        var unsigned: UInt64 = 0
        var signed: Int64 = 0
        for (position, byte) in block.enumerated() {
            let byte = (148..<156).contains(position) ? UInt8(ascii: " ") : byte
            unsigned += UInt64(byte)
            signed += Int64(Int8(bitPattern: byte))
        }
        return [unsigned, UInt64(clamping: signed)]
    }
}

/// The bytes before the first NUL.
func terminated(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(bytes.prefix { $0 != 0 }) }

/// A number of a header: octal digits between blanks and NULs, or binary where the highest bit of the first byte is set.
func tarNumber(_ field: ArraySlice<UInt8>, of what: String, at offset: UInt64) throws(ParseError) -> UInt64 {
    func wrong(_ problem: String) -> ParseError {
        ParseError("the \(what) \(problem)", in: "TAR header", at: offset)
    }
    guard let first = field.first else { return 0 }
    if first & 0x80 != 0 {
        // Spec: GNU tar manual, "Extensions to ustar": two's complement, big-endian, one bit as the mark.
        guard first & 0x40 == 0 else { throw wrong("is negative") }
        var value = UInt64(first & 0x3F)
        for byte in field.dropFirst() {
            guard let shifted = value.multiplied(by: 256) else { throw wrong("does not fit into 64 bits") }
            value = shifted | UInt64(byte)
        }
        return value
    }
    var value: UInt64 = 0
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == 0 }
    let digits = field.drop(while: isBlank).prefix { !isBlank($0) }
    for byte in digits {
        guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) else {
            throw wrong("is not an octal number")
        }
        // 12 digits of 3 bits fit.
        value = value << 3 | UInt64(byte - UInt8(ascii: "0"))
    }
    return value
}
