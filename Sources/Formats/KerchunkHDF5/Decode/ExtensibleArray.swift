// SPDX-License-Identifier: Apache-2.0
// The chunk index of datasets with one unlimited axis.
// Spec: HDF5 File Format Specification 3.0, VII.D "The Extensible Array Index".

import KerchunkBytes

/// The header of an extensible array.
struct ExtensibleArrayHeader: Sendable {
    let format: ChunkElementFormat
    let clientID: UInt8
    /// Bits that a number of an element has at most.
    let elementBits: Int
    /// Elements that lie in the index block itself.
    let indexElementCount: UInt64
    /// Elements of the smallest data blocks; a power of two.
    let smallestBlock: UInt64
    /// Data blocks that the smallest secondary block in use points to; a power of two.
    let smallestPointerCount: UInt64
    /// Elements of a page; data blocks with more have pages.
    let pageElementCount: UInt64
    /// One past the last element that was ever set.
    let usedCount: UInt64
    /// Nil where nothing was written.
    let indexBlock: Address

    static func size(_ sizes: FieldSizes) -> UInt64 { UInt64(16 + 6 * sizes.length + sizes.offset) }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("extensible array header")
        try cursor.expect("EAHD")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        clientID = try cursor.uint8()
        let elementSize = Int(try cursor.uint8())
        elementBits = Int(try cursor.uint8())
        indexElementCount = UInt64(try cursor.uint8())
        smallestBlock = UInt64(try cursor.uint8())
        smallestPointerCount = UInt64(try cursor.uint8())
        let pageBits = UInt64(try cursor.uint8())
        guard (1...64).contains(elementBits) else {
            throw cursor.error("elements numbered with \(elementBits) bits")
        }
        guard pageBits < 32 else { throw cursor.error("pages of 2^\(pageBits) elements") }
        guard smallestBlock.isPowerOfTwo, smallestPointerCount.isPowerOfTwo else {
            throw cursor.error(
                "data blocks of \(smallestBlock) elements and \(smallestPointerCount) pointers, not powers of two"
            )
        }
        pageElementCount = 1 << pageBits
        // Statistics: secondary blocks and their bytes, data blocks and their bytes.
        try cursor.skip(4 * sizes.length)
        usedCount = try cursor.length(sizes)
        _ = try cursor.length(sizes)  // elements realized
        indexBlock = try cursor.address(sizes)
        try cursor.skip(4)  // checksum, verified by the reader
        format = try ChunkElementFormat(clientID: clientID, size: elementSize, sizes: sizes, in: cursor)
    }
}

extension UInt64 {
    fileprivate var isPowerOfTwo: Bool { nonzeroBitCount == 1 }
}

/// How an extensible array is divided; all follows from its header.
///
/// Elements behind those of the index block are in data blocks, which grow: "super block" u stands for
/// 2^⌊u/2⌋ data blocks of 2^⌈u/2⌉ · `smallestBlock` elements. The index block points to the data blocks of
/// the first super blocks directly; the others have a secondary block each.
struct ExtensibleArrayGeometry: Sendable {
    struct SuperBlock: Sendable {
        /// Number of the first element.
        let firstElement: UInt64
        let dataBlockCount: UInt64
        /// Elements of each data block.
        let elementCount: UInt64
    }

    let superBlocks: [SuperBlock]
    /// Super blocks whose data blocks the index block points to.
    let directCount: Int
    /// Bytes of a block's offset in the array.
    let offsetWidth: Int
    private let header: ExtensibleArrayHeader
    private let sizes: FieldSizes

    init(_ header: ExtensibleArrayHeader, sizes: FieldSizes, at offset: UInt64) throws(ParseError) {
        self.header = header
        self.sizes = sizes
        offsetWidth = (header.elementBits + 7) / 8
        let count = 1 + header.elementBits - header.smallestBlock.trailingZeroBitCount
        directCount = 2 * header.smallestPointerCount.trailingZeroBitCount
        guard count >= directCount else {
            throw ParseError(
                "\(count) super blocks, but the index block holds \(directCount)",
                in: "extensible array header",
                at: offset)
        }
        var superBlocks: [SuperBlock] = []
        var first = header.indexElementCount
        for number in 0..<count {
            let blocks: UInt64 = 1 << UInt64(number / 2)
            guard let elements = (UInt64(1) << UInt64((number + 1) / 2)).multiplied(by: header.smallestBlock),
                let next = elements.multiplied(by: blocks)?.adding(first)
            else { break }  // numbers beyond 64 bits are of no use
            superBlocks.append(
                SuperBlock(firstElement: first, dataBlockCount: blocks, elementCount: elements))
            first = next
        }
        guard superBlocks.count >= directCount,
            superBlocks[..<directCount].allSatisfy({ $0.elementCount <= header.pageElementCount })
        else {
            throw ParseError(
                "data blocks of the index block have pages", in: "extensible array header", at: offset)
        }
        self.superBlocks = superBlocks
        secondaryPointerCount = count - directCount
    }

    /// Addresses of secondary blocks in the index block.
    private let secondaryPointerCount: Int

    /// Bytes of the index block.
    var indexBlockSize: UInt64 {
        let pointers = Int(directBlockCount) + secondaryPointerCount
        return UInt64(
            6 + sizes.offset + Int(header.indexElementCount) * header.format.size + pointers * sizes.offset
                + 4)
    }

    /// Data blocks that the index block points to.
    var directBlockCount: UInt64 { 2 * (header.smallestPointerCount - 1) }

    /// Pages of each data block of a super block; 0 where they have none.
    func pageCount(of superBlock: SuperBlock) -> UInt64 {
        superBlock.elementCount > header.pageElementCount
            ? superBlock.elementCount / header.pageElementCount : 0
    }

    /// Bytes of the bitmap of pages in a secondary block.
    func bitmapSize(of superBlock: SuperBlock) -> UInt64 {
        superBlock.dataBlockCount * pageCount(of: superBlock).dividedRoundingUp(by: 8)
    }

    /// Bytes of a secondary block; nil where that does not fit into 64 bits.
    func secondaryBlockSize(of superBlock: SuperBlock) -> UInt64? {
        let fixed = UInt64(6 + sizes.offset + offsetWidth + 4)
        return superBlock.dataBlockCount.multiplied(by: UInt64(sizes.offset))?.adding(
            bitmapSize(of: superBlock))?
            .adding(fixed)
    }

    /// Bytes before the first page of a data block: its start, and a checksum.
    var pagedPrefixSize: UInt64 { UInt64(6 + sizes.offset + offsetWidth + 4) }

    /// Bytes of a data block without pages.
    func dataBlockSize(elementCount: UInt64) -> UInt64 {
        pagedPrefixSize + elementCount * UInt64(header.format.size)
    }

    /// Reads the start of an index block.
    func parseStart(_ cursor: inout ByteCursor, signature: StaticString) throws(ParseError) {
        try cursor.expect(signature)
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let clientID = try cursor.uint8()
        guard clientID == header.clientID else {
            throw cursor.error("client \(clientID), but the header says \(header.clientID)")
        }
        try cursor.skip(sizes.offset)  // of the header
    }

    /// Reads the start of a secondary or data block.
    ///
    /// What it says of its place in the array is not used: the HDF5 library writes it wrong for data blocks
    /// that the index block points to (it multiplies by their number in that block, not in their super
    /// block), and never reads it.
    func parseOffsetStart(_ cursor: inout ByteCursor, signature: StaticString) throws(ParseError) {
        try parseStart(&cursor, signature: signature)
        try cursor.skip(offsetWidth)
    }
}
