// SPDX-License-Identifier: Apache-2.0
// Fractal heaps: objects in blocks whose sizes double from row to row.
// Spec: HDF5 File Format Specification 3.0, III.F "Disk Format: Level 1F - Fractal Heap".

import KerchunkBytes

/// The header of a fractal heap.
struct FractalHeapHeader: Sendable {
    let idLength: Int
    /// Bytes of the encoded filter pipeline; 0 where blocks are not filtered.
    let filterLength: Int
    let hasBlockChecksums: Bool
    /// Largest object that lies in blocks.
    let maximumManagedSize: UInt32
    let hugeIndex: Address
    let table: DoublingTable
    /// The root block; nil where the heap has no objects in blocks.
    let root: Address
    /// Rows of the root indirect block; 0 where the root is a direct block.
    let rootRows: Int
    /// Stored bytes and filter mask of a filtered root direct block.
    let filteredRoot: (size: UInt64, mask: UInt32)?
    /// The filter pipeline message's bytes.
    let filters: Bytes
    /// Bytes of the whole header.
    let size: Int

    /// Bytes of the header, up to and without filters and checksum.
    static func fixedSize(_ sizes: FieldSizes) -> Int { 22 + 12 * sizes.length + 3 * sizes.offset }

    /// - Parameter header: at least `fixedSize` bytes; where there are filters, as many as the error says.
    init(_ header: Bytes, at offset: UInt64, sizes: FieldSizes) throws(ParseError) {
        var cursor = ByteCursor(header.span, at: offset, in: "fractal heap header")
        try cursor.expect("FRHP")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        idLength = Int(try cursor.uint16())
        filterLength = Int(try cursor.uint16())
        let flags = try cursor.uint8()
        hasBlockChecksums = flags & 2 != 0
        maximumManagedSize = try cursor.uint32()
        _ = try cursor.length(sizes)  // next id of a huge object
        hugeIndex = try cursor.address(sizes)
        _ = try cursor.length(sizes)  // free space in blocks
        _ = try cursor.address(sizes)  // free space manager
        // Managed space, allocated space, allocation iterator, managed objects; size and number of huge objects, of tiny ones.
        for _ in 0..<8 { _ = try cursor.length(sizes) }
        table = try DoublingTable(parsing: &cursor, sizes: sizes)
        root = try cursor.address(sizes)
        rootRows = Int(try cursor.uint16())
        guard rootRows <= table.maximumRows else { throw cursor.error("\(rootRows) rows in the root block") }
        if filterLength > 0 {
            filteredRoot = (try cursor.length(sizes), try cursor.uint32())
            let start = cursor.position
            try cursor.skip(filterLength)
            filters = header[start..<cursor.position]
        } else {
            filteredRoot = nil
            filters = Bytes()
        }
        try cursor.skip(4)
        size = cursor.position
        try verifyChecksum(header[0..<size], at: offset, in: "fractal heap header")
        guard idLength > table.offsetWidth + lengthWidth else {
            throw cursor.error("ids of \(idLength) bytes")
        }
    }

    /// Bytes of "length" in the id of an object in a block.
    var lengthWidth: Int {
        min(
            (table.maximumDirectSize.trailingZeroBitCount + 7) / 8,
            BTreeV2Geometry.bytesNeeded(for: UInt64(maximumManagedSize)))
    }
}

/// Sizes of blocks by row. Spec: III.F, "doubling table".
struct DoublingTable: Hashable, Sendable {
    /// Blocks in a row.
    let width: Int
    /// Bytes of blocks in the first two rows; a power of two.
    let startingSize: UInt64
    /// Bytes of the largest blocks that hold objects; a power of two.
    let maximumDirectSize: UInt64
    /// Bits of positions in the heap.
    let maximumBits: Int

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        width = Int(try cursor.uint16())
        startingSize = try cursor.length(sizes)
        maximumDirectSize = try cursor.length(sizes)
        maximumBits = Int(try cursor.uint16())
        try cursor.skip(2)  // rows that the root block starts with
        guard width > 0, width.nonzeroBitCount == 1, startingSize.nonzeroBitCount == 1,
            maximumDirectSize.nonzeroBitCount == 1, startingSize <= maximumDirectSize,
            (1...64).contains(maximumBits), maximumDirectSize.trailingZeroBitCount <= min(maximumBits, 32),
            firstRowBits <= maximumBits
        else {
            throw cursor.error(
                "rows of \(width) blocks of \(startingSize) to \(maximumDirectSize) bytes in \(maximumBits) bits"
            )
        }
    }

    /// Bytes of a position in the heap.
    var offsetWidth: Int { (maximumBits + 7) / 8 }
    /// Log₂ of the bytes that the first row spans.
    var firstRowBits: Int { width.trailingZeroBitCount + startingSize.trailingZeroBitCount }
    /// Rows of blocks that hold objects themselves; rows after that hold indirect blocks.
    var directRows: Int { maximumDirectSize.trailingZeroBitCount - startingSize.trailingZeroBitCount + 2 }
    var maximumRows: Int { maximumBits - firstRowBits + 1 }

    /// Log₂ of the bytes of each block in `row`.
    func blockBits(row: Int) -> Int { startingSize.trailingZeroBitCount + max(0, row - 1) }

    /// Rows of an indirect block that stands in `row`.
    func rowsOfIndirectBlock(inRow row: Int) -> Int { blockBits(row: row) - firstRowBits + 1 }

    /// The block that holds `position`, counted from the start of the indirect block above.
    func entry(at position: UInt64) -> (row: Int, column: Int, start: UInt64) {
        let rowBits = UInt64.bitWidth - position.leadingZeroBitCount
        // Row 0 spans 2^firstRowBits bytes from 0, row r > 0 as many bytes from 2^(firstRowBits + r - 1) as lie before it.
        let row = rowBits <= firstRowBits ? 0 : rowBits - firstRowBits
        let rowStart: UInt64 = row == 0 ? 0 : 1 << UInt64(firstRowBits + row - 1)
        let column = (position - rowStart) >> UInt64(blockBits(row: row))
        return (row, Int(column), rowStart + column << UInt64(blockBits(row: row)))
    }
}

/// An object's id. Spec: III.F, "Fractal Heap ID".
enum FractalHeapID: Hashable, Sendable {
    /// `position` in the heap's own address space.
    case managed(position: UInt64, length: UInt64)
    /// Its own place in the file.
    case hugeDirect(address: UInt64, length: UInt64)
    /// A key of the B-tree of huge objects.
    case hugeIndirect(key: UInt64)
    case tiny(Bytes)

    init(_ id: Bytes, of heap: FractalHeapHeader, at offset: UInt64, sizes: FieldSizes) throws(ParseError) {
        var cursor = ByteCursor(id.span, at: offset, in: "fractal heap id")
        let first = try cursor.uint8()
        guard first >> 6 == 0 else { throw cursor.error("version \(first >> 6), expected 0") }
        switch first >> 4 & 3 {
        case 0:
            let position = try cursor.uint(width: heap.table.offsetWidth)
            let length = try cursor.uint(width: heap.lengthWidth)
            self = .managed(position: position, length: length)
        case 1:
            let directSize = sizes.offset + sizes.length + (heap.filterLength > 0 ? 4 + sizes.length : 0)
            if heap.idLength - 1 >= directSize {
                let address = try cursor.definedAddress(sizes, of: "huge object")
                self = .hugeDirect(address: address, length: try cursor.length(sizes))
            } else {
                self = .hugeIndirect(key: try cursor.uint(width: min(8, heap.idLength - 1)))
            }
        case 2:
            // Ids of 17 bytes after the first do without: the second length byte would only cost the byte it can count.
            let isExtended = heap.idLength - 1 > 17
            let low = isExtended ? Int(first & 0xF) << 8 | Int(try cursor.uint8()) : Int(first & 0xF)
            let start = cursor.position
            try cursor.skip(low + 1)
            self = .tiny(id[start..<cursor.position])
        default:
            throw cursor.error("an object of unknown type")
        }
    }
}
