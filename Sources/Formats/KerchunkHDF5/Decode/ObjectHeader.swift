// SPDX-License-Identifier: Apache-2.0
// Object headers: chunks of messages.
// Spec: HDF5 File Format Specification 3.0, IV.A.1 "Data Object Headers".

import KerchunkBytes

/// The start of an object header: how long its first chunk is.
struct ObjectHeaderPrefix: Hashable, Sendable {
    /// 1 or 2.
    let version: Int
    /// Bytes before the messages.
    let size: Int
    /// Bytes of messages in the first chunk.
    let messagesSize: UInt64
    /// Version 2: whether messages carry their creation order.
    let tracksAttributeOrder: Bool

    /// Bytes that the longest prefix has.
    static let maximumSize = 4 + 1 + 1 + 16 + 4 + 8

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("object header")
        let first = try cursor.uint8()
        if first == 1 {
            version = 1
            try cursor.skip(1 + 2 + 4)  // reserved, number of messages, reference count
            messagesSize = UInt64(try cursor.uint32())
            // Padding up to a multiple of 8 bytes, which the specification does not name.
            try cursor.skip(4)
            tracksAttributeOrder = false
        } else {
            try cursor.seek(to: cursor.position - 1)
            try cursor.expect("OHDR")
            version = 2
            let number = try cursor.uint8()
            guard number == 2 else { throw cursor.error("version \(number), expected 1 or 2") }
            let flags = try cursor.uint8()
            guard flags & 0xC0 == 0 else { throw cursor.error("unknown flags \(flags)") }
            if flags & 0x20 != 0 { try cursor.skip(16) }  // times
            if flags & 0x10 != 0 { try cursor.skip(4) }  // limits of compact and dense attributes
            messagesSize = try cursor.uint(width: 1 << Int(flags & 3))
            tracksAttributeOrder = flags & 0x04 != 0
        }
        size = cursor.position
    }

    /// Bytes of the first chunk with prefix and checksum; nil where they do not fit into 64 bits.
    var chunkSize: UInt64? { messagesSize.adding(UInt64(size + (version == 2 ? 4 : 0))) }
}

/// A further chunk of messages. Spec: IV.A.2.q "The Object Header Continuation Message".
struct HeaderContinuation: Hashable, Sendable {
    let address: UInt64
    let size: UInt64

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("object header continuation message")
        address = try cursor.definedAddress(sizes, of: "further messages")
        size = try cursor.length(sizes)
    }
}

extension ObjectHeaderPrefix {
    /// The messages of one chunk, in their order.
    /// - Parameters:
    ///   - chunk: the chunk with its prefix, and in version 2 with its checksum, which is verified.
    ///   - isFirst: whether it is the chunk that starts with this prefix.
    func messages(in chunk: Bytes, at offset: UInt64, isFirst: Bool) throws(ParseError) -> [HeaderMessage] {
        var cursor = ByteCursor(chunk.span, at: offset, in: "object header")
        var end = chunk.count
        if version == 2 {
            try verifyChecksum(chunk, at: offset, in: "object header")
            end -= 4
        }
        if isFirst {
            try cursor.skip(size)
        } else if version == 2 {
            cursor.enter("object header continuation")
            try cursor.expect("OCHK")
        }
        let messagePrefix = version == 1 ? 8 : tracksAttributeOrder ? 6 : 4
        var messages: [HeaderMessage] = []
        messages.reserveCapacity(min(16, chunk.count / 16))
        // What is too short for a message is a gap.
        while end - cursor.position >= messagePrefix {
            let message = try message(&cursor, in: chunk, end: end)
            if message.kind == .unknown && message.flags & 0x80 != 0 {
                throw cursor.error("a message of unknown type that readers must understand")
            }
            if message.kind != .null { messages.append(message) }
        }
        return messages
    }

    private func message(
        _ cursor: inout ByteCursor, in chunk: Bytes, end: Int
    ) throws(ParseError) -> HeaderMessage {
        let type = version == 1 ? try cursor.uint16() : UInt16(try cursor.uint8())
        let bodySize = Int(try cursor.uint16())
        let flags = try cursor.uint8()
        if version == 1 { try cursor.skip(3) }
        let creationOrder = tracksAttributeOrder ? try cursor.uint16() : nil
        let start = cursor.position
        guard bodySize <= end - start else {
            throw cursor.error("a message of \(bodySize) bytes, but only \(end - start) bytes are left")
        }
        try cursor.skip(bodySize)
        return HeaderMessage(
            kind: HeaderMessage.Kind(rawValue: type) ?? .unknown, flags: flags, creationOrder: creationOrder,
            body: chunk[start..<start + bodySize], offset: cursor.base &+ UInt64(start))
    }
}
