// SPDX-License-Identifier: Apache-2.0
// Reads version 2 B-trees, all trees together, level by level.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Reads version 2 B-trees.
struct BTreeV2Walk {
    let file: HDF5File

    /// Hands out the records of all trees whose headers lie at `addresses`; not in the order of their keys.
    /// - Parameters:
    ///   - type: what the records of each tree must be; nil accepts any.
    ///   - prepare: gets the index in `addresses` and the header before any of its records; throwing ends that tree.
    ///   - visit: gets the index in `addresses`, and the records of one node. Throwing ends that tree.
    /// - Returns: what ended each tree before its end; nil for those that were read as a whole.
    /// - Complexity: one batch of reads for the headers, and one a level (more only for levels beyond `limits.batch`).
    func visitRecords(
        ofTreesAt addresses: [UInt64],
        prepare: (Int, BTreeV2Header) throws(ParseError) -> Void = { (_, _) throws(ParseError) in },
        visit: (Int, BTreeV2Records) throws(ParseError) -> Void
    ) throws -> [ParseError?] {
        var failures = [ParseError?](repeating: nil, count: addresses.count)
        var trees: [Tree] = []
        var level: [Pending] = []
        let size = BTreeV2Header.size(file.sizes)
        let headers = try file.readEach(addresses.map { ($0, size) }, in: "version 2 B-tree header")
        for (index, read) in headers.enumerated() {
            do throws(ParseError) {
                let tree = try Tree(try read.get(), at: addresses[index], index: index, in: file)
                try prepare(index, tree.header)
                if let root = tree.header.root {
                    level.append(Pending(tree: trees.count, node: root, depth: tree.header.depth))
                }
                trees.append(tree)
            } catch {
                failures[index] = error
            }
        }
        while !level.isEmpty {
            var next: [Pending] = []
            let extents = level.map {
                (address: $0.node.address, count: UInt64(trees[$0.tree].header.nodeSize))
            }
            try file.forEachRead(extents, in: "version 2 B-tree node") { position, read in
                let pending = level[position]
                let index = trees[pending.tree].index
                guard failures[index] == nil else { return }
                do throws(ParseError) {
                    let node = try trees[pending.tree].visit(pending, try read.get(), in: file)
                    if node.records.count > 0 { try visit(index, node.records) }
                    for child in node.children {
                        next.append(Pending(tree: pending.tree, node: child, depth: pending.depth - 1))
                    }
                } catch {
                    failures[index] = error
                }
            }
            level = next
        }
        for tree in trees where failures[tree.index] == nil && tree.recordsSeen != tree.header.recordCount {
            failures[tree.index] = ParseError(
                "\(tree.header.recordCount) records are declared, but \(tree.recordsSeen) exist",
                in: "version 2 B-tree", at: tree.offset)
        }
        return failures
    }

    /// A node to be read.
    private struct Pending {
        let tree: Int
        let node: BTreeV2Pointer
        let depth: Int
    }

    /// One tree on the way down.
    private struct Tree {
        let index: Int
        let header: BTreeV2Header
        let geometry: BTreeV2Geometry
        let offset: UInt64
        var recordsSeen: UInt64 = 0
        /// Each node belongs to one parent only: whatever the file says, no node is read twice.
        var visited: Set<UInt64> = []

        init(_ bytes: Bytes, at address: UInt64, index: Int, in file: HDF5File) throws(ParseError) {
            offset = try file.offset(of: address, in: "version 2 B-tree header")
            try verifyChecksum(bytes, at: offset, in: "version 2 B-tree header")
            header = try bytes.parse(at: offset, in: "version 2 B-tree header") { cursor throws(ParseError) in
                try BTreeV2Header(parsing: &cursor, sizes: file.sizes)
            }
            guard header.depth <= file.limits.depth else {
                throw ParseError("a depth of \(header.depth)", in: "version 2 B-tree header", at: offset)
            }
            geometry = try BTreeV2Geometry(header, sizes: file.sizes, at: offset)
            self.index = index
        }

        mutating func visit(_ pending: Pending, _ bytes: Bytes, in file: HDF5File) throws(ParseError)
            -> BTreeV2Node
        {
            let offset = try file.offset(of: pending.node.address, in: "version 2 B-tree node")
            guard visited.insert(pending.node.address).inserted else {
                throw ParseError("the node is its own descendant", in: "version 2 B-tree node", at: offset)
            }
            let node = try BTreeV2Node(
                bytes, at: offset, of: header, geometry, depth: pending.depth,
                count: pending.node.recordCount,
                sizes: file.sizes)
            recordsSeen += UInt64(node.records.count)  // at most the size of the file
            return node
        }
    }
}
