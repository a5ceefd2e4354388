// SPDX-License-Identifier: Apache-2.0
// The chunk index of datasets whose extents cannot grow.
// Spec: HDF5 File Format Specification 3.0, VII.C "The Fixed Array Index".

import KerchunkBytes

/// The header of a fixed array.
struct FixedArrayHeader: Sendable {
    let format: ChunkElementFormat
    let clientID: UInt8
    /// Elements in all.
    let elementCount: UInt64
    /// Elements of a page of the data block; the data block has pages where it has more.
    let pageElementCount: UInt64
    /// Nil where nothing was written.
    let dataBlock: Address

    static func size(_ sizes: FieldSizes) -> UInt64 { UInt64(12 + sizes.length + sizes.offset) }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("fixed array header")
        try cursor.expect("FAHD")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        clientID = try cursor.uint8()
        let elementSize = Int(try cursor.uint8())
        let pageBits = UInt64(try cursor.uint8())
        guard pageBits < 32 else { throw cursor.error("pages of 2^\(pageBits) elements") }
        pageElementCount = 1 << pageBits
        elementCount = try cursor.length(sizes)
        dataBlock = try cursor.address(sizes)
        try cursor.skip(4)  // checksum, verified by the reader
        format = try ChunkElementFormat(clientID: clientID, size: elementSize, sizes: sizes, in: cursor)
    }
}

/// Where the parts of a fixed array's data block lie; all follows from the header.
struct FixedArrayDataBlock: Sendable {
    /// Pages; 0 where the elements follow the block's start directly.
    let pageCount: UInt64
    /// Bytes before the first page, or before the elements: the bitmap of pages, and a checksum where there
    /// are pages.
    let prefixSize: UInt64
    /// Bytes of a whole page, with its checksum.
    let pageSize: UInt64
    /// Bytes in all.
    let size: UInt64

    /// - Returns: nil where no file can have so many elements.
    init?(_ header: FixedArrayHeader, sizes: FieldSizes) {
        let start = UInt64(6 + sizes.offset)
        guard header.elementCount < 1 << 48 else { return nil }
        let elements = header.elementCount * UInt64(header.format.size)  // an element has at most 255 bytes
        pageSize = header.pageElementCount * UInt64(header.format.size) + 4
        if header.elementCount > header.pageElementCount {
            pageCount = header.elementCount.dividedRoundingUp(by: header.pageElementCount)
            prefixSize = start + pageCount.dividedRoundingUp(by: 8) + 4
        } else {
            pageCount = 0
            prefixSize = start
        }
        // Without pages the only checksum is at the end.
        size = prefixSize + elements + 4 * max(1, pageCount)
    }

    /// Reads the start of the block.
    /// - Returns: the bitmap: bit 7 of byte 0 says whether page 0 was ever written; empty without pages.
    func bitmap(
        parsing cursor: inout ByteCursor, header: FixedArrayHeader, sizes: FieldSizes
    ) throws(ParseError) -> [UInt8] {
        cursor.enter("fixed array data block")
        try cursor.expect("FADB")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let clientID = try cursor.uint8()
        guard clientID == header.clientID else {
            throw cursor.error("client \(clientID), but the header says \(header.clientID)")
        }
        try cursor.skip(sizes.offset)  // of the header
        return try cursor.bytes(Int(pageCount.dividedRoundingUp(by: 8)))
    }
}

/// Whether bit `index` of `bitmap` is set, counted from the most significant bit of its first byte.
func isSet(_ index: UInt64, in bitmap: [UInt8]) -> Bool {
    guard index / 8 < UInt64(bitmap.count) else { return false }
    return bitmap[Int(index / 8)] & 0x80 >> UInt8(index % 8) != 0
}
