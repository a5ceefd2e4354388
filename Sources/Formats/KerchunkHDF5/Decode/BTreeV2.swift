// SPDX-License-Identifier: Apache-2.0
// Version 2 B-trees: records of one size, in all nodes of a tree.
// Spec: HDF5 File Format Specification 3.0, III.A.2 "Disk Format: Level 1A2 - Version 2 B-trees".

import KerchunkBytes

/// The header of a version 2 B-tree.
struct BTreeV2Header: Hashable, Sendable {
    /// What the records are. Spec: the table of "B-tree types".
    enum RecordType: UInt8, Sendable {
        case test = 0
        case hugeIndirect = 1
        case hugeIndirectFiltered = 2
        case hugeDirect = 3
        case hugeDirectFiltered = 4
        case linkName = 5
        case linkCreationOrder = 6
        case sharedMessage = 7
        case attributeName = 8
        case attributeCreationOrder = 9
        case chunk = 10
        case chunkFiltered = 11
    }

    let type: RecordType
    /// Bytes of every node.
    let nodeSize: Int
    /// Bytes of every record.
    let recordSize: Int
    /// 0 where the root is a leaf.
    let depth: Int
    /// Nil where the tree is empty.
    let root: BTreeV2Pointer?
    /// Records in the whole tree.
    let recordCount: UInt64

    /// Bytes of the structure.
    static func size(_ sizes: FieldSizes) -> UInt64 {
        UInt64(4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + sizes.offset + 2 + sizes.length + 4)
    }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("version 2 B-tree header")
        try cursor.expect("BTHD")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let typeNumber = try cursor.uint8()
        guard let type = RecordType(rawValue: typeNumber) else {
            throw cursor.error("records of the unknown type \(typeNumber)")
        }
        self.type = type
        nodeSize = Int(try cursor.uint32())
        recordSize = Int(try cursor.uint16())
        depth = Int(try cursor.uint16())
        try cursor.skip(2)  // split percent, merge percent
        let address = try cursor.address(sizes)
        let rootCount = Int(try cursor.uint16())
        recordCount = try cursor.length(sizes)
        try cursor.skip(4)  // checksum, verified by the walk
        guard recordSize > 0, nodeSize > BTreeV2Geometry.overhead + recordSize else {
            throw cursor.error("nodes of \(nodeSize) bytes cannot hold records of \(recordSize) bytes")
        }
        root = address.map { BTreeV2Pointer(address: $0, recordCount: rootCount) }
        if root == nil && recordCount > 0 { throw cursor.error("\(recordCount) records, but no root node") }
    }
}

/// A node of the tree, as its parent (or the header) names it.
struct BTreeV2Pointer: Hashable, Sendable {
    let address: UInt64
    /// Records in the node itself.
    let recordCount: Int
}

/// How nodes of each depth are laid out; follows from the sizes in the header.
struct BTreeV2Geometry: Sendable {
    /// Signature, version, type, and the checksum at the end.
    static let overhead = 10
    /// Most records of a node, by depth; leaves first.
    let maximumCounts: [Int]
    /// Bytes of "total number of records in child node", by the depth of the child.
    let totalWidths: [Int]
    /// Bytes of "number of records in child node", at every depth.
    let countWidth: Int

    /// - Throws: where the nodes of some depth have no room for a record and its children.
    init(_ header: BTreeV2Header, sizes: FieldSizes, at offset: UInt64) throws(ParseError) {
        let leafCount = (header.nodeSize - Self.overhead) / header.recordSize
        var counts = [leafCount]
        var widths = [0]
        var total = UInt64(leafCount)
        countWidth = Self.bytesNeeded(for: UInt64(leafCount))
        for depth in 0..<header.depth {
            let pointerSize = sizes.offset + countWidth + widths[depth]
            let count = (header.nodeSize - Self.overhead - pointerSize) / (header.recordSize + pointerSize)
            guard count > 0 else {
                throw ParseError(
                    "nodes of \(header.nodeSize) bytes are too small for depth \(header.depth)",
                    in: "version 2 B-tree header", at: offset)
            }
            counts.append(count)
            // The library computes this in 64 bits; trees so deep that it would not fit cannot be real.
            guard let below = (UInt64(count) + 1).multiplied(by: total), let all = below.adding(UInt64(count))
            else {
                throw ParseError(
                    "a depth of \(header.depth) exceeds what any file can hold",
                    in: "version 2 B-tree header",
                    at: offset)
            }
            total = all
            widths.append(Self.bytesNeeded(for: total))
        }
        maximumCounts = counts
        totalWidths = widths
    }

    /// Bytes that hold numbers up to `maximum`.
    static func bytesNeeded(for maximum: UInt64) -> Int {
        max(1, (UInt64.bitWidth - maximum.leadingZeroBitCount + 7) / 8)
    }
}

/// The records of one node, one behind the other, as they lie in the file.
struct BTreeV2Records: Sendable {
    /// `count` records of `recordSize` bytes.
    let bytes: Bytes
    let count: Int
    let recordSize: Int
    /// Of the first record, absolute.
    let offset: UInt64

    /// Calls `body` with a cursor at the first record.
    func parse<R>(_ body: (inout ByteCursor) throws(ParseError) -> R) throws(ParseError) -> R {
        try bytes.parse(at: offset, in: "version 2 B-tree record", body)
    }
}

/// One node: its records, and in internal nodes its children.
struct BTreeV2Node: Sendable {
    let records: BTreeV2Records
    /// One more than there are records; none in a leaf.
    let children: [BTreeV2Pointer]

    /// - Parameters:
    ///   - node: all bytes of the node, checksum verified here.
    ///   - depth: 0 for a leaf.
    ///   - count: records, as the parent says.
    init(
        _ node: Bytes, at offset: UInt64, of header: BTreeV2Header, _ geometry: BTreeV2Geometry, depth: Int,
        count: Int, sizes: FieldSizes
    ) throws(ParseError) {
        let structure: StaticString =
            depth == 0 ? "version 2 B-tree leaf node" : "version 2 B-tree internal node"
        guard count <= geometry.maximumCounts[depth] else {
            throw ParseError(
                "\(count) records, but there is room only for \(geometry.maximumCounts[depth])",
                in: structure.description, at: offset)
        }
        let recordsEnd = 6 + count * header.recordSize
        var cursor = ByteCursor(node.span, at: offset, in: structure)
        try cursor.expect(depth == 0 ? "BTLF" : "BTIN")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let type = try cursor.uint8()
        guard type == header.type.rawValue else {
            throw cursor.error("records of type \(type), but the header says \(header.type.rawValue)")
        }
        try cursor.seek(to: recordsEnd)
        var children: [BTreeV2Pointer] = []
        if depth > 0 {
            children.reserveCapacity(count + 1)
            for _ in 0...count {
                let address = try cursor.definedAddress(sizes, of: "child node")
                let childCount = try cursor.uint(width: geometry.countWidth)
                if depth > 1 { try cursor.skip(geometry.totalWidths[depth - 1]) }
                guard childCount <= UInt64(geometry.maximumCounts[depth - 1]) else {
                    throw cursor.error("a child with \(childCount) records")
                }
                children.append(BTreeV2Pointer(address: address, recordCount: Int(childCount)))
            }
        }
        // The checksum stands right behind the used part, not at the end of the node.
        try cursor.skip(4)
        try verifyChecksum(node[0..<cursor.position], at: offset, in: structure)
        records = BTreeV2Records(
            bytes: node[6..<recordsEnd], count: count, recordSize: header.recordSize, offset: offset &+ 6)
        self.children = children
    }
}
