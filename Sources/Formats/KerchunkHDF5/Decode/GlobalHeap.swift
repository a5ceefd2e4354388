// SPDX-License-Identifier: Apache-2.0
// Collections of values of variable length.
// Spec: HDF5 File Format Specification 3.0, III.E "Disk Format: Level 1E - Global Heap".

import KerchunkBytes

/// The start of a global heap collection.
struct GlobalHeapHeader: Hashable, Sendable {
    /// Bytes of the whole collection, this header included.
    let collectionSize: UInt64

    static func size(_ sizes: FieldSizes) -> Int { 8 + sizes.length }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("global heap collection")
        try cursor.expect("GCOL")
        let version = try cursor.uint8()
        guard version == 1 else { throw cursor.error("version \(version), expected 1") }
        try cursor.skip(3)
        collectionSize = try cursor.length(sizes)
        guard collectionSize >= UInt64(Self.size(sizes)) else {
            throw cursor.error("a collection of \(collectionSize) bytes")
        }
    }
}

/// The objects of a global heap collection.
struct GlobalHeapCollection: Sendable {
    /// Windows by object index.
    let objects: [UInt32: Bytes]

    /// - Parameter collection: all of its bytes, the header included.
    init(_ collection: Bytes, at offset: UInt64, sizes: FieldSizes) throws(ParseError) {
        var cursor = ByteCursor(collection.span, at: offset, in: "global heap collection")
        try cursor.skip(GlobalHeapHeader.size(sizes))
        var objects: [UInt32: Bytes] = [:]
        let prefix = 8 + sizes.length
        // What is too short for an object is free space without a header.
        while cursor.remaining >= prefix {
            let index = UInt32(try cursor.uint16())
            if index == 0 { break }  // free space, up to the end
            try cursor.skip(6)  // reference count, reserved
            let size = try cursor.count(
                width: sizes.length, limit: cursor.remaining, of: "bytes of an object")
            let start = cursor.position
            try cursor.skip(size)
            objects[index] = collection[start..<start + size]
            // Padding; the library leaves it out behind the last object.
            try cursor.skip(min(cursor.remaining, (8 - size % 8) % 8))
        }
        self.objects = objects
    }
}

extension GlobalHeapID {
    /// Bytes of an id: address of the collection, index of the object.
    static func size(_ sizes: FieldSizes) -> Int { sizes.offset + 4 }

    /// - Returns: nil for an id that names nothing (address 0 or undefined).
    init?(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        let address = try cursor.address(sizes)
        let index = try cursor.uint32()
        guard let address, address != 0 else { return nil }
        self.init(collection: address, index: index)
    }
}
