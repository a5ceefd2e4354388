// SPDX-License-Identifier: Apache-2.0
// The partitions of a growing reference set that are not complete.

import KerchunkBytes
import KerchunkModel

/// Columns in memory for the partitions that chunks come for, and what is known of those on disk.
struct OpenPartitions {
    struct Array {
        let grid: ChunkGrid
        let fill: FillOnce
    }

    /// A partition that has a file.
    struct Settled {
        let count: UInt64
        let isComplete: Bool
    }

    var arrays: [ExactText: Array] = [:]
    var settled: [PartitionKey: Settled] = [:]
    private var buffers: [PartitionKey: PartitionBuffer] = [:]
    private var size = 0
    private var clock: UInt64 = 0
    /// The partition of the last chunk: most chunks follow their neighbours.
    private var current: (key: PartitionKey, positions: Range<UInt64>, buffer: PartitionBuffer)?

    static func unknown(_ path: String) -> KerchunkError {
        KerchunkError(.usage, "chunks of an array that was not added", object: "/" + path)
    }

    /// Places a chunk that is a range of a file.
    mutating func place(
        _ position: UInt64, of path: String, in stream: ParquetReferenceStream, source: SourceIndex,
        offset: UInt64,
        length: UInt64
    ) throws(KerchunkError) {
        let (buffer, row) = try buffer(for: position, of: path, stream)
        // One that was complete before has been read back: it is written again when it must leave memory.
        let wasComplete = buffer.isComplete
        buffer.set(row, source: source, offset: offset, length: length)
        if buffer.isComplete, !wasComplete { try settle(in: stream) }
    }

    mutating func place(
        _ position: UInt64, of path: String, in stream: ParquetReferenceStream, _ location: ChunkLocation
    ) throws(KerchunkError) {
        let (buffer, row) = try buffer(for: position, of: path, stream)
        let wasComplete = buffer.isComplete
        size -= buffer.size
        buffer.set(row, location)
        size += buffer.size
        if buffer.isComplete != wasComplete || size > stream.bufferSize { try settle(in: stream) }
    }

    private mutating func buffer(
        for position: UInt64, of path: String, _ stream: ParquetReferenceStream
    ) throws(KerchunkError) -> (PartitionBuffer, row: UInt64) {
        if let current, current.positions.contains(position), current.key.arrayPath.isExactly(path) {
            return (current.buffer, position - current.positions.lowerBound)
        }
        return try move(to: position, of: path, stream)
    }

    /// Writes the current partition if it is complete, and others if there is too much in memory.
    private mutating func settle(in stream: ParquetReferenceStream) throws(KerchunkError) {
        if let current, current.buffer.isComplete, settled[current.key]?.isComplete != true {
            park()
            try write(current.key, stream)
        }
        while size > stream.bufferSize, let key = oldest() { try write(key, stream) }
    }

    mutating func flush(in stream: ParquetReferenceStream) throws(KerchunkError) {
        park()
        for key in buffers.keys.sorted(by: { ($0.arrayPath, $0.index) < ($1.arrayPath, $1.index) }) {
            try write(key, stream)
        }
    }

    /// Writes the partitions that no chunk came for and that need a file; where missing chunks are filled, all partitions
    /// that are not complete.
    mutating func writeRest(in stream: ParquetReferenceStream, filling: Bool) throws(KerchunkError) {
        for (path, array) in arrays {
            for index in 0..<array.grid.partitionCount(recordSize: stream.recordSize) {
                let key = PartitionKey(arrayPath: path.text, index: index)
                let known = settled[key]
                if known?.isComplete == true || (known != nil && !filling) { continue }
                if known == nil, !filling, !ParquetLayout.needsFile(key) { break }
                let positions = array.grid.positions(ofPartition: index, recordSize: stream.recordSize)
                let manifest =
                    known == nil
                    ? try MemoryManifest.rows(of: UInt64(positions.count))
                    : try stream.reload(key, count: UInt64(positions.count))
                let count = try stream.write(manifest, as: key, fill: filling ? array.fill.bytes() : nil)
                settled[key] = Settled(count: count, isComplete: true)
            }
        }
    }

    /// The buffer that was used longest ago, but for that of the current partition.
    private func oldest() -> PartitionKey? { buffers.min { $0.value.lastUse < $1.value.lastUse }?.key }

    /// Puts the current partition back among the others.
    private mutating func park() {
        if let current { buffers[current.key] = current.buffer }
        current = nil
    }

    /// Makes the partition of `position` the current one.
    private mutating func move(
        to position: UInt64, of path: String, _ stream: ParquetReferenceStream
    ) throws(KerchunkError) -> (PartitionBuffer, row: UInt64) {
        park()
        guard let array = arrays[path] else { throw Self.unknown(path) }
        guard position < array.grid.count else {
            throw KerchunkError(
                .usage, "chunk \(position) of an array of \(counted(array.grid.count, "chunk"))",
                object: "/" + path)
        }
        let key = PartitionKey(arrayPath: path, index: position / stream.recordSize)
        let positions = array.grid.positions(ofPartition: key.index, recordSize: stream.recordSize)
        let row = position - positions.lowerBound
        clock += 1
        if let buffer = buffers.removeValue(forKey: key) {
            buffer.lastUse = clock
            current = (key, positions, buffer)
            return (buffer, row)
        }
        let buffer = try PartitionBuffer(count: UInt64(positions.count), lastUse: clock)
        if settled[key] != nil {
            try stream.reload(key, count: UInt64(positions.count)).forEachPresent { buffer.set($0, $1) }
        }
        size += buffer.size
        current = (key, positions, buffer)
        if size > stream.bufferSize { try settle(in: stream) }
        return (buffer, row)
    }

    private mutating func write(_ key: PartitionKey, _ stream: ParquetReferenceStream) throws(KerchunkError) {
        guard let buffer = buffers.removeValue(forKey: key) else { return }
        size -= buffer.size
        let manifest = buffer.finish()
        let written = try stream.write(manifest, as: key, fill: nil)
        // Nothing is to be read back of a partition whose chunks were all taken back.
        if written == 0, settled[key] != nil { try stream.remove(key) }
        settled[key] =
            written == 0 ? nil : Settled(count: written, isComplete: written == manifest.positionCount)
    }
}
