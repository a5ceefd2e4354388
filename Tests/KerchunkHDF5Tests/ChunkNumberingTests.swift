// SPDX-License-Identifier: Apache-2.0
import KerchunkModel
import Testing

@testable import KerchunkHDF5

@Suite struct ChunkNumberingTests {
    private func numbering(
        _ shape: [UInt64], maximum: [UInt64?], by chunkShape: [UInt64]? = nil
    ) throws -> ChunkNumbering {
        let chunkShape = chunkShape ?? shape.map { _ in 1 }
        let grid = try #require(ChunkGrid(covering: shape, by: chunkShape))
        return try #require(ChunkNumbering(grid: grid, chunkShape: chunkShape, maximum: maximum))
    }

    /// Positions of the chunks with numbers `0 ..< count`; nil outside.
    private func positions(_ numbering: ChunkNumbering, count: Int, from first: UInt64 = 0) -> [UInt64?] {
        var runs = numbering.runs(from: first)
        var positions: [UInt64?] = []
        while positions.count < count {
            let run = runs.next(limit: count - positions.count)
            positions += (0..<run.inside).map { run.position + UInt64($0) * run.step }
            positions += [UInt64?](repeating: nil, count: run.outside)
        }
        return positions
    }

    @Test func fullGridsAreOneRun() throws {
        var runs = try numbering([4, 5, 6], maximum: [4, 5, 6]).runs(from: 7)
        #expect(runs.next(limit: 100) == ChunkNumbering.Run(position: 7, step: 1, inside: 100, outside: 0))
    }

    @Test func aGrowingFirstAxisIsOneRun() throws {
        var runs = try numbering([40, 5, 1], maximum: [nil, 5, 1]).runs(from: 0)
        #expect(runs.next(limit: 300) == ChunkNumbering.Run(position: 0, step: 1, inside: 200, outside: 100))
    }

    @Test func limitedAxesLeaveGaps() throws {
        let numbering = try numbering([2, 3], maximum: [4, 4])
        #expect(
            positions(numbering, count: 16) == [0, 1, 2, nil, 3, 4, 5] + [UInt64?](repeating: nil, count: 9))
        #expect(positions(numbering, count: 3, from: 5) == [4, 5, nil])
        #expect(numbering.count == 16)
    }

    @Test func theUnlimitedAxisGoesFirst() throws {
        #expect(
            positions(try numbering([2, 3], maximum: [2, nil]), count: 8) == [0, 3, 1, 4, 2, 5, nil, nil])
        #expect(
            positions(try numbering([2, 2, 2], maximum: [2, 3, nil]), count: 12)
                == [0, 2, nil, 4, 6, nil, 1, 3, nil, 5, 7, nil])
    }

    @Test func extentsAreCountedInChunks() throws {
        let numbering = try numbering([5, 5], maximum: [nil, 9], by: [2, 4])
        // 3 × 2 chunks now, 3 along the second axis at most.
        #expect(positions(numbering, count: 9) == [0, 1, nil, 2, 3, nil, 4, 5, nil])
    }

    @Test func impossibleExtentsAreRefused() throws {
        let grid = try #require(ChunkGrid(shape: [2, 2]))
        #expect(ChunkNumbering(grid: grid, chunkShape: [1, 1], maximum: [nil, nil]) == nil)
        #expect(ChunkNumbering(grid: grid, chunkShape: [1, 1], maximum: [2]) == nil)
        let long = try #require(ChunkGrid(shape: [2, 2, 2]))
        #expect(ChunkNumbering(grid: long, chunkShape: [1, 1, 1], maximum: [2, 1 << 40, 1 << 40]) == nil)
    }

    @Test func divisionByReciprocalIsExact() {
        for extent: UInt64 in [
            1, 2, 3, 5, 7, 641, 65_537, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, (1 << 63) - 1,
        ] {
            let axis = ChunkAxis(chunkExtent: extent, count: .max, stride: 1)
            for quotient: UInt64 in [
                0, 1, 2, 3, 1000, 65_535, 1 << 20, (1 << 32) / extent, UInt64.max / extent,
            ] {
                guard quotient <= UInt64.max / extent else { continue }
                let offset = quotient * extent
                #expect(axis.chunk(startingAt: offset) == quotient)
                if extent > 1, offset < .max { #expect(axis.chunk(startingAt: offset + 1) == nil) }
                if extent > 1, offset > 0 { #expect(axis.chunk(startingAt: offset - 1) == nil) }
            }
        }
    }
}
