// SPDX-License-Identifier: Apache-2.0
// One entry of the directory of a ZIP archive.
// Spec: PKWARE APPNOTE 6.3.10, 4.3.12 "Central directory structure", 4.5.3 "Zip64 Extended Information Extra Field",
// 4.6.9 "Info-ZIP Unicode Path Extra Field".

import KerchunkBytes

struct ZipEntry {
    let storedName: [UInt8]
    let name: String
    let storedSize: UInt64
    let size: UInt64
    /// Of the local header, as the archive counts it.
    let headerOffset: UInt64
    let method: UInt16
    let isEncrypted: Bool
    let isSymbolicLink: Bool
    let isOnOtherDisk: Bool

    var isDirectory: Bool { storedName.last == UInt8(ascii: "/") }

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("ZIP directory entry")
        guard try cursor.uint32() == 0x0201_4B50 else { throw cursor.error("the signature is missing") }
        try cursor.skip(1)  // version made by
        let system = try cursor.uint8()
        try cursor.skip(2)  // version needed
        let flags = try cursor.uint16()
        method = try cursor.uint16()
        try cursor.skip(8)  // time, date, checksum
        let storedSize = try cursor.uint32()
        let size = try cursor.uint32()
        let nameLength = Int(try cursor.uint16())
        let extraLength = Int(try cursor.uint16())
        let commentLength = Int(try cursor.uint16())
        let disk = try cursor.uint16()
        try cursor.skip(2)  // internal attributes
        let attributes = try cursor.uint32()
        let headerOffset = try cursor.uint32()
        storedName = try cursor.bytes(nameLength)
        let extra = try ZipExtra(
            of: Bytes(try cursor.bytes(extraLength)), at: cursor.offset - UInt64(extraLength),
            needs: (size == .max, storedSize == .max, headerOffset == .max))
        try cursor.skip(commentLength)
        self.size = extra.size ?? UInt64(size)
        self.storedSize = extra.storedSize ?? UInt64(storedSize)
        self.headerOffset = extra.headerOffset ?? UInt64(headerOffset)
        isOnOtherDisk = disk != 0 && disk != .max
        isEncrypted = flags & 1 != 0 || flags & 1 << 6 != 0 || flags & 1 << 13 != 0 || method == 99
        // Unix and macOS put the mode of the file into the upper half.
        isSymbolicLink = (system == 3 || system == 19) && attributes >> 28 == 0xA
        name = Self.text(storedName, isUTF8: flags & 1 << 11 != 0, unicode: extra.unicodeName)
    }

    private static func text(_ name: [UInt8], isUTF8: Bool, unicode: [UInt8]?) -> String {
        if isUTF8, let text = String(validating: name, as: UTF8.self) { return text }
        if let unicode, let text = String(validating: unicode, as: UTF8.self) { return text }
        return CodePage437.text(name)
    }

    /// What `method` is called.
    var methodName: String {
        switch method {
        case 1...6: "an old method"
        case 8: "deflate"
        case 9: "deflate64"
        case 12: "bzip2"
        case 14: "lzma"
        case 93: "zstd"
        case 95: "xz"
        default: "method \(method)"
        }
    }
}

/// What extra fields of an entry say.
private struct ZipExtra {
    var size: UInt64?
    var storedSize: UInt64?
    var headerOffset: UInt64?
    var unicodeName: [UInt8]?

    /// - Parameter needs: which fields of the entry say that the 64-bit field has them, in its order.
    init(
        of bytes: Bytes, at offset: UInt64, needs: (size: Bool, storedSize: Bool, headerOffset: Bool)
    ) throws(ParseError) {
        let wanted = needs.size || needs.storedSize || needs.headerOffset
        var found = false
        var cursor = ByteCursor(bytes.span, at: offset, in: "ZIP extra field")
        // Some writers pad with a few zeros.
        while cursor.remaining >= 4 {
            let id = try cursor.uint16()
            let length = Int(try cursor.uint16())
            guard length <= cursor.remaining else {
                if found || !wanted { return }
                throw cursor.error("it claims \(length) bytes, but only \(cursor.remaining) are left")
            }
            let next = cursor.position + length
            if id == 1, !found {
                found = true
                if needs.size { size = try cursor.uint64() }
                if needs.storedSize { storedSize = try cursor.uint64() }
                if needs.headerOffset { headerOffset = try cursor.uint64() }
                guard cursor.position <= next else { throw cursor.error("the 64-bit field is too short") }
            } else if id == 0x7075, length > 5 {
                try cursor.skip(5)  // version, checksum of the name
                unicodeName = try cursor.bytes(length - 5)
            }
            try cursor.seek(to: next)
        }
        // Of an archive that is not in the 64-bit form the largest numbers mean themselves.
    }
}
