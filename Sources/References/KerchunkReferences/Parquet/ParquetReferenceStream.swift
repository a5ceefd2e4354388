// SPDX-License-Identifier: Apache-2.0
// Writes a Parquet reference set chunk by chunk, in any order, while a scan or a combination finds them.
// Spec: fsspec, `LazyReferenceMapper`; what kerchunk calls `out=LazyReferenceMapper.create(…)` and `flush()`.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// A reference set that grows: partitions go to disk as they fill, so memory does not grow with the references.
///
/// Partitions that are still incomplete when memory is short go to disk as well, and are read back when more of their
/// chunks come; chunks that come in about ascending order never need that.
// A class because scanners and combiners share one.
public final class ParquetReferenceStream: Sendable {
    private let output: ParquetOutput
    private let codecs: CodecDirectory
    private let contents = Mutex(OpenPartitions())

    /// - Parameters:
    ///   - sources: the table whose rows the chunks name.
    ///   - store: where the set goes; nil for a directory of this machine.
    /// - Throws: where there is something at `path` that may not be replaced.
    public init(
        _ path: String, overwrite: Bool = false, sources: SourceTable,
        options: ParquetReferenceOptions = ParquetReferenceOptions(), codecs: CodecDirectory,
        store: OutputStore? = nil
    ) throws(KerchunkError) {
        output = try ParquetOutput(
            path, in: store, overwrite: overwrite, sources: sources, options: options, codecs: codecs)
        self.codecs = codecs
    }

    /// Names an array before its chunks come; its own chunks are not looked at.
    public func add(_ array: VirtualArray, at path: String) throws(KerchunkError) {
        if let problem = ParquetLayout.problem(withPath: path) {
            throw KerchunkError(
                .unsupported, "this cannot be written to Parquet: \(problem)", object: "/" + path)
        }
        guard let grid = ChunkGrid(covering: array.shape, by: array.chunkShape) else {
            throw KerchunkError(
                .unsupported,
                "an array of shape \(array.shape) cannot have chunks of shape \(array.chunkShape)",
                object: "/" + path)
        }
        contents.withLock { contents in
            contents.arrays[path] = OpenPartitions.Array(
                grid: grid, fill: FillOnce(array, codecs: output.options.fillMissing ? codecs : nil))
        }
    }

    /// Places one chunk; a later one replaces an earlier one at the same position.
    public func append(_ location: ChunkLocation, to path: String, at position: UInt64) throws(KerchunkError)
    {
        try change { (contents) throws(KerchunkError) in
            try contents.place(position, of: path, in: self, location)
        }
    }

    /// Places the chunks of `manifest`, the first of which lies at `start`; missing ones change nothing.
    public func append(_ manifest: ChunkManifest, to path: String, from start: UInt64) throws(KerchunkError) {
        try change { (contents) throws(KerchunkError) in
            try manifest.forEachPresent(
                onRange: { (position, source, offset, length) throws(KerchunkError) in
                    try contents.place(
                        start + position, of: path, in: self, source: source, offset: offset, length: length)
                },
                onOther: { (position, location) throws(KerchunkError) in
                    try contents.place(start + position, of: path, in: self, location)
                })
        }
    }

    /// Writes a whole partition at once, from any thread: what an executor does that works partition by partition.
    /// - Parameter manifest: all chunks of partition `index`.
    public func writePartition(_ index: UInt64, of path: String, _ manifest: ChunkManifest)
        throws(KerchunkError)
    {
        let key = PartitionKey(arrayPath: path, index: index)
        guard let array = contents.withLock({ $0.arrays[path] }) else { throw OpenPartitions.unknown(path) }
        guard index < array.grid.partitionCount(recordSize: output.options.recordSize),
            manifest.positionCount
                == UInt64(
                    array.grid.positions(ofPartition: index, recordSize: output.options.recordSize).count)
        else {
            throw KerchunkError(
                .usage, "partition \(index) does not have that many chunks", object: "/" + path)
        }
        let isFull = UInt64(manifest.presentCount) == manifest.positionCount
        let count = try output.write(manifest, as: key, fill: isFull ? nil : array.fill.bytes())
        contents.withLock { $0.settled[key] = .init(count: count, isComplete: true) }
    }

    /// Writes all that is in memory; more chunks may follow.
    public func flush() throws(KerchunkError) {
        try change { (contents) throws(KerchunkError) in try contents.flush(in: self) }
    }

    /// Writes what is in memory and the metadata of `root`, and puts the set where it belongs.
    /// - Parameter root: the hierarchy with all arrays that were added; their own chunks are not looked at.
    /// - Returns: how many references the set holds, inline ones included.
    @discardableResult
    public func finish(_ root: VirtualGroup) throws(KerchunkError) -> UInt64 {
        try ParquetOutput.check(root)
        let count = try change { (contents) throws(KerchunkError) in
            try contents.flush(in: self)
            try contents.writeRest(in: self, filling: output.options.fillMissing)
            return contents.settled.values.reduce(0) { $0 + $1.count }
        }
        try output.finish(root)
        return count
    }

    /// Gives up; nothing is left behind.
    public func abort() { output.set.abort() }

    private func change<R: Sendable>(
        _ body: (inout OpenPartitions) throws(KerchunkError) -> R
    ) throws(KerchunkError) -> R {
        try contents.withLock { (contents) throws(KerchunkError) in try body(&contents) }
    }

    // MARK: What the open partitions ask for

    var recordSize: UInt64 { output.options.recordSize }
    var bufferSize: Int { output.options.bufferSize }

    func write(_ manifest: ChunkManifest, as key: PartitionKey, fill: Bytes?) throws(KerchunkError) -> UInt64
    {
        try output.write(manifest, as: key, fill: fill)
    }

    /// Removes the file of a partition whose chunks were all taken back.
    func remove(_ key: PartitionKey) throws(KerchunkError) {
        do { try output.set.remove(key.name) } catch { throw KerchunkError(wrapping: error) }
    }

    /// A partition that went to disk incomplete.
    func reload(_ key: PartitionKey, count: UInt64) throws(KerchunkError) -> ChunkManifest {
        let file: any ByteSource
        do { file = try output.set.open(key.name) } catch { throw KerchunkError(wrapping: error) }
        return try PartitionDecoder(codecs: codecs, sources: output.sources)
            .rows(0..<count, file, count: count, recordSize: recordSize).manifest
    }
}
