// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import Testing

@testable import KerchunkModel

@Suite struct ManifestBuilderTests {
    private let source = SourceIndex(row: 0)

    private func range(_ offset: UInt64) -> ChunkLocation { .range(source, ByteRange(offset..<offset + 1)) }

    /// A grid so large that it is sparse.
    private let large = ChunkGrid(shape: [1 << 40])

    private func positions(_ manifest: MemoryManifest) -> [UInt64] {
        var positions: [UInt64] = []
        manifest.manifest.forEachPresent { position, _ in positions.append(position) }
        return positions
    }

    @Test func sparseRowsComeOutInOrder() throws {
        var builder = ManifestBuilder(grid: try #require(large))
        let places: [UInt64] = [1 << 39, 7, 1 << 20, 3, 2048, (1 << 40) - 1, 0]
        for place in places { builder.set(place, source: source, offset: place + 5, length: 1) }
        let manifest = builder.finish()
        #expect(positions(manifest) == [0, 3, 7, 2048, 1 << 20, 1 << 39, (1 << 40) - 1])
        for place in places { #expect(manifest.manifest[place] == range(place + 5)) }
        #expect(manifest.manifest[1] == .missing)
    }

    @Test func laterChunksReplaceEarlierOnesAndAreCounted() throws {
        for grid in [try #require(ChunkGrid(shape: [10])), try #require(large)] {
            var builder = ManifestBuilder(grid: grid)
            for (place, offset) in [(5, 1), (2, 2), (5, 3), (9, 4), (2, 5), (5, 6)] {
                builder.set(UInt64(place), range(UInt64(offset)))
            }
            let placed = builder.placedCount
            #expect(placed == 6)
            let (manifest, replaced) = builder.finishCounting()
            #expect(replaced == 3)
            #expect(positions(manifest) == [2, 5, 9])
            #expect(manifest.manifest[2] == range(5))
            #expect(manifest.manifest[5] == range(6))
            #expect(manifest.manifest[9] == range(4))
        }
    }

    @Test func denseAndSparseManifestsAreEqual() throws {
        let grid = try #require(ChunkGrid(shape: [1000, 1000]))
        var dense = ManifestBuilder(grid: grid, expecting: 1_000_000)
        var sparse = ManifestBuilder(grid: grid, expecting: 100)
        let kinds = (dense.isDense, sparse.isDense)
        #expect(kinds == (true, false))
        for index: UInt64 in 0..<5000 {
            let position = index * 7919 % grid.count
            dense.set(position, source: source, offset: index, length: index)
            sparse.set(position, source: source, offset: index, length: index)
        }
        dense.set(17, .inline([1, 2]))
        sparse.set(17, .inline([1, 2]))
        dense.set(18, .wholeFile(SourceIndex(row: 4)))
        sparse.set(18, .wholeFile(SourceIndex(row: 4)))
        let one = dense.finish()
        let other = sparse.finish()
        #expect(one == other)
        #expect(one.manifest[17] == .inline([1, 2]))
        #expect(other.manifest[18] == .wholeFile(SourceIndex(row: 4)))
        #expect(one.rows(5000..<300_000) == other.rows(5000..<300_000))
    }

    @Test func missingChunksTakeNoSparseRow() throws {
        var builder = ManifestBuilder(grid: try #require(large))
        builder.set(4, .missing)
        builder.set(3, range(1))
        #expect(positions(builder.finish()) == [3])
    }

    @Test func ordersOfKeysAreStable() {
        #expect(ascendingOrder(of: [5, 1, 5, 0, 1], below: 6) == [3, 1, 4, 0, 2])
        #expect(ascendingOrder(of: [1 << 63, 1, .max - 1], below: .max) == [1, 0, 2])
        #expect(ascendingOrder(of: [], below: 1) == [])
    }
}
