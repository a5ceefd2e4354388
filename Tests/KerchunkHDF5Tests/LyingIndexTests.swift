// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

/// Structures whose checksums are right and whose numbers are not: nothing may trap, hang, or take much memory.
@Suite struct LyingIndexTests {
    private struct Random {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        /// Numbers that are small, large, or near a power of two.
        mutating func number() -> UInt64 {
            let value = next()
            switch value % 5 {
            case 0: return value >> 60
            case 1: return value >> 52
            case 2: return 1 << (value >> 58)
            case 3: return .max - value >> 60
            default: return value >> (value >> 58 & 63)
            }
        }
    }

    private func check(_ fixture: IndexFixture, _ index: ChunkIndex, maximum: [UInt64?], seed: UInt64) {
        for shape: [UInt64] in [[6, 5], [1 << 33, 1 << 20]] {
            for isFiltered in [false, true] {
                let dataset = DatasetHeader.chunked(
                    shape, by: [2, 2], maximum: maximum, isFiltered: isFiltered, index)
                if let entries = try? fixture.entries(dataset) {
                    #expect(entries.manifest.manifest.presentCount <= fixture.bytes.count, "seed \(seed)")
                }
            }
        }
    }

    @Test func fixedArrays() {
        for seed: UInt64 in 1...400 {
            var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
            var fixture = IndexFixture(size: 4096)
            let client = UInt8(random.next() & 1)
            fixture.putChecked(at: 0) {
                $0.text("FAHD")
                $0.raw([
                    0, client, client == 0 ? 8 : UInt8(13 + random.next() % 9), UInt8(random.next() % 12),
                ])
                $0.uint64(random.number())
                $0.uint64(100)
            }
            fixture.put(at: 100) {
                $0.text("FADB")
                $0.raw([0, client])
                for _ in 0..<100 { $0.uint64(random.number()) }
            }
            check(fixture, .fixedArray(header: 0), maximum: [1 << 34, 1 << 21], seed: seed)
        }
    }

    @Test func extensibleArrays() {
        for seed: UInt64 in 1...400 {
            var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
            var fixture = IndexFixture(size: 8192)
            let client = UInt8(random.next() & 1)
            let size = client == 0 ? 8 : UInt8(13 + random.next() % 9)
            let bits = UInt8(1 + random.next() % 64)
            let indexed = UInt8(random.next() % 5)
            let pointers = UInt8(1 << (random.next() % 4))
            let smallest = UInt8(1 << (random.next() % 8))
            fixture.putChecked(at: 0) {
                $0.text("EAHD")
                $0.raw([0, client, size, bits, indexed, smallest, pointers, UInt8(random.next() % 12)])
                for _ in 0..<6 { $0.uint64(random.number()) }
                $0.uint64(200)
            }
            let count = max(
                0, 1 + Int(bits) - smallest.trailingZeroBitCount - 2 * pointers.trailingZeroBitCount)
            fixture.putChecked(at: 200) { builder in
                builder.text("EAIB")
                builder.raw([0, client])
                builder.uint64(0)
                builder.zeros(Int(indexed) * Int(size))
                for _ in 0..<2 * (Int(pointers) - 1) + count { builder.uint64(random.number() % 9000) }
            }
            check(fixture, .extensibleArray(header: 0), maximum: [nil, 1 << 21], seed: seed)
            check(fixture, .extensibleArray(header: 0), maximum: [1 << 34, nil], seed: seed)
        }
    }

    @Test func versionOneTrees() {
        for seed: UInt64 in 1...400 {
            var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
            var fixture = IndexFixture(size: 8192)
            for node in 0..<6 {
                fixture.put(at: 1000 * node) { builder in
                    builder.node(level: node == 0 ? 2 : node < 3 ? 1 : 0, count: UInt16(random.next() % 30))
                    for _ in 0..<20 {
                        builder.key(
                            [random.number() & ~1, random.number() & ~1],
                            size: UInt32(truncatingIfNeeded: random.number()))
                        builder.uint64(
                            node == 0 ? 1000 * (1 + random.next() % 2) : 1000 * (random.next() % 7))
                    }
                }
            }
            check(fixture, .btreeV1(root: 0), maximum: [nil, nil], seed: seed)
        }
    }

    @Test func versionTwoTrees() {
        for seed: UInt64 in 1...400 {
            var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
            var fixture = IndexFixture(size: 8192)
            let isFiltered = random.next() & 1 == 1
            let recordSize = isFiltered ? UInt16(29 + random.next() % 8) : 24
            fixture.putChecked(at: 0) {
                $0.text("BTHD")
                $0.raw([0, isFiltered ? 11 : 10])
                $0.uint32(UInt32(truncatingIfNeeded: random.next() & 1 == 0 ? 512 : random.number()))
                $0.uint16(recordSize)
                $0.uint16(UInt16(random.next() % 3))
                $0.raw([100, 40])
                $0.uint64(500)
                $0.uint16(UInt16(random.next() % 20))
                $0.uint64(random.number())
            }
            fixture.putChecked(at: 500) {
                $0.text(random.next() & 1 == 0 ? "BTLF" : "BTIN")
                $0.raw([0, isFiltered ? 11 : 10])
                for _ in 0..<(random.next() % 64) { $0.uint64(random.number()) }
            }
            check(fixture, .btreeV2(header: 0), maximum: [nil, nil], seed: seed)
        }
    }
}
