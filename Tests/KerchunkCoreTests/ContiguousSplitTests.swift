// SPDX-License-Identifier: Apache-2.0
import KerchunkModel
import Testing

@Suite struct ContiguousSplitTests {
    private func split(_ shape: [UInt64], _ elementSize: UInt64, _ limit: UInt64) -> [UInt64] {
        ContiguousSplit(shape: shape, elementSize: elementSize, limit: limit).chunkShape
    }

    @Test func slowAxesAreCutIntoEqualParts() {
        #expect(split([12, 10], 4, 480) == [12, 10])
        #expect(split([12, 10], 4, 200) == [4, 10])
        #expect(split([12, 10], 4, 30) == [1, 5])
        #expect(split([7, 10], 4, 200) == [1, 10])
        #expect(split([], 8, 1) == [])
        #expect(split([0, 5], 8, 16) == [1, 1])
    }

    /// A long axis without divisors would become a reference for each element.
    @Test func nothingIsCutIntoCrumbs() {
        #expect(split([1_000_003], 8, 1 << 20) == [1_000_003])
        #expect(split([2 * 1_000_003], 8, 1 << 20) == [1_000_003])
        #expect(split([10_007, 1000], 8, 1 << 20) == [1, 1000])
        #expect(split([101], 8, 64) == [1])
    }

    @Test func theLongestAxesTakeLittleTime() {
        #expect(split([UInt64(1) << 62], 1, 1 << 20) == [1 << 20])
        #expect(split([.max], 1, 1 << 20).count == 1)
    }
}
