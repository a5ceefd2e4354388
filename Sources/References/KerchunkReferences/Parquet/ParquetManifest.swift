// SPDX-License-Identifier: Apache-2.0
// The chunks of one array of a Parquet reference set, read as they are asked for.

import KerchunkModel

struct ParquetManifest: ManifestSource {
    let grid: ChunkGrid
    let arrayPath: String
    let partitions: PartitionStore

    /// One partition, so that each is decoded once.
    var preferredRun: UInt64 { partitions.recordSize }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        precondition(positions.upperBound <= grid.count)
        let size = partitions.recordSize
        guard !positions.isEmpty else { return try MemoryManifest.rows(of: 0) }
        let first = positions.lowerBound / size
        let last = (positions.upperBound - 1) / size
        if first == last {
            return try partition(first, positions)
        }
        guard let run = ChunkGrid(shape: [positions.upperBound - positions.lowerBound]) else {
            throw KerchunkError(.limit, "too many chunks")
        }
        var builder = ManifestBuilder(grid: run)
        for index in first...last {
            let start = index * size
            let part = Swift.max(start, positions.lowerBound)
            let end = Swift.min(grid.count - start, size) + start
            let slice = try partition(index, part..<Swift.min(end, positions.upperBound))
            let shift = part - positions.lowerBound
            slice.forEachPresent(
                onRange: { builder.set($0 + shift, source: $1, offset: $2, length: $3) },
                onOther: { builder.set($0 + shift, $1) })
        }
        return builder.finish().manifest
    }

    /// The chunks at `positions`, all of which lie in partition `index`.
    private func partition(_ index: UInt64, _ positions: Range<UInt64>) throws(KerchunkError) -> ChunkManifest
    {
        let all = grid.positions(ofPartition: index, recordSize: partitions.recordSize)
        return try partitions.manifest(
            PartitionKey(arrayPath: arrayPath, index: index),
            positions.lowerBound - all.lowerBound..<positions.upperBound - all.lowerBound,
            count: all.upperBound - all.lowerBound)
    }
}

extension MemoryManifest {
    /// `count` missing chunks.
    static func rows(of count: UInt64) throws(KerchunkError) -> ChunkManifest {
        guard let grid = ChunkGrid(shape: [count]) else { throw KerchunkError(.limit, "too many chunks") }
        return MemoryManifest.empty(grid).manifest
    }
}
