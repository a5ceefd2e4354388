// SPDX-License-Identifier: Apache-2.0
// Lists the links of old-style groups, all groups together, level by level.

import KerchunkBytes
import KerchunkModel

/// Reads the B-trees, symbol table nodes and local heaps of old-style groups.
struct SymbolTableWalk {
    let file: HDF5File
    let budget: MetadataBudget

    /// The links of each group, in the order of the files' own index: by name.
    func links(of tables: [SymbolTableMessage]) throws -> [Result<[LinkMessage], ParseError>] {
        var drafts = tables.map { Draft(heapAddress: $0.heap) }
        try readHeapHeadersAndRoots(tables, &drafts)
        while try readLevel(&drafts) {}
        try readHeapsAndNodes(&drafts)
        return drafts.map { draft in
            draft.failure.map { .failure($0) } ?? .success(draft.links)
        }
    }

    /// One group on the way.
    private struct Draft {
        let heapAddress: UInt64
        var heapHeader: LocalHeapHeader?
        var heap: LocalHeap?
        /// Nodes of the tree that are to be read next, in order.
        var pending: [UInt64] = []
        /// What they must be: nil for the root.
        var level: Int?
        /// All symbol table nodes, in order.
        var nodes: [UInt64] = []
        var visited: Set<UInt64> = []
        var links: [LinkMessage] = []
        /// Bytes of texts; each byte of the heap belongs to one text only.
        var textSize = 0
        var failure: ParseError?

        mutating func attempt(_ step: (inout Draft) throws(ParseError) -> Void) {
            if failure != nil { return }
            do throws(ParseError) {
                try step(&self)
            } catch {
                failure = error
                pending = []
                nodes = []
            }
        }
    }

    private func readHeapHeadersAndRoots(_ tables: [SymbolTableMessage], _ drafts: inout [Draft]) throws {
        let headerSize = LocalHeapHeader.size(file.sizes)
        let nodeSize = GroupTreeNode.size(file.treeWidths, file.sizes)
        let extents =
            tables.map { (address: $0.heap, count: headerSize) } + tables.map { ($0.tree, nodeSize) }
        let reads = try file.readEach(extents, clipped: true, in: "group")
        for index in drafts.indices {
            drafts[index].attempt { draft throws(ParseError) in
                let offset = try file.offset(of: tables[index].heap, in: "local heap")
                draft.heapHeader = try reads[index].get().parse(at: offset, in: "local heap") {
                    cursor throws(ParseError) in
                    try LocalHeapHeader(parsing: &cursor, sizes: file.sizes)
                }
                try take(try reads[tables.count + index].get(), from: tables[index].tree, &draft)
            }
        }
    }

    /// - Returns: false where no tree has a further level.
    private func readLevel(_ drafts: inout [Draft]) throws -> Bool {
        var owners: [Int] = []
        var extents: [Extent] = []
        let size = GroupTreeNode.size(file.treeWidths, file.sizes)
        for index in drafts.indices where !drafts[index].pending.isEmpty {
            for address in drafts[index].pending {
                owners.append(index)
                extents.append((address, size))
            }
            drafts[index].pending = []
        }
        if extents.isEmpty { return false }
        // All nodes of a level have the level that the first one had as its child.
        for index in Set(owners) { drafts[index].level = drafts[index].level.map { $0 - 1 } }
        try file.forEachRead(extents, clipped: true, in: "group B-tree node") { position, read in
            drafts[owners[position]].attempt { draft throws(ParseError) in
                try take(try read.get(), from: extents[position].address, &draft)
            }
        }
        return true
    }

    private func take(_ bytes: Bytes, from address: UInt64, _ draft: inout Draft) throws(ParseError) {
        let offset = try file.offset(of: address, in: "group B-tree node")
        let node = try bytes.parse(at: offset, in: "group B-tree node") { cursor throws(ParseError) in
            try GroupTreeNode(parsing: &cursor, widths: file.treeWidths, sizes: file.sizes)
        }
        let level = draft.level ?? node.level
        guard node.level == level else {
            throw ParseError(
                "a node of level \(node.level) among those of \(level)", in: "group B-tree node", at: offset)
        }
        draft.level = level
        for child in node.children {
            guard draft.visited.insert(child).inserted else {
                throw ParseError("the node at \(child) has two parents", in: "group B-tree node", at: offset)
            }
        }
        if level == 0 { draft.nodes += node.children } else { draft.pending += node.children }
    }

    private func readHeapsAndNodes(_ drafts: inout [Draft]) throws {
        var owners: [Int] = []
        var extents: [Extent] = []
        let heapCount = try collectHeaps(&drafts, &owners, &extents)
        let nodeSize = SymbolTableNode.size(file.treeWidths, file.sizes)
        for index in drafts.indices where drafts[index].failure == nil {
            for address in drafts[index].nodes {
                owners.append(index)
                extents.append((address, nodeSize))
            }
            drafts[index].nodes = []
        }
        // Heaps come first, so the names are known when the nodes are.
        try file.forEachRead(extents, clipped: true, in: "symbol table node") { position, read in
            drafts[owners[position]].attempt { draft throws(ParseError) in
                let offset = try file.offset(of: extents[position].address, in: "symbol table node")
                let bytes = try read.get()
                if position < heapCount {
                    draft.heap = LocalHeap(data: bytes, offset: offset)
                    return
                }
                let node = try bytes.parse(at: offset, in: "symbol table node") { cursor throws(ParseError) in
                    try SymbolTableNode(parsing: &cursor, sizes: file.sizes)
                }
                for entry in node.entries { try add(entry, to: &draft, at: offset) }
            }
        }
    }

    private func collectHeaps(
        _ drafts: inout [Draft], _ owners: inout [Int], _ extents: inout [Extent]
    ) throws -> Int {
        for index in drafts.indices {
            drafts[index].attempt { draft throws(ParseError) in
                guard let header = draft.heapHeader, !draft.nodes.isEmpty else { return }
                let offset = try file.offset(of: header.data, in: "local heap")
                try budget.spend(header.dataSize, in: "local heap", at: offset)
                owners.append(index)
                extents.append((header.data, header.dataSize))
            }
        }
        return extents.count
    }

    private func add(_ entry: SymbolTableEntry, to draft: inout Draft, at offset: UInt64) throws(ParseError) {
        guard let heap = draft.heap else { return }
        let name = try heap.text(at: entry.namePosition)
        let target: LinkMessage.Target
        switch entry.target {
        case .hard(let address): target = .hard(address)
        case .soft(let position):
            let path = try heap.text(at: position).string
            draft.textSize += path.utf8.count
            target = .soft(path: path)
        }
        draft.textSize += name.string.utf8.count
        // Latin-1 takes twice the bytes as a string.
        guard draft.textSize <= 2 * heap.data.count else {
            throw ParseError("its names are longer than their heap", in: "symbol table node", at: offset)
        }
        draft.links.append(
            LinkMessage(name: name.string, isUTF8: name.isUTF8, target: target, creationOrder: nil))
    }
}
