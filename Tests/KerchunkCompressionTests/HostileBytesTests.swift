// SPDX-License-Identifier: Apache-2.0
// Bytes that no writer wrote: an error or some bytes, never a trap, never more than the limit.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkTestKit
import Testing

@Suite struct HostileBytesTests {
    private static let limit = 1 << 20

    private func attempt(_ chunk: StoredChunk, _ bytes: Bytes) throws {
        let pipeline = try CodecPipeline(chunk.specs, from: directory)
        if let decoded = try? pipeline.decode(bytes, limit: HostileBytesTests.limit) {
            #expect(decoded.count <= HostileBytesTests.limit)
        }
    }

    @Test(arguments: StoredChunk.all) func truncationNeverTraps(_ chunk: StoredChunk) throws {
        let step = max(1, chunk.stored.count / 64)
        for length in stride(from: 0, to: chunk.stored.count, by: step) {
            try attempt(chunk, chunk.stored[0..<length])
        }
    }

    /// The seed of a failing case is the number of flips and the round.
    @Test(arguments: StoredChunk.all) func flippedBitsNeverTrap(_ chunk: StoredChunk) throws {
        for round in 0..<UInt64(40) {
            try attempt(chunk, flippingBits(of: chunk.stored, count: 1 + Int(round % 4), seed: round + 1))
            // Headers are the first bytes: they deserve more.
            let head = flippingBits(
                of: chunk.stored[0..<min(24, chunk.stored.count)], count: 2, seed: round + 77)
            try attempt(chunk, Bytes(head.array + chunk.stored.dropping(24).array))
        }
    }

    @Test(arguments: StoredChunk.all) func extremeWordsInHeadersNeverTrap(_ chunk: StoredChunk) throws {
        for place in 0..<min(28, chunk.stored.count) {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var bytes = chunk.stored.array
                for index in place..<min(place + 4, bytes.count) { bytes[index] = value }
                try attempt(chunk, Bytes(bytes))
            }
        }
    }

    @Test(arguments: ["zlib", "gzip", "zstd", "bz2"]) func bombsStopAtTheLimit(_ id: String) throws {
        let codec = try directory.codec(CodecSpec(id))
        let bomb = try codec.encode(Bytes(repeatElement(0, count: 3_000_000)))
        #expect(bomb.count < 20_000)
        for limit in [0, 1, 1000, 2_999_999] {
            #expect(errorKind(codec, bomb, limit: limit) == .limit)
        }
        #expect(try codec.decode(bomb, limit: 3_000_000).count == 3_000_000)
    }

    @Test func settingsThatMakeNoSenseAreErrors() {
        let specs = [
            CodecSpec("zlib", ["level": "high"]),
            CodecSpec("swift_kerchunk.szip"), CodecSpec("swift_kerchunk.nbit", ["elements": 3]),
            CodecSpec("swift_kerchunk.bitshuffle", ["elementsize": 4, "blocksize": 7]),
            CodecSpec(
                "swift_kerchunk.scaleoffset",
                ["kind": "integer", "byteorder": "little", "size": 3, "elements": 1]),
            CodecSpec(
                "swift_kerchunk.nbit",
                [
                    "elements": 3,
                    "type": ["size": 4, "precision": 20, "offset": 13, "byteorder": "little"],
                ]),
            CodecSpec("unheard-of"),
        ]
        for spec in specs { #expect(throws: KerchunkError.self) { try directory.codec(spec) } }
    }
}
