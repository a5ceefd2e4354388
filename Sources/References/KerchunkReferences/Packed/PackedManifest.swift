// SPDX-License-Identifier: Apache-2.0
// The chunks of one array of a packed dataset, read as they are asked for.

import KerchunkBytes
import KerchunkModel

struct PackedManifest: ManifestSource {
    let grid: ChunkGrid
    let number: UInt32
    let directory: PackedDirectory
    let file: PackedFile

    /// Blocks that suit a run.
    private static let runBlocks: UInt64 = 8
    /// Bytes of blocks that are read at once.
    private static let batch: UInt64 = 1 << 20

    /// Some blocks; of sparse arrays that is many positions.
    var preferredRun: UInt64 {
        let runs = UInt64(directory.count).dividedRoundingUp(by: Self.runBlocks)
        let dense = Self.runBlocks * UInt64(PackedLayout.blockRows)
        return runs == 0 ? max(1, grid.count) : max(dense, grid.count.dividedRoundingUp(by: runs))
    }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        precondition(positions.upperBound <= grid.count)
        let count = positions.upperBound - positions.lowerBound
        guard count > 0, directory.count > 0 else { return try MemoryManifest.rows(of: count) }
        do {
            let first = directory.block(at: positions.lowerBound)
            let last = directory.block(at: positions.upperBound - 1)
            if first == last {
                let start = directory.starts[first]
                return try block(first).slice(positions.lowerBound - start..<positions.upperBound - start)
            }
            let expected = min(Int(clamping: count), (last - first + 1) * PackedLayout.blockRows)
            return try .building(count, expecting: expected) { builder in
                var next = first
                while next <= last {
                    if let end = wholeBlocks(from: next, through: last, in: positions) {
                        try place(next..<end, positions, in: &builder)
                        next = end
                    } else {
                        try place(part: next, positions, in: &builder)
                        next += 1
                    }
                }
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: file.name)
        }
    }

    private func name(_ block: Int) -> PackedBlockName {
        PackedBlockName(array: number, extent: directory.extent(block))
    }

    private func range(_ blocks: Range<Int>) -> ByteRange {
        ByteRange(directory.offsets[blocks.lowerBound]..<directory.offsets[blocks.upperBound])
    }

    /// A block that is likely to be asked for again soon.
    private func block(_ index: Int) throws -> ChunkManifest {
        try file.manifest(name(index), range(index..<index + 1))
    }

    /// The end of the blocks from `next` on which `positions` hold whole, and which are read at once; nil where there are
    /// none.
    private func wholeBlocks(from next: Int, through last: Int, in positions: Range<UInt64>) -> Int? {
        var end = next
        while end <= last, positions.lowerBound <= directory.starts[end],
            directory.extent(end).upperBound <= positions.upperBound,
            end == next || directory.offsets[end + 1] - directory.offsets[next] <= Self.batch
        {
            end += 1
        }
        return end == next ? nil : end
    }

    private func place(
        _ blocks: Range<Int>, _ positions: Range<UInt64>, in builder: inout ManifestBuilder
    ) throws {
        let stored = try file.read(range(blocks))
        let base = directory.offsets[blocks.lowerBound]
        for index in blocks {
            let range = range(index..<index + 1)
            let part = stored[Int(range.offset - base)..<Int(range.end - base)]
            try file.block(name(index), part, at: range.offset)
                .place(positions, in: &builder, sourceCount: file.sourceCount)
        }
    }

    private func place(
        part index: Int, _ positions: Range<UInt64>, in builder: inout ManifestBuilder
    ) throws {
        let extent = directory.extent(index)
        let wanted = extent.clamped(to: positions)
        let slice = try block(index).slice(
            wanted.lowerBound - extent.lowerBound..<wanted.upperBound - extent.lowerBound)
        let shift = wanted.lowerBound - positions.lowerBound
        slice.forEachPresent(
            onRange: { builder.set($0 + shift, source: $1, offset: $2, length: $3) },
            onOther: { builder.set($0 + shift, $1) })
    }
}
