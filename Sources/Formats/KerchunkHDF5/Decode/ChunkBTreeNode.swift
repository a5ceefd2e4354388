// SPDX-License-Identifier: Apache-2.0
// Nodes of the chunk index of old-style datasets.
// Spec: HDF5 File Format Specification 3.0, III.A.1 "Disk Format: Level 1A1 - Version 1 B-trees", node type
// 1.

import KerchunkBytes

/// The start of a node of raw data chunks; keys and children follow.
struct ChunkBTreeNode {
    /// 0 for leaves.
    let level: Int
    /// Children; there is one more key.
    let entryCount: Int

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("chunk B-tree node")
        try cursor.expect("TREE")
        let type = try cursor.uint8()
        guard type == 1 else { throw cursor.error("node type \(type), expected 1 (raw data chunks)") }
        level = Int(try cursor.uint8())
        entryCount = Int(try cursor.uint16())
        try cursor.skip(2 * sizes.offset)  // siblings
    }

    /// Bytes of a node with room for `capacity` children, for chunks of `rank` axes.
    static func size(capacity: Int, rank: Int, sizes: FieldSizes) -> Int {
        8 + 2 * sizes.offset + capacity * (keySize(rank: rank) + sizes.offset) + keySize(rank: rank)
    }

    /// Bytes of all that is used of this node; the last key is not needed.
    func usedSize(rank: Int, sizes: FieldSizes) -> Int {
        8 + 2 * sizes.offset + entryCount * (Self.keySize(rank: rank) + sizes.offset)
    }

    /// A key: stored size, filter mask, an offset for each axis and one for the element.
    private static func keySize(rank: Int) -> Int { 8 + 8 * (rank + 1) }

    /// The addresses of the children of an inner node.
    func children(
        parsing cursor: inout ByteCursor, rank: Int, sizes: FieldSizes
    ) throws(ParseError) -> [UInt64] {
        var children: [UInt64] = []
        for _ in 0..<entryCount {
            try cursor.skip(Self.keySize(rank: rank))
            children.append(try cursor.definedAddress(sizes, of: "child"))
        }
        return children
    }

    /// Places the chunks of a leaf.
    func placeChunks(
        parsing cursor: inout ByteCursor, sizes: FieldSizes, into collector: inout ChunkCollector
    ) throws(ParseError) {
        let axes = collector.axes
        for _ in 0..<entryCount {
            let storedSize = try cursor.uint32()
            let filterMask = try cursor.uint32()
            var position: UInt64 = 0
            var isInside = true
            for axis in axes {
                let offset = try cursor.uint64()
                guard let index = axis.chunk(startingAt: offset) else {
                    throw cursor.error(
                        "a chunk starts at element \(offset), which is not a multiple of the chunk extent \(axis.chunkExtent)"
                    )
                }
                if index < axis.count { position &+= index &* axis.stride } else { isInside = false }
            }
            try cursor.skip(8)  // offset inside the element, always 0
            guard let address = try cursor.address(sizes) else { continue }
            if isInside {
                try collector.place(
                    at: position, address: address, storedSize: UInt64(storedSize), filterMask: filterMask)
            } else {
                collector.outsideCount += 1
            }
        }
    }
}
