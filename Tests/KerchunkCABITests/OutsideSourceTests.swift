// SPDX-License-Identifier: Apache-2.0
// Files behind the callbacks of a C caller, as Python's are, keep the contracts of sources and stores.

import Kerchunk
import KerchunkTestKit
import Synchronization
import Testing

@testable import KerchunkCABI

/// The files of a caller, by their numbers and URLs.
private let files: [(number: UInt64, url: String, bytes: Bytes)] = [
    (1, "py://files/none", Bytes()), (2, "py://files/one", Bytes([7])),
    (3, "py://files/many", Bytes((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })),
]
/// Files that were opened and not yet closed.
private let openCount = Atomic(0)

private func bytes(of number: UInt64) -> Bytes? { files.first { $0.number == number }?.bytes }

private func answer(_ question: JSONObject, about number: UInt64) -> JSONObject {
    switch question["ask"]?.string {
    case "state": return ["size": .integer(bytes(of: number)?.count ?? 0)]
    case "close":
        openCount.subtract(1, ordering: .relaxed)
        return [:]
    case "open":
        guard let file = files.first(where: { $0.url == question["url"]?.string }) else {
            return ["problem": "no such file"]
        }
        openCount.add(1, ordering: .relaxed)
        return ["source": .integer(file.number)]
    default: return [:]
    }
}

/// What a caller in C does.
private let callbacks = unsafe Callbacks(
    read: { context, count, offsets, lengths, buffer in
        guard let offsets = unsafe offsets, let lengths = unsafe lengths, let bytes = bytes(of: context)
        else {
            return 1
        }
        var place = 0
        for index in 0..<Int(count) {
            let start = unsafe Int(offsets[index])
            let piece = bytes[start..<start + (unsafe Int(lengths[index]))]
            // SAFETY: the buffer has room for all ranges, one behind the other.
            unsafe piece.withUnsafeBytes { memory in
                // There is no buffer for no bytes.
                if let base = memory.baseAddress, let buffer = unsafe buffer {
                    unsafe (buffer + place).copyMemory(from: base, byteCount: memory.count)
                }
            }
            place += piece.count
        }
        return 0
    }, write: nil,
    ask: { context, question, length, room, capacity, answerLength in
        let text = unsafe Array(UnsafeBufferPointer(start: question, count: Int(length)))
        guard let question = (try? JSONScanner.parse(Bytes(text)))?.object, let room = unsafe room else {
            return 1
        }
        let reply = Array(JSONValue.object(answer(question, about: context)).serialized().utf8)
        // SAFETY: answers are far shorter than the room.
        for (index, byte) in reply.enumerated() { unsafe room[index] = byte }
        unsafe answerLength?.pointee = UInt64(reply.count)
        return 0
    })

@Suite(.serialized) struct OutsideSourceTests {
    @Test(arguments: files.map(\.number)) func sourcesKeepTheirContract(_ number: UInt64) throws {
        let content = try #require(bytes(of: number))
        let named = try OutsideSource(number, name: "f", url: "py://f", closes: false, callbacks)
        #expect(checkByteSource(named, holds: content, inside: content) == [])
        let nameless = try OutsideSource(number, name: "f", url: nil, closes: false, callbacks)
        #expect(nameless.placement == nil)
        #expect(checkByteSource(nameless, holds: content) == [])
    }

    @Test func storesKeepTheirContract() {
        let objects = Dictionary(uniqueKeysWithValues: files.map { ($0.url, $0.bytes) })
        let store = OutsideStore(context: 0, callbacks: callbacks)
        #expect(checkObjectStore(store, holding: objects, below: "py://files/", isListed: false) == [])
        #expect(openCount.load(ordering: .relaxed) == 0, "each file that was opened is closed")
    }
}
