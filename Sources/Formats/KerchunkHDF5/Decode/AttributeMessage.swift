// SPDX-License-Identifier: Apache-2.0
// A named small value on a group or dataset.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.m "The Attribute Message", IV.A.2.v "The Attribute Info Message".

import KerchunkBytes

/// An attribute with its value as stored; variable-length parts are still global heap ids.
// A class because it is handed around a lot: a copy would retain each of its parts.
final class AttributeMessage: Sendable {
    let name: String
    let datatype: Datatype
    let dataspace: Dataspace
    let value: Bytes
    /// Order in which attributes were made, where the object tracks it.
    let creationOrder: UInt32?

    init(name: String, datatype: Datatype, dataspace: Dataspace, value: Bytes, creationOrder: UInt32?) {
        self.name = name
        self.datatype = datatype
        self.dataspace = dataspace
        self.value = value
        self.creationOrder = creationOrder
    }
}

/// An attribute whose type or shape may still lie elsewhere.
struct AttributeDraft: Sendable {
    enum Part<Content: Sendable>: Sendable {
        case here(Content)
        case elsewhere(SharedMessage)
    }

    let name: String
    let datatype: Part<Datatype>
    let dataspace: Part<Dataspace>
    /// From the value on to the end of the message.
    let rest: Bytes
    /// Of `rest`, absolute.
    let offset: UInt64
    let creationOrder: UInt32?

    init(_ message: Bytes, at offset: UInt64, creationOrder: UInt32?, sizes: FieldSizes) throws(ParseError) {
        var cursor = ByteCursor(message.span, at: offset, in: "attribute message")
        let version = try cursor.uint8()
        guard (1...3).contains(version) else {
            throw cursor.error("version \(version), expected 1 to 3")
        }
        let flags = version == 1 ? 0 : try cursor.uint8()
        if version == 1 { try cursor.skip(1) }
        let nameSize = Int(try cursor.uint16())
        let datatypeSize = Int(try cursor.uint16())
        let dataspaceSize = Int(try cursor.uint16())
        if version == 3 { try cursor.skip(1) }  // character set of the name: the bytes themselves tell
        let padding = version == 1 ? 8 : 1
        func padded(_ size: Int) -> Int { (size + padding - 1) / padding * padding }
        name = try cursor.text(nameSize).string
        try cursor.skip(padded(nameSize) - nameSize)

        let datatypeStart = cursor.position
        datatype =
            flags & 1 == 0
            ? .here(try Datatype(parsing: &cursor))
            : .elsewhere(try SharedMessage(parsing: &cursor, body: message, sizes: sizes))
        try cursor.seek(to: datatypeStart + padded(datatypeSize))
        let dataspaceStart = cursor.position
        dataspace =
            flags & 2 == 0
            ? .here(try Dataspace(parsing: &cursor, sizes: sizes))
            : .elsewhere(try SharedMessage(parsing: &cursor, body: message, sizes: sizes))
        try cursor.seek(to: dataspaceStart + padded(dataspaceSize))
        rest = message.dropping(cursor.position)
        self.offset = cursor.offset
        self.creationOrder = creationOrder
    }

    /// The attribute, once all its parts are known.
    func finished(datatype: Datatype, dataspace: Dataspace) throws(ParseError) -> AttributeMessage {
        guard let count = dataspace.elementCount, let size = count.multiplied(by: UInt64(datatype.size)),
            size <= UInt64(rest.count)
        else {
            throw ParseError(
                "the attribute \"\(name)\" has \(dataspace.dimensions) elements of \(datatype.size) bytes, but \(rest.count) bytes are left",
                in: "attribute message", at: offset)
        }
        return AttributeMessage(
            name: name, datatype: datatype, dataspace: dataspace, value: rest[0..<Int(size)],
            creationOrder: creationOrder)
    }
}

/// Where an object keeps attributes outside its header.
struct AttributeInfoMessage: Hashable, Sendable {
    let tracksCreationOrder: Bool
    let dense: DenseStorage?

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("attribute info message")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        let flags = try cursor.uint8()
        tracksCreationOrder = flags & 1 != 0
        if tracksCreationOrder { try cursor.skip(2) }
        dense = try DenseStorage(parsing: &cursor, sizes: sizes)
    }
}
