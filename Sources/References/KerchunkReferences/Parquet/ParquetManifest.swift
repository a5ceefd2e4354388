// SPDX-License-Identifier: Apache-2.0
// The chunks of one array of a Parquet reference set, read as they are asked for.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

struct ParquetManifest: ManifestSource {
    let grid: ChunkGrid
    let arrayPath: String
    let partitions: PartitionStore

    /// One partition, so that each is decoded once.
    var preferredRun: UInt64 { partitions.recordSize }

    /// Over a network several partitions are fetched together.
    var minimumRun: UInt64 {
        partitions.isLocal ? 1 : partitions.recordSize.multiplied(by: PartitionStore.remoteWidth) ?? .max
    }

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
        // So many at a time that those fetched together are not long in memory.
        let width = partitions.isLocal ? 1 : PartitionStore.remoteWidth
        var index = first
        while index <= last {
            let some = index...Swift.min(last, index + width - 1)
            let ranges = some.map { partition in
                let start = partition * size
                let end = Swift.min(grid.count - start, size) + start
                return Swift.max(start, positions.lowerBound)..<Swift.min(end, positions.upperBound)
            }
            let files = partitions.isLocal ? [] : partitions.fetch(some.map(key))
            // One after the other, so that sources come in the order of the chunks.
            for (number, range) in ranges.enumerated() {
                let slice = try partition(
                    some.lowerBound + UInt64(number), range, files.isEmpty ? nil : files[number])
                let shift = range.lowerBound - positions.lowerBound
                slice.forEachPresent(
                    onRange: { builder.set($0 + shift, source: $1, offset: $2, length: $3) },
                    onOther: { builder.set($0 + shift, $1) })
            }
            index = some.upperBound + 1
        }
        return builder.finish().manifest
    }

    private func key(_ index: UInt64) -> PartitionKey { PartitionKey(arrayPath: arrayPath, index: index) }

    /// The chunks at `positions`, all of which lie in partition `index`.
    private func partition(
        _ index: UInt64, _ positions: Range<UInt64>, _ file: PartitionStore.Fetched? = nil
    ) throws(KerchunkError) -> ChunkManifest {
        let all = grid.positions(ofPartition: index, recordSize: partitions.recordSize)
        return try partitions.manifest(
            key(index), positions.lowerBound - all.lowerBound..<positions.upperBound - all.lowerBound,
            count: all.upperBound - all.lowerBound, file)
    }
}

extension MemoryManifest {
    /// `count` missing chunks.
    static func rows(of count: UInt64) throws(KerchunkError) -> ChunkManifest {
        guard let grid = ChunkGrid(shape: [count]) else { throw KerchunkError(.limit, "too many chunks") }
        return MemoryManifest.empty(grid).manifest
    }
}
