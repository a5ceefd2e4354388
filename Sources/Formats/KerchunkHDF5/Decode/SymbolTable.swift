// SPDX-License-Identifier: Apache-2.0
// Old-style groups: entries in nodes, which a version 1 B-tree lists.
// Spec: HDF5 File Format Specification 3.0, III.B "Symbol Table Nodes", III.C "Symbol Table Entry", III.A.1, IV.A.2.r.

import KerchunkBytes

/// The message of an old-style group. Spec: IV.A.2.r "The Symbol Table Message".
struct SymbolTableMessage: Hashable, Sendable {
    let tree: UInt64
    let heap: UInt64

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("symbol table message")
        tree = try cursor.definedAddress(sizes, of: "group's B-tree")
        heap = try cursor.definedAddress(sizes, of: "group's heap of names")
    }
}

/// A node of a group's B-tree: addresses of further nodes, or of symbol table nodes at level 0.
struct GroupTreeNode: Hashable, Sendable {
    /// 0 where the children are symbol table nodes.
    let level: Int
    let children: [UInt64]

    /// Bytes that a node takes in the file, used or not.
    static func size(_ widths: TreeWidths, _ sizes: FieldSizes) -> UInt64 {
        let room = 2 * widths.groupNode
        return UInt64(8 + 2 * sizes.offset + (room + 1) * sizes.length + room * sizes.offset)
    }

    init(parsing cursor: inout ByteCursor, widths: TreeWidths, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("group B-tree node")
        try cursor.expect("TREE")
        let type = try cursor.uint8()
        guard type == 0 else { throw cursor.error("a node of type \(type), expected 0 (groups)") }
        level = Int(try cursor.uint8())
        let count = Int(try cursor.uint16())
        guard count <= 2 * widths.groupNode else {
            throw cursor.error("\(count) children, but there is room only for \(2 * widths.groupNode)")
        }
        try cursor.skip(2 * sizes.offset)  // siblings: the parents lead to them as well
        var children: [UInt64] = []
        children.reserveCapacity(count)
        for _ in 0..<count {
            try cursor.skip(sizes.length)  // key: the name before the child
            children.append(try cursor.definedAddress(sizes, of: "child node"))
        }
        self.children = children
    }
}

/// A symbol table node.
struct SymbolTableNode: Hashable, Sendable {
    let entries: [SymbolTableEntry]

    /// Bytes that a node takes in the file, used or not.
    static func size(_ widths: TreeWidths, _ sizes: FieldSizes) -> UInt64 {
        UInt64(8 + 2 * widths.groupLeaf * SymbolTableEntry.size(sizes))
    }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("symbol table node")
        try cursor.expect("SNOD")
        let version = try cursor.uint8()
        guard version == 1 else { throw cursor.error("version \(version), expected 1") }
        try cursor.skip(1)
        let count = Int(try cursor.uint16())
        guard count * SymbolTableEntry.size(sizes) <= cursor.remaining else {
            throw cursor.error("\(count) entries in \(cursor.remaining) bytes")
        }
        var entries: [SymbolTableEntry] = []
        entries.reserveCapacity(count)
        for _ in 0..<count { entries.append(try SymbolTableEntry(parsing: &cursor, sizes: sizes)) }
        self.entries = entries
    }
}

/// One name of an old-style group.
struct SymbolTableEntry: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        case hard(UInt64)
        /// Position of the path in the group's heap.
        case soft(pathPosition: UInt64)
    }

    /// Position of the name in the group's heap.
    let namePosition: UInt64
    let target: Target

    /// Bytes of an entry. The specification gives the name's position the width of an offset, the library that of a
    /// length, and so do all files.
    static func size(_ sizes: FieldSizes) -> Int { sizes.length + sizes.offset + 4 + 4 + 16 }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        namePosition = try cursor.length(sizes)
        let header = try cursor.address(sizes)
        let cacheType = try cursor.uint32()
        try cursor.skip(4)
        if cacheType == 2 {
            target = .soft(pathPosition: UInt64(try cursor.uint32()))
            try cursor.skip(12)
        } else {
            guard cacheType <= 1 else {
                throw cursor.error("an entry of unknown cache type \(cacheType)")
            }
            guard let header else { throw cursor.error("an entry without an object") }
            target = .hard(header)
            try cursor.skip(16)
        }
    }
}
