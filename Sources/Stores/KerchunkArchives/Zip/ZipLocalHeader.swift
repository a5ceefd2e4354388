// SPDX-License-Identifier: Apache-2.0
// The header right before the bytes of a member; its extra fields may be longer than those in the directory.
// Spec: PKWARE APPNOTE 6.3.10, 4.3.7 "Local file header".

import KerchunkBytes
import KerchunkModel

struct ZipLocalHeader {
    static let size: UInt64 = 30

    let method: UInt16
    let storedSize: UInt32
    /// Whether sizes follow behind the bytes only, as a stream is written.
    let isStreamed: Bool
    let nameLength: Int
    let extraLength: Int
    let name: [UInt8]

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("local ZIP header")
        guard try cursor.uint32() == 0x0403_4B50 else { throw cursor.error("the signature is missing") }
        try cursor.skip(2)  // version needed
        isStreamed = try cursor.uint16() & 1 << 3 != 0
        method = try cursor.uint16()
        try cursor.skip(8)  // time, date, checksum
        storedSize = try cursor.uint32()
        try cursor.skip(4)  // size
        nameLength = Int(try cursor.uint16())
        extraLength = Int(try cursor.uint16())
        name = try cursor.bytes(min(nameLength, cursor.remaining))
    }

    /// What of the archive must be read for the header of `place`.
    static func range(_ place: ZipPlace, archiveSize: UInt64) throws(KerchunkError) -> ByteRange {
        guard let end = place.headerOffset.adding(size + UInt64(place.storedName.count)), end <= archiveSize
        else {
            throw KerchunkError(
                .malformed, "a local header is outside the archive of \(archiveSize) bytes",
                offset: place.headerOffset)
        }
        return ByteRange(place.headerOffset..<end)
    }

    /// Where the bytes of a member are.
    /// - Throws: what ends a sentence about the member.
    static func location(
        _ place: ZipPlace, _ header: Bytes, archiveSize: UInt64
    ) throws(KerchunkError) -> MemberLocation {
        let local: ZipLocalHeader
        do throws(ParseError) {
            local = try header.parse(at: place.headerOffset, in: "local ZIP header") {
                cursor throws(ParseError) in try ZipLocalHeader(parsing: &cursor)
            }
        } catch {
            throw KerchunkError(
                .malformed, "has no local header: \(error.problem)", offset: place.headerOffset)
        }
        guard Bytes(local.name) == place.storedName, local.nameLength == place.storedName.count,
            local.method == (place.isDeflated ? 8 : 0)
        else {
            throw KerchunkError(
                .malformed, "has a local header of another member", offset: place.headerOffset)
        }
        // The header lies inside the archive, so only the size can be too large.
        let start = place.headerOffset + size + UInt64(local.nameLength + local.extraLength)
        guard let end = start.adding(place.storedSize), end <= archiveSize else {
            throw KerchunkError(
                .malformed,
                "has \(place.storedSize) bytes from byte \(start) on, but the archive ends at byte \(archiveSize)",
                offset: place.headerOffset)
        }
        guard place.isDeflated else {
            return MemberLocation(range: ByteRange(start..<end), isDeflated: false)
        }
        guard !local.isStreamed || UInt64(local.storedSize) == place.storedSize else {
            throw KerchunkError(
                .unsupported,
                "is compressed, and was written as a stream, so its header lacks the size that the codec "
                    + "\"deflate\" needs; pack the archive again without compression",
                offset: place.headerOffset
            )
        }
        return MemberLocation(range: ByteRange(place.headerOffset..<end), isDeflated: true)
    }
}
