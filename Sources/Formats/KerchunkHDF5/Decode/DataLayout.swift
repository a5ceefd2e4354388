// SPDX-License-Identifier: Apache-2.0
// How a dataset's elements are stored.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.i "The Data Layout Message"; version 5, which HDF5 2.0
// writes, has the fields of version 4.

import KerchunkBytes

/// Where the elements of a dataset are.
enum DataLayout: Hashable, Sendable {
    /// Inside the object header: `range` is their place in the file (base address already applied), where
    /// known.
    case compact(bytes: [UInt8])
    /// One run of bytes; nil where nothing was written. Size in bytes as the message gives it, where it does.
    case contiguous(address: Address, size: UInt64?)
    case chunked(ChunkedLayout)
    /// A global heap object lists the mappings; nil where there are none.
    case virtual(heap: GlobalHeapID?)
}

struct ChunkedLayout: Hashable, Sendable {
    /// Elements of a chunk along each axis, without the trailing axis of the element size.
    let chunkShape: [UInt64]
    /// Bytes of an element, from that trailing axis.
    let elementSize: UInt64
    /// "Do not filter partial edge chunks" (layout version 4, flag bit 0).
    let leavesPartialEdgesUnfiltered: Bool
    let index: ChunkIndex
}

/// The index structure that lists the chunks. Spec: IV.A.2.i, VII "Appendix C: Types of Indexes for Dataset
/// Chunks".
enum ChunkIndex: Hashable, Sendable {
    case btreeV1(root: Address)
    /// One chunk that covers the dataset; `filteredSize` and `filterMask` only where it is filtered.
    case single(address: Address, filteredSize: UInt64?, filterMask: UInt32)
    /// All chunks behind each other, unfiltered.
    case implicit(address: Address)
    case fixedArray(header: Address)
    case extensibleArray(header: Address)
    case btreeV2(header: Address)
}

/// A global heap object. Spec: III.E "Disk Format: Level 1E - Global Heap".
struct GlobalHeapID: Hashable, Sendable {
    /// Relative to the superblock's base address.
    let collection: UInt64
    let index: UInt32
}

extension DataLayout {
    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("data layout message")
        let version = try cursor.uint8()
        switch version {
        case 1, 2: self = try Self.old(&cursor, sizes: sizes)
        case 3, 4, 5: self = try Self.new(&cursor, version: version, sizes: sizes)
        default: throw cursor.error("version \(version), expected 1 to 5")
        }
    }

    /// Versions 1 and 2: the class behind the number of axes, and 32-bit extents for all classes.
    private static func old(_ cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) -> DataLayout {
        let axes = Int(try cursor.uint8())
        let layoutClass = try cursor.uint8()
        try cursor.skip(5)
        switch layoutClass {
        case 0:
            try cursor.skip(4 * axes)
            let count = try cursor.uint32()
            return .compact(bytes: try cursor.bytes(Int(count)))
        case 1:
            // The extents that follow were cut to 32 bits by old writers, so the size is the dataspace's.
            return .contiguous(address: try cursor.address(sizes), size: nil)
        case 2:
            let root = try cursor.address(sizes)
            let extents = try ChunkExtents(parsing: &cursor, axes: axes, width: 4)
            return .chunked(extents.layout(index: .btreeV1(root: root)))
        default: throw cursor.error("layout class \(layoutClass), expected 0 to 2 in versions 1 and 2")
        }
    }

    private static func new(
        _ cursor: inout ByteCursor, version: UInt8, sizes: FieldSizes
    ) throws(ParseError) -> DataLayout {
        let layoutClass = try cursor.uint8()
        switch layoutClass {
        case 0:
            let count = try cursor.uint16()
            return .compact(bytes: try cursor.bytes(Int(count)))
        case 1:
            let address = try cursor.address(sizes)
            return .contiguous(address: address, size: try cursor.length(sizes))
        case 2 where version == 3:
            let axes = Int(try cursor.uint8())
            let root = try cursor.address(sizes)
            let extents = try ChunkExtents(parsing: &cursor, axes: axes, width: 4)
            return .chunked(extents.layout(index: .btreeV1(root: root)))
        case 2: return .chunked(try indexed(&cursor, sizes: sizes))
        case 3 where version > 3:
            guard let collection = try cursor.address(sizes) else { return .virtual(heap: nil) }
            return .virtual(heap: GlobalHeapID(collection: collection, index: try cursor.uint32()))
        default: throw cursor.error("layout class \(layoutClass) in a message of version \(version)")
        }
    }

    /// Chunked storage of version 4, whose index is one of five.
    private static func indexed(_ cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError)
        -> ChunkedLayout
    {
        let flags = try cursor.uint8()
        guard flags & ~0b11 == 0 else { throw cursor.error("unknown flags \(flags)") }
        let axes = Int(try cursor.uint8())
        let width = Int(try cursor.uint8())
        guard (1...8).contains(width) else { throw cursor.error("chunk extents of \(width) bytes") }
        let extents = try ChunkExtents(parsing: &cursor, axes: axes, width: width)
        let indexType = try cursor.uint8()
        let index: ChunkIndex
        switch indexType {
        case 1:
            var filteredSize: UInt64?
            var filterMask: UInt32 = 0
            if flags & 0b10 != 0 {
                filteredSize = try cursor.length(sizes)
                filterMask = try cursor.uint32()
            }
            index = .single(
                address: try cursor.address(sizes), filteredSize: filteredSize, filterMask: filterMask)
        case 2: index = .implicit(address: try cursor.address(sizes))
        case 3:
            try cursor.skip(1)  // creation parameters: the header repeats them
            index = .fixedArray(header: try cursor.address(sizes))
        case 4:
            try cursor.skip(5)
            index = .extensibleArray(header: try cursor.address(sizes))
        case 5:
            try cursor.skip(6)
            index = .btreeV2(header: try cursor.address(sizes))
        default: throw cursor.error("chunk index type \(indexType), expected 1 to 5")
        }
        return extents.layout(index: index, leavesPartialEdgesUnfiltered: flags & 1 != 0)
    }
}

/// The extents of a chunk; the last one in the file is the size of an element.
private struct ChunkExtents {
    let shape: [UInt64]
    let elementSize: UInt64

    init(parsing cursor: inout ByteCursor, axes: Int, width: Int) throws(ParseError) {
        // HDF5 allows 32 axes, and one for the element.
        guard (2...33).contains(axes) else {
            throw cursor.error("chunks with \(axes - 1) axes, expected 1 to 32")
        }
        var extents: [UInt64] = []
        for _ in 0..<axes {
            let extent = try cursor.uint(width: width)
            guard extent > 0 else { throw cursor.error("a chunk extent of zero") }
            extents.append(extent)
        }
        guard checkedProduct(extents) != nil else {
            throw cursor.error("chunks of \(extents) elements and bytes")
        }
        elementSize = extents.removeLast()
        shape = extents
    }

    func layout(index: ChunkIndex, leavesPartialEdgesUnfiltered: Bool = false) -> ChunkedLayout {
        ChunkedLayout(
            chunkShape: shape, elementSize: elementSize,
            leavesPartialEdgesUnfiltered: leavesPartialEdgesUnfiltered, index: index)
    }
}
