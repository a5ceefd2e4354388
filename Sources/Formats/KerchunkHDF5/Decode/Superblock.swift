// SPDX-License-Identifier: Apache-2.0
// Where an HDF5 file begins.
// Spec: HDF5 File Format Specification 3.0, II.A "Disk Format: Level 0A - Format Signature and Superblock", II.B "File
// Driver Info".

import KerchunkBytes

/// The superblock of any version.
struct Superblock: Hashable, Sendable {
    /// Most bytes that any version has, for offsets and lengths of 8 bytes.
    static let maximumSize: UInt64 = 128

    /// The flag of files that are written while others read them (SWMR): the end stands there before the bytes do.
    private static let isOpenForReaders: UInt8 = 4

    let version: UInt8
    let sizes: FieldSizes
    /// Object header of the root group.
    let root: UInt64
    /// Object header with more about the file; versions 2 and 3 only.
    let extensionHeader: Address
    /// Versions 0 and 1 only.
    let driverInformation: Address
    /// As the superblock gives them; versions 2 and 3 leave them to the extension.
    let treeWidths: TreeWidths
    /// Bytes from the superblock to the end of the file, as long as nothing is cut off; nil where that is not known.
    let extent: UInt64?

    /// - Parameter cursor: stands at the signature. The base address is not believed: as in the HDF5 library, address 0 is
    ///   where the superblock is.
    init(parsing cursor: inout ByteCursor, wholeBlock: Bytes) throws(ParseError) {
        cursor.enter("superblock")
        let offset = cursor.offset
        let baseAddress: Address
        let endOfFile: Address
        var isBeingWritten = false
        try cursor.skip(HDF5Scanner.signature.count)
        version = try cursor.uint8()
        switch version {
        case 0, 1:
            // Versions of the free space storage and the root entry, reserved, version of shared messages.
            try cursor.skip(4)
            sizes = try Self.fieldSizes(&cursor)
            try cursor.skip(1)
            let leaf = Int(try cursor.uint16())
            let node = Int(try cursor.uint16())
            try cursor.skip(4)  // consistency flags
            var chunk = TreeWidths().chunkNode
            if version == 1 {
                chunk = Int(try cursor.uint16())
                try cursor.skip(2)
            }
            treeWidths = try TreeWidths(groupLeaf: leaf, groupNode: node, chunkNode: chunk, at: cursor)
            baseAddress = try cursor.address(sizes)
            _ = try cursor.address(sizes)  // free space information
            endOfFile = try cursor.address(sizes)
            driverInformation = try cursor.address(sizes)
            extensionHeader = nil
            _ = try cursor.length(sizes)  // name of the root group: none
            root = try cursor.definedAddress(sizes, of: "root group")
        case 2, 3:
            sizes = try Self.fieldSizes(&cursor)
            let consistency = try cursor.uint8()
            isBeingWritten = version == 3 && consistency & Self.isOpenForReaders != 0
            baseAddress = try cursor.address(sizes)
            extensionHeader = try cursor.address(sizes)
            endOfFile = try cursor.address(sizes)
            root = try cursor.definedAddress(sizes, of: "root group")
            try cursor.skip(4)
            try verifyChecksum(wholeBlock[0..<cursor.position], at: offset, in: "superblock")
            driverInformation = nil
            treeWidths = TreeWidths()
        default:
            throw cursor.error("version \(version), expected 0 to 3")
        }
        // The end counts from the same place as the base address, whatever was put before the superblock since.
        if let base = baseAddress, let end = endOfFile, end >= base, !isBeingWritten {
            extent = end - base
        } else {
            extent = nil
        }
    }

    private static func fieldSizes(_ cursor: inout ByteCursor) throws(ParseError) -> FieldSizes {
        let offset = Int(try cursor.uint8())
        let length = Int(try cursor.uint8())
        guard [2, 4, 8, 16, 32].contains(offset), [2, 4, 8, 16, 32].contains(length) else {
            throw cursor.error(
                "offsets of \(offset) and lengths of \(length) bytes, expected 2, 4, 8, 16 or 32")
        }
        return FieldSizes(offset: offset, length: length)
    }
}

/// Half the number of entries that nodes of version 1 B-trees have room for.
struct TreeWidths: Hashable, Sendable {
    /// "Group Leaf Node K": symbol table nodes have twice as many entries.
    var groupLeaf = 4
    /// "Group Internal Node K".
    var groupNode = 16
    /// "Indexed Storage Internal Node K".
    var chunkNode = 32

    init() {}

    init(groupLeaf: Int, groupNode: Int, chunkNode: Int, at cursor: borrowing ByteCursor) throws(ParseError) {
        guard groupLeaf > 0, groupNode > 0, chunkNode > 0 else {
            throw cursor.error("tree nodes with room for nothing")
        }
        self.groupLeaf = groupLeaf
        self.groupNode = groupNode
        self.chunkNode = chunkNode
    }

    /// The "B-tree 'K' Values Message" of the superblock extension. Spec: IV.A.2.t.
    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("B-tree K values message")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let chunk = Int(try cursor.uint16())
        let node = Int(try cursor.uint16())
        let leaf = Int(try cursor.uint16())
        try self.init(groupLeaf: leaf, groupNode: node, chunkNode: chunk, at: cursor)
    }
}
