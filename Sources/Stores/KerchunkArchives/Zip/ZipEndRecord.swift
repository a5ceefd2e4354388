// SPDX-License-Identifier: Apache-2.0
// The end of a ZIP archive, which says where its directory is.
// Spec: PKWARE APPNOTE 6.3.10, 4.3.14 "Zip64 end of central directory record" to 4.3.16.

import KerchunkBytes

struct ZipEndRecord {
    static let size = 22
    static let signature: [UInt8] = [0x50, 0x4B, 0x05, 0x06]
    /// The record with the longest comment, and the records before it.
    static let longestTail: UInt64 = 22 + 65_535 + 20 + 56

    /// Of the directory, as the archive counts it: before it may lie a program that unpacks the archive.
    let directoryOffset: UInt64
    let directorySize: UInt64
    let isSplit: Bool
    /// Whether some field only says that the 64-bit record has it.
    let isOverflown: Bool

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("end of the ZIP directory")
        try cursor.skip(4)
        let disk = try cursor.uint16()
        let firstDisk = try cursor.uint16()
        let countHere = try cursor.uint16()
        let count = try cursor.uint16()
        let size = try cursor.uint32()
        let offset = try cursor.uint32()
        directorySize = UInt64(size)
        directoryOffset = UInt64(offset)
        isOverflown =
            size == .max || offset == .max || count == .max || countHere == .max || disk == .max
        isSplit = !isOverflown && (disk != 0 || firstDisk != 0 || countHere != count)
    }

    /// Positions in `tail` where the record may start, likeliest first: its comment should reach to the end.
    static func candidates(in tail: Bytes) -> [Int] {
        guard tail.count >= size else { return [] }
        var exact: [Int] = []
        var others: [Int] = []
        for position in stride(from: tail.count - size, through: 0, by: -1)
        where tail[position] == 0x50 && tail[position..<position + 4] == Bytes(signature) {
            let length = Int(tail[position + 20]) | Int(tail[position + 21]) << 8
            let end = position + size + length
            if end == tail.count {
                exact.append(position)
            } else if end < tail.count {
                others.append(position)
            }
            if exact.count + others.count >= 16 { break }
        }
        return exact + others
    }
}

/// The record of archives beyond 4 GiB or 65,534 members.
struct Zip64EndRecord {
    static let size = 56
    static let locatorSize = 20

    let directoryOffset: UInt64
    let directorySize: UInt64
    let isSplit: Bool

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("64-bit end of the ZIP directory")
        guard try cursor.uint32() == 0x0606_4B50 else { throw cursor.error("the signature is missing") }
        try cursor.skip(12)  // its size, versions
        let disk = try cursor.uint32()
        let firstDisk = try cursor.uint32()
        let countHere = try cursor.uint64()
        let count = try cursor.uint64()
        isSplit = disk != 0 || firstDisk != 0 || countHere != count
        directorySize = try cursor.uint64()
        directoryOffset = try cursor.uint64()
    }

    /// Where the record is, as the locator before the end record says; nil where there is no locator.
    static func statedOffset(parsing cursor: inout ByteCursor) throws(ParseError) -> UInt64? {
        cursor.enter("64-bit locator of the ZIP directory")
        guard try cursor.uint32() == 0x0706_4B50 else { return nil }
        try cursor.skip(4)  // disk
        return try cursor.uint64()
    }
}
