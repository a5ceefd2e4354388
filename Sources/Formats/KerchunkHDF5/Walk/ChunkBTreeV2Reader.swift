// SPDX-License-Identifier: Apache-2.0
// The chunk index of datasets with several unlimited axes, level by level.
// Spec: HDF5 File Format Specification 3.0, III.A.2 "Disk Format: Level 1A2 - Version 2 B-trees", record
// types 10 and 11.

import KerchunkBytes
import KerchunkModel

/// Reads a version 2 B-tree of chunks.
final class ChunkBTreeV2Reader: ChunkIndexReader {
    var requests: [IndexRequest] = []
    private var collector: ChunkCollector
    private let sizes: FieldSizes
    private var treeGuard: TreeGuard
    private let depthLimit: Int
    private var tree: (header: BTreeV2Header, geometry: BTreeV2Geometry)?
    private var storedSizeWidth: Int?
    private var recordCount: UInt64 = 0
    private var headerOffset: UInt64 = 0
    private static let headerTag = -1

    init(
        header: UInt64, sizes: FieldSizes, room: UInt64, depthLimit: Int, collector: consuming ChunkCollector
    ) {
        self.sizes = sizes
        self.collector = collector
        self.depthLimit = depthLimit
        treeGuard = TreeGuard(
            room: room, nodeSize: BTreeV2Geometry.overhead, structure: "version 2 B-tree node")
        requests = [IndexRequest(address: header, count: BTreeV2Header.size(sizes), tag: Self.headerTag)]
    }

    func accept(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError) {
        guard let (header, geometry) = tree else { return try acceptHeader(bytes, at: offset) }
        // The tag packs the depth and the number of records that the parent says.
        let depth = request.tag >> 16
        let node = try BTreeV2Node(
            bytes, at: offset, of: header, geometry, depth: depth, count: request.tag & 0xFFFF, sizes: sizes)
        recordCount += UInt64(node.records.count)
        var cursor = ByteCursor(
            node.records.bytes.span, at: node.records.offset, in: "version 2 B-tree record")
        try collector.placeRecords(
            parsing: &cursor, count: node.records.count, storedSizeWidth: storedSizeWidth, sizes: sizes)
        for child in node.children { try self.request(child, depth: depth - 1, header) }
    }

    private func acceptHeader(_ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        try verifyChecksum(bytes, at: offset, in: "version 2 B-tree header")
        var cursor = ByteCursor(bytes.span, at: offset, in: "version 2 B-tree header")
        let header = try BTreeV2Header(parsing: &cursor, sizes: sizes)
        guard header.depth <= depthLimit else { throw cursor.error("a depth of \(header.depth)") }
        let geometry = try BTreeV2Geometry(header, sizes: sizes, at: offset)
        let scaled = 8 * collector.grid.rank
        switch header.type {
        case .chunk:
            guard header.recordSize == sizes.offset + scaled else {
                throw cursor.error(
                    "records of \(header.recordSize) bytes for chunks of \(collector.grid.rank) axes")
            }
        case .chunkFiltered:
            let width = header.recordSize - sizes.offset - 4 - scaled
            guard (1...8).contains(width) else {
                throw cursor.error(
                    "records of \(header.recordSize) bytes for filtered chunks of \(collector.grid.rank) axes"
                )
            }
            storedSizeWidth = width
        default: throw cursor.error("records of type \(header.type.rawValue), expected 10 or 11 (chunks)")
        }
        tree = (header, geometry)
        headerOffset = offset
        guard let root = header.root else { return }
        collector.expect(min(header.recordCount, collector.space.endAddress / UInt64(header.recordSize)))
        try request(root, depth: header.depth, header)
    }

    private func request(_ node: BTreeV2Pointer, depth: Int, _ header: BTreeV2Header) throws(ParseError) {
        try treeGuard.visit(node.address)
        guard node.recordCount <= 0xFFFF else {
            throw ParseError(
                "\(node.recordCount) records in a node", in: "version 2 B-tree node", at: node.address)
        }
        requests.append(
            IndexRequest(
                address: node.address, count: UInt64(header.nodeSize), tag: depth << 16 | node.recordCount))
    }

    func finish() throws(ParseError) -> ChunkEntries {
        if let tree, tree.header.recordCount != recordCount {
            throw ParseError(
                "\(tree.header.recordCount) records are declared, but \(recordCount) exist",
                in: "version 2 B-tree",
                at: headerOffset)
        }
        return try collector.finish()
    }
}
