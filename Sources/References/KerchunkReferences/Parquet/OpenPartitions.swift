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

    private struct Buffer {
        let columns: ManifestColumns
        var presentCount: UInt64
        var inlineSize = 0
        var lastUse: UInt64

        var size: Int { columns.capacity * 20 + inlineSize }
    }

    var arrays: [String: Array] = [:]
    var settled: [PartitionKey: Settled] = [:]
    private var buffers: [PartitionKey: Buffer] = [:]
    private var size = 0
    private var clock: UInt64 = 0
    /// The partition of the last chunk: most chunks follow their neighbours.
    private var current: (key: PartitionKey, positions: Range<UInt64>, buffer: Buffer)?

    static func unknown(_ path: String) -> KerchunkError {
        KerchunkError(.usage, "chunks of an array that was not added", object: "/" + path)
    }

    /// Lets `set` change the row of `position`.
    mutating func place(
        _ position: UInt64, of path: String, in stream: ParquetReferenceStream,
        _ set: (ManifestColumns, Int) -> Void
    ) throws(KerchunkError) {
        if current?.positions.contains(position) != true || current?.key.arrayPath != path {
            try move(to: position, of: path, stream)
        }
        guard let positions = current?.positions, let columns = current?.buffer.columns else { return }
        let row = Int(position - positions.lowerBound)
        let wasPresent = columns.isPresent(row: row)
        let inlineCount = columns.inline.count
        set(columns, row)
        if wasPresent != columns.isPresent(row: row) {
            if wasPresent { current?.buffer.presentCount -= 1 } else { current?.buffer.presentCount += 1 }
        }
        if columns.inline.count > inlineCount, let bytes = columns.inline.last {
            let added = bytes.count + MemoryLayout<Bytes>.stride
            current?.buffer.inlineSize += added
            size += added
        }
    }

    /// Writes the current partition if it is complete, and others if there is too much in memory.
    mutating func settle(in stream: ParquetReferenceStream) throws(KerchunkError) {
        if let current, current.buffer.presentCount == UInt64(current.positions.count) {
            buffers[current.key] = current.buffer
            self.current = nil
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

    /// Fills the chunks of all partitions that are not complete, those without a file included.
    mutating func fillMissing(in stream: ParquetReferenceStream) throws(KerchunkError) {
        for (path, array) in arrays {
            for index in 0..<array.grid.partitionCount(recordSize: stream.recordSize) {
                let key = PartitionKey(arrayPath: path, index: index)
                if settled[key]?.isComplete == true { continue }
                let positions = array.grid.positions(ofPartition: index, recordSize: stream.recordSize)
                let manifest =
                    settled[key] == nil
                    ? try MemoryManifest.rows(of: UInt64(positions.count))
                    : try stream.reload(key, count: UInt64(positions.count))
                let count = try stream.write(manifest, as: key, fill: array.fill.bytes())
                settled[key] = Settled(count: count, isComplete: true)
            }
        }
    }

    /// The buffer that was used longest ago; the current partition only where there is no other.
    private mutating func oldest() -> PartitionKey? {
        if let key = buffers.min(by: { $0.value.lastUse < $1.value.lastUse })?.key { return key }
        park()
        return buffers.first?.key
    }

    /// Puts the current partition back among the others.
    private mutating func park() {
        if let current { buffers[current.key] = current.buffer }
        current = nil
    }

    private mutating func move(
        to position: UInt64, of path: String, _ stream: ParquetReferenceStream
    ) throws(KerchunkError) {
        park()
        guard let array = arrays[path] else { throw Self.unknown(path) }
        guard position < array.grid.count else {
            throw KerchunkError(
                .usage, "chunk \(position) of an array of \(array.grid.count) chunks", object: "/" + path)
        }
        let key = PartitionKey(arrayPath: path, index: position / stream.recordSize)
        let positions = array.grid.positions(ofPartition: key.index, recordSize: stream.recordSize)
        clock += 1
        if var buffer = buffers.removeValue(forKey: key) {
            buffer.lastUse = clock
            current = (key, positions, buffer)
            return
        }
        var buffer = Buffer(columns: ManifestColumns(capacity: positions.count), presentCount: 0, lastUse: clock)
        if settled[key] != nil {
            try stream.reload(key, count: UInt64(positions.count)).forEachPresent {
                buffer.columns.set(row: Int($0), $1)
                buffer.presentCount += 1
                if case .inline(let bytes) = $1 { buffer.inlineSize += bytes.count + MemoryLayout<Bytes>.stride }
            }
        }
        size += buffer.size
        current = (key, positions, buffer)
    }

    private mutating func write(_ key: PartitionKey, _ stream: ParquetReferenceStream) throws(KerchunkError) {
        guard let buffer = buffers.removeValue(forKey: key) else { return }
        size -= buffer.size
        let count = UInt64(buffer.columns.capacity)
        let manifest = ChunkManifest(
            positionCount: count, columns: buffer.columns, window: 0..<buffer.columns.capacity, firstPosition: 0)
        let written = try stream.write(manifest, as: key, fill: nil)
        // A partition without chunks has no file, so nothing is to be read back.
        if written == 0, settled[key] != nil { stream.remove(key) }
        settled[key] = written == 0 ? nil : Settled(count: written, isComplete: written == count)
    }
}
