// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

/// A version 2 B-tree of records of 8 bytes in nodes of 64.
private struct TinyTree {
    var bytes = ByteBuilder()
    static let nodeSize = 64

    /// - Returns: its address.
    mutating func node(
        _ records: [UInt64], children: [(address: UInt64, count: UInt8, total: UInt8)] = [], depth: Int
    ) -> UInt64 {
        let start = bytes.bytes.count
        var node = ByteBuilder()
        node.text(depth == 0 ? "BTLF" : "BTIN")
        node.raw([0, 10])
        for record in records { node.uint64(record) }
        for child in children {
            node.uint64(child.address)
            node.uint8(child.count)
            if depth > 1 { node.uint8(child.total) }
        }
        node.uint32(lookup3(node.built))
        bytes.raw(node.bytes)
        bytes.zeros(Self.nodeSize - node.bytes.count)
        return UInt64(start)
    }

    mutating func header(root: UInt64, rootCount: UInt16, total: UInt64, depth: UInt16) -> UInt64 {
        let start = bytes.bytes.count
        var header = ByteBuilder()
        header.text("BTHD")
        header.raw([0, 10])
        header.uint32(UInt32(Self.nodeSize))
        header.uint16(8)
        header.uint16(depth)
        header.raw([100, 40])
        header.uint64(root)
        header.uint16(rootCount)
        header.uint64(total)
        header.uint32(lookup3(header.built))
        bytes.raw(header.bytes)
        return UInt64(start)
    }

    /// Two levels of internal nodes above four leaves.
    static func threeLevels() -> (TinyTree, header: UInt64) {
        var tree = TinyTree()
        let leaves = [[1, 2], [4], [6, 7, 8], [10]].map { tree.node($0, depth: 0) }
        let left = tree.node([3], children: [(leaves[0], 2, 0), (leaves[1], 1, 0)], depth: 1)
        let right = tree.node([9], children: [(leaves[2], 3, 0), (leaves[3], 1, 0)], depth: 1)
        let root = tree.node([5], children: [(left, 1, 4), (right, 1, 5)], depth: 2)
        let header = tree.header(root: root, rootCount: 1, total: 10, depth: 2)
        return (tree, header)
    }

    func records(at headers: [UInt64]) throws -> (records: [[UInt64]], failures: [ParseError?], batches: Int)
    {
        let source = CountingSource(MemorySource(bytes.built))
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        var found = headers.map { _ in [UInt64]() }
        let failures = try BTreeV2Walk(file: file).visitRecords(ofTreesAt: headers) {
            tree, records throws(ParseError) in
            try records.parse { cursor throws(ParseError) in
                for _ in 0..<records.count { found[tree].append(try cursor.uint64()) }
            }
        }
        return (found, failures, source.batches)
    }
}

@Suite struct BTreeV2Tests {
    @Test func allNodesHaveRecords() throws {
        let (tree, header) = TinyTree.threeLevels()
        let result = try tree.records(at: [header])
        #expect(result.records[0].sorted() == Array(1...10))
        #expect(result.failures == [nil])
    }

    @Test func readsFollowTheDepthNotTheNumberOfTrees() throws {
        let (tree, header) = TinyTree.threeLevels()
        let result = try tree.records(at: Array(repeating: header, count: 50))
        #expect(result.batches == 4)
        #expect(result.records.allSatisfy { $0.count == 10 })
    }

    @Test func oneBrokenTreeLeavesTheOthers() throws {
        var (tree, header) = TinyTree.threeLevels()
        let broken = tree.header(root: 7, rootCount: 1, total: 1, depth: 0)
        let result = try tree.records(at: [broken, header, 1 << 40])
        #expect(result.failures.map { $0 == nil } == [false, true, false])
        #expect(result.records[1].count == 10)
    }

    @Test func treeOfItselfEnds() throws {
        var tree = TinyTree()
        let leaf = tree.node([1], depth: 0)
        let inner = tree.node([2], children: [(leaf, 1, 0), (leaf, 1, 0)], depth: 1)
        let header = tree.header(root: inner, rootCount: 1, total: 3, depth: 1)
        #expect(try tree.records(at: [header]).failures[0]?.problem == "the node is its own descendant")
    }

    @Test func missingRecordsAreNoticed() throws {
        var tree = TinyTree()
        let leaf = tree.node([1], depth: 0)
        let header = tree.header(root: leaf, rootCount: 1, total: 5, depth: 0)
        #expect(try tree.records(at: [header]).failures[0]?.problem == "5 records are declared, but 1 exist")
    }

    @Test func geometryIsThatOfTheLibrary() throws {
        // Link names: records of 11 bytes in nodes of 512, as in every file with dense links.
        var bytes = ByteBuilder()
        bytes.text("BTHD")
        bytes.raw([0, 5])
        bytes.uint32(512)
        bytes.uint16(11)
        bytes.uint16(2)
        bytes.raw([100, 40])
        bytes.uint64(0)
        bytes.uint16(1)
        bytes.uint64(1)
        bytes.uint32(0)
        let header = try bytes.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try BTreeV2Header(parsing: &cursor, sizes: FieldSizes())
        }
        let geometry = try BTreeV2Geometry(header, sizes: FieldSizes(), at: 0)
        #expect(geometry.maximumCounts == [45, 24, 22])
        #expect(geometry.totalWidths == [0, 2, 2])
        #expect(geometry.countWidth == 1)
        try expectTruncationThrows(bytes.bytes) { cursor throws(ParseError) in
            try BTreeV2Header(parsing: &cursor, sizes: FieldSizes())
        }
    }
}
