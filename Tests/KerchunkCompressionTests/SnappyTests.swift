// SPDX-License-Identifier: Apache-2.0
// Elements as google/snappy's format_description.txt says, and what breaks its rules.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import Testing

@Suite struct SnappyTests {
    private func decode(_ stored: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
        try directory.codec(CodecSpec("snappy")).decode(Bytes(stored), limit: limit).array
    }

    @Test func literalsOfAllLengthForms() throws {
        #expect(try decode([0]) == [])
        #expect(try decode([3, 2 << 2, 7, 8, 9]) == [7, 8, 9])
        let long = [UInt8](repeating: 5, count: 300)
        #expect(try decode([0xAC, 2, 61 << 2, 0x2B, 1] + long) == long)
        #expect(try decode([3, 63 << 2, 2, 0, 0, 0, 7, 8, 9]) == [7, 8, 9])
    }

    @Test func copiesOfAllForms() throws {
        let start: [UInt8] = [3 << 2, 1, 2, 3, 4]
        #expect(try decode([8] + start + [0 << 5 | 0 << 2 | 1, 4]) == [1, 2, 3, 4, 1, 2, 3, 4])
        #expect(try decode([6] + start + [1 << 2 | 2, 3, 0]) == [1, 2, 3, 4, 2, 3])
        #expect(try decode([6] + start + [1 << 2 | 3, 2, 0, 0, 0]) == [1, 2, 3, 4, 3, 4])
    }

    @Test func copiesThatOverlapRepeat() throws {
        #expect(try decode([9, 1 << 2, 1, 2, 6 << 2 | 2, 2, 0]) == [1, 2, 1, 2, 1, 2, 1, 2, 1])
    }

    @Test(
        arguments: [
            [], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [3, 2 << 2, 7], [2, 2 << 2, 7, 8, 9],
            [4, 2 << 2, 7, 8, 9],
            [3, 61 << 2, 2], [4, 0, 9, 2 << 2 | 2, 2, 0], [4, 0, 9, 2 << 2 | 2, 0, 0],
            [3, 0, 9, 2 << 2 | 2, 1, 0],
            [0xFF, 0xFF, 0xFF, 0x7F, 0, 9],
        ] as [[UInt8]])
    func whatBreaksTheRulesIsRefused(stored: [UInt8]) {
        #expect(throws: KerchunkError.self) { try decode(stored) }
    }

    @Test func theLimitHolds() {
        #expect(throws: KerchunkError.self) { try decode([3, 2 << 2, 7, 8, 9], limit: 2) }
    }

    @Test func rawBlocksOfLZ4ComeBack() throws {
        let codec = try directory.codec(CodecSpec("lz4_raw"))
        let content = Bytes((0..<1000).map { UInt8($0 / 7 % 250) })
        #expect(try codec.decode(codec.encode(content), limit: 1000) == content)
        #expect(throws: KerchunkError.self) { try codec.decode(codec.encode(content), limit: 999) }
    }
}
