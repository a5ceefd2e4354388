// SPDX-License-Identifier: Apache-2.0
// HDF5 files in memory, object by object, so that walks are tested without fixtures.

import KerchunkBytes
import KerchunkTestKit

@testable import KerchunkHDF5

/// A file with a version 2 superblock and version 2 object headers, each in a slot of its own.
struct TinyFile {
    struct Message {
        let type: UInt8
        var flags: UInt8 = 0
        var body: [UInt8]
    }

    /// Object 0 is the root group.
    var objects: [[Message]] = []
    var slot = 2048
    /// Bytes behind the objects.
    var tail: [UInt8] = []

    func address(of object: Int) -> UInt64 { UInt64(64 + object * slot) }
    var tailAddress: UInt64 { address(of: objects.count) }

    var bytes: Bytes {
        var file = ByteBuilder()
        file.raw(superblock)
        file.zeros(64 - file.bytes.count)
        for messages in objects {
            let start = file.bytes.count
            file.raw(Self.header(messages))
            file.zeros(slot - (file.bytes.count - start))
        }
        file.raw(tail)
        return file.built
    }

    private var superblock: [UInt8] {
        var block = ByteBuilder()
        block.raw([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
        block.raw([2, 8, 8, 0])
        block.uint64(0)  // base address
        block.uint64(.max)  // superblock extension
        block.uint64(tailAddress + UInt64(tail.count))
        block.uint64(address(of: 0))
        block.uint32(lookup3(block.built))
        return block.bytes
    }

    static func header(_ messages: [Message]) -> [UInt8] {
        var body = ByteBuilder()
        for message in messages {
            body.uint8(message.type)
            body.uint16(UInt16(message.body.count))
            body.uint8(message.flags)
            body.raw(message.body)
        }
        var header = ByteBuilder()
        header.text("OHDR")
        header.raw([2, 2])  // version; flags: the size takes 4 bytes
        header.uint32(UInt32(body.bytes.count))
        header.raw(body.bytes)
        header.uint32(lookup3(header.built))
        return header.bytes
    }
}

extension TinyFile.Message {
    /// What makes an object a group.
    static var linkInfo: Self {
        var body = ByteBuilder()
        body.raw([0, 0])
        body.uint64(.max)
        body.uint64(.max)
        return Self(type: 0x02, body: body.bytes)
    }

    static func hard(_ name: String, _ address: UInt64) -> Self {
        var body = ByteBuilder()
        body.raw([1, 0, UInt8(name.utf8.count)])
        body.text(name)
        body.uint64(address)
        return Self(type: 0x06, body: body.bytes)
    }

    static func soft(_ name: String, _ path: String) -> Self {
        var body = ByteBuilder()
        body.raw([1, 0x08, 1, UInt8(name.utf8.count)])
        body.text(name)
        body.uint16(UInt16(path.utf8.count))
        body.text(path)
        return Self(type: 0x06, body: body.bytes)
    }

    static func external(_ name: String, _ file: String, _ path: String) -> Self {
        var body = ByteBuilder()
        body.raw([1, 0x08, 64, UInt8(name.utf8.count)])
        body.text(name)
        body.uint16(UInt16(file.utf8.count + path.utf8.count + 3))
        body.uint8(0)
        body.text(file + "\0" + path + "\0")
        return Self(type: 0x06, body: body.bytes)
    }

    /// The messages of a dataset of one unwritten 32-bit integer.
    static var scalar: [Self] {
        var layout = ByteBuilder()
        layout.raw([3, 1])
        layout.uint64(.max)
        layout.uint64(4)
        return [
            Self(type: 0x01, body: [2, 0, 0, 0]), Self(type: 0x03, body: int32),
            Self(type: 0x05, body: [3, 0x0A]), Self(type: 0x08, body: layout.bytes),
        ]
    }

    /// A little-endian signed integer of 4 bytes, as a datatype.
    static var int32: [UInt8] { [0x10, 0x08, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0] }

    /// A scalar attribute.
    static func attribute(_ name: String, _ value: Int32) -> Self {
        var body = ByteBuilder()
        body.raw([3, 0])
        body.uint16(UInt16(name.utf8.count + 1))
        body.uint16(12)
        body.uint16(4)
        body.uint8(0)
        body.text(name + "\0")
        body.raw(int32)
        body.raw([2, 0, 0, 0])
        body.uint32(UInt32(bitPattern: value))
        return Self(type: 0x0C, body: body.bytes)
    }
}

/// Checks that every prefix of `bytes` throws, and the whole does not.
func expectTruncationThrows<R>(
    _ bytes: [UInt8], _ parse: (inout ByteCursor) throws(ParseError) -> R
) throws {
    for length in 0..<bytes.count {
        do {
            _ = try Bytes(bytes[0..<length]).parse(at: 0, in: "test", parse)
            throw ParseError("a prefix of \(length) bytes was accepted", in: "test", at: 0)
        } catch let error as ParseError where error.problem.hasPrefix("a prefix") {
            throw error
        } catch {
            continue
        }
    }
    _ = try Bytes(bytes).parse(at: 0, in: "test", parse)
}
