// SPDX-License-Identifier: Apache-2.0
// A name in a group.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.g "The Link Message".

import KerchunkBytes

struct LinkMessage: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        /// Address of an object header, relative to the superblock's base address.
        case hard(UInt64)
        /// A path, relative to the group that holds the link unless it starts with `/`.
        case soft(path: String)
        case external(file: String, path: String)
        /// A link class that only a user's program understands.
        case userDefined(UInt8)
    }

    let name: String
    /// Whether `name` was UTF-8 in the file, else it was read as Latin-1.
    let isUTF8: Bool
    let target: Target
    let creationOrder: Int64?
}

extension LinkMessage {
    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("link message")
        let version = try cursor.uint8()
        guard version == 1 else { throw cursor.error("version \(version), expected 1") }
        let flags = try cursor.uint8()
        let type = flags & 0x08 != 0 ? try cursor.uint8() : 0
        creationOrder = flags & 0x04 != 0 ? Int64(bitPattern: try cursor.uint64()) : nil
        if flags & 0x10 != 0 { try cursor.skip(1) }  // character set: the bytes themselves tell
        let nameLength = try cursor.count(
            width: 1 << Int(flags & 3), limit: cursor.remaining, of: "bytes of a name")
        guard nameLength > 0 else { throw cursor.error("a link without a name") }
        let name = try cursor.text(nameLength)
        self.name = name.string
        isUTF8 = name.isUTF8
        switch type {
        case 0:
            target = .hard(try cursor.definedAddress(sizes, of: "object of the link"))
        case 1:
            let length = Int(try cursor.uint16())
            guard length > 0 else { throw cursor.error("a soft link without a path") }
            target = .soft(path: try cursor.text(length).string)
        case 64:
            let length = Int(try cursor.uint16())
            guard length > 0 else { throw cursor.error("an external link without a file") }
            let end = cursor.position + length
            let versionAndFlags = try cursor.uint8()
            guard versionAndFlags >> 4 == 0 else {
                throw cursor.error("an external link of version \(versionAndFlags >> 4), expected 0")
            }
            let file = try cursor.nullTerminatedText()
            let path = try cursor.nullTerminatedText()
            guard cursor.position <= end else {
                throw cursor.error("an external link that is longer than declared")
            }
            target = .external(file: file.string, path: path.string)
        case 65...:
            target = .userDefined(type)
        default:
            throw cursor.error("a link of unknown type \(type)")
        }
    }
}

/// Where a new-style group keeps its links. Spec: IV.A.2.c "The Link Info Message".
struct LinkInfoMessage: Hashable, Sendable {
    let tracksCreationOrder: Bool
    /// Where links are kept outside the object header: the heap of link messages, and the index by name.
    let dense: DenseStorage?

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("link info message")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let flags = try cursor.uint8()
        tracksCreationOrder = flags & 1 != 0
        if tracksCreationOrder { try cursor.skip(8) }
        dense = try DenseStorage(parsing: &cursor, sizes: sizes)
    }
}

/// A fractal heap of messages, and the version 2 B-tree that lists them by name.
struct DenseStorage: Hashable, Sendable {
    let heap: UInt64
    let nameIndex: UInt64

    /// - Returns: nil where nothing is stored so.
    init?(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        let heap = try cursor.address(sizes)
        let nameIndex = try cursor.address(sizes)
        guard let heap else { return nil }
        guard let nameIndex else { throw cursor.error("a heap of names without an index") }
        self.heap = heap
        self.nameIndex = nameIndex
    }
}
