// SPDX-License-Identifier: Apache-2.0
// Whole deflated members of ZIP archives.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkTestKit
import Testing

@Suite struct DeflatedMemberTests {
    private let codec: any Codec

    init() throws { codec = try directory.codec(CodecSpec("deflate")) }

    /// The first member of an archive that zipfile made, with its local header.
    private var member: Bytes {
        let archive = fixture("archives/refused.zip")
        let next = (1..<archive.count - 4).first { archive[$0..<$0 + 4] == Bytes([0x50, 0x4B, 3, 4]) }
        return archive[0..<(next ?? 0)]
    }

    @Test func whatZipfileWroteIsDecoded() throws {
        let decoded = try codec.decode(member, limit: 700)
        #expect(decoded.count == 700 && decoded.array.starts(with: Array("deflated.nc: ".utf8)))
        #expect(errorKind(codec, member, limit: 699) == .limit)
    }

    @Test func encodingReverses() throws {
        for count in [0, 1, 100_000] {
            let bytes = Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 * $0) })
            #expect(try codec.decode(codec.encode(bytes), limit: count) == bytes)
        }
    }

    @Test func otherBytesAreErrors() throws {
        for length in 0..<member.count {
            #expect(errorKind(codec, member[0..<length], limit: 1000) == .malformed)
        }
        for seed in 1...300 as ClosedRange<UInt64> {
            _ = try? codec.decode(flippingBits(of: member, count: 2, seed: seed), limit: 1000)
        }
        var stored = member.array
        stored[8] = 0
        #expect(errorKind(codec, Bytes(stored), limit: 1000) == .malformed)
    }
}
