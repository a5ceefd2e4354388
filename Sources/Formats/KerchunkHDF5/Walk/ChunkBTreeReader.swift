// SPDX-License-Identifier: Apache-2.0
// The chunk index of old-style datasets, level by level.
// Spec: HDF5 File Format Specification 3.0, III.A.1 "Disk Format: Level 1A1 - Version 1 B-trees".

import KerchunkBytes
import KerchunkModel

/// Reads a version 1 B-tree of chunks.
final class ChunkBTreeReader: ChunkIndexReader {
    var requests: [IndexRequest] = []
    private var collector: ChunkCollector
    private let sizes: FieldSizes
    private let rank: Int
    private var treeGuard: TreeGuard
    private var leafCount: UInt64 = 0
    /// Children that a node has room for, as the superblock says. Nodes that use more are read again.
    private var capacity: Int
    private static let unknownLevel = -1

    init(
        root: UInt64, sizes: FieldSizes, treeWidths: TreeWidths, room: UInt64,
        collector: consuming ChunkCollector
    ) throws(ParseError) {
        self.sizes = sizes
        capacity = min(max(1, 2 * treeWidths.chunkNode), 1 << 10)
        rank = collector.grid.rank
        self.collector = collector
        treeGuard = TreeGuard(
            room: room, nodeSize: ChunkBTreeNode.size(capacity: 1, rank: rank, sizes: sizes),
            structure: "chunk B-tree")
        try request(root, level: Self.unknownLevel)
    }

    private func request(_ address: UInt64, level: Int) throws(ParseError) {
        try treeGuard.visit(address)
        let size = ChunkBTreeNode.size(capacity: capacity, rank: rank, sizes: sizes)
        requests.append(IndexRequest(address: address, count: UInt64(size), tag: level, isGuess: true))
    }

    func accept(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError) {
        var cursor = ByteCursor(bytes.span, at: offset, in: "chunk B-tree node")
        let node = try ChunkBTreeNode(parsing: &cursor, sizes: sizes)
        guard request.tag == Self.unknownLevel || node.level == request.tag else {
            throw cursor.error("level \(node.level) below level \(request.tag + 1)")
        }
        let used = node.usedSize(rank: rank, sizes: sizes)
        guard used <= bytes.count || !request.isGuess else {
            capacity = max(capacity, node.entryCount)
            requests.append(IndexRequest(address: request.address, count: UInt64(used), tag: request.tag))
            return
        }
        if node.level > 0 {
            for child in try node.children(parsing: &cursor, rank: rank, sizes: sizes) {
                try self.request(child, level: node.level - 1)
            }
            if node.level == 1 { leafCount += UInt64(node.entryCount) }
        } else {
            collector.expect(max(leafCount * UInt64(capacity), UInt64(node.entryCount)))
            try node.placeChunks(parsing: &cursor, sizes: sizes, into: &collector)
        }
    }

    func finish() throws(ParseError) -> ChunkEntries { try collector.finish() }
}
