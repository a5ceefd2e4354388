// SPDX-License-Identifier: Apache-2.0
// Messages that lie elsewhere.
// Spec: HDF5 File Format Specification 3.0, IV.A "Disk Format: Level 2A - Data Object Headers" (shared messages), III.G
// "Shared Object Header Message Table", IV.A.2.p "The Shared Message Table Message".

import KerchunkBytes

/// What stands in a header in place of a message that is kept elsewhere.
enum SharedMessage: Hashable, Sendable {
    /// In the object header of a committed datatype.
    case committed(address: UInt64)
    /// In the fractal heap of the file's shared messages: an id of 8 bytes.
    case heap(id: Bytes)

    /// - Parameter body: all of the message.
    init(parsing cursor: inout ByteCursor, body: Bytes, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("shared message")
        let start = cursor.position
        let version = try cursor.uint8()
        let type = try cursor.uint8()
        switch version {
        case 1:
            // A symbol table entry without its end: the position of a name, then the address.
            try cursor.skip(6)
            try cursor.skip(sizes.length)
            self = .committed(address: try cursor.definedAddress(sizes, of: "shared message"))
        case 2:
            self = .committed(address: try cursor.definedAddress(sizes, of: "shared message"))
        case 3:
            if type == 1 {
                try cursor.skip(8)
                self = .heap(id: body[start + 2..<cursor.position])
            } else if type == 2 {
                self = .committed(address: try cursor.definedAddress(sizes, of: "shared message"))
            } else {
                throw cursor.error("a shared message of unknown type \(type)")
            }
        default:
            throw cursor.error("version \(version), expected 1 to 3")
        }
    }
}

/// Where the file keeps its shared messages: the message of the superblock extension.
struct SharedMessageTableMessage: Hashable, Sendable {
    let table: UInt64
    let indexCount: Int

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("shared message table message")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        table = try cursor.definedAddress(sizes, of: "table of shared messages")
        indexCount = Int(try cursor.uint8())
        guard (1...8).contains(indexCount) else {
            throw cursor.error("\(indexCount) indexes, expected 1 to 8")
        }
    }

    /// Bytes of the table.
    func tableSize(_ sizes: FieldSizes) -> UInt64 {
        UInt64(4 + indexCount * (1 + 1 + 2 + 4 + 2 + 2 + 2 + 2 * sizes.offset) + 4)
    }
}

/// The heaps of shared messages, each for some types of messages.
struct SharedMessageTable: Hashable, Sendable {
    struct Index: Hashable, Sendable {
        /// Bit i stands for messages of type i.
        let messageTypes: UInt16
        /// Nil where nothing is shared yet.
        let heap: Address
    }

    let indexes: [Index]

    init(parsing cursor: inout ByteCursor, count: Int, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("shared message table")
        try cursor.expect("SMTB")
        var indexes: [Index] = []
        for _ in 0..<count {
            let version = try cursor.uint8()
            guard version == 0 else { throw cursor.error("an index of version \(version), expected 0") }
            try cursor.skip(1)  // list or B-tree: ids lead into the heap directly
            let types = try cursor.uint16()
            try cursor.skip(4 + 2 + 2 + 2)  // smallest size, cutoffs, number of messages
            _ = try cursor.address(sizes)  // index
            indexes.append(Index(messageTypes: types, heap: try cursor.address(sizes)))
        }
        self.indexes = indexes
    }

    /// The heap that keeps messages of `type`.
    func heap(for type: HeaderMessage.Kind) -> Address {
        guard type.rawValue < 16 else { return nil }
        return indexes.first { $0.messageTypes & 1 << type.rawValue != 0 }?.heap
    }
}
