// SPDX-License-Identifier: Apache-2.0
// Writes a dataset as a Parquet reference set, partition by partition.
// Spec: fsspec, `LazyReferenceMapper`; docs/ARCHITECTURE.md, D12.

public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Writes datasets, and so converts reference sets: chunks are pulled from their manifests one partition at a time, so
/// memory is bounded by the partitions in flight, whatever the record sizes of input and output.
///
/// With `options.resumeKey`, partitions gather in a directory beside the output that is named by the key: `write` goes on
/// where a run with the same key was cut off, and `writePartitions` lets several processes make some each, until
/// `finish` puts the set into its place. The set is the same, byte for byte, however it came about.
public struct ParquetReferenceWriter: Sendable {
    /// Names an existing file that holds exactly the partition `index` of an array, with as many chunks in a file; nil
    /// where there is none. The file gets a second name instead of being made again.
    public typealias Reusing = @Sendable (_ arrayPath: String, _ index: UInt64) -> String?

    public let options: ParquetReferenceOptions
    private let codecs: CodecDirectory
    private let store: OutputStore?

    /// - Parameters:
    ///   - codecs: `zstd`, and with `fillMissing` those of the arrays.
    ///   - store: where sets go; their paths are URLs then. Nil for directories of this machine.
    public init(
        options: ParquetReferenceOptions = ParquetReferenceOptions(), codecs: CodecDirectory,
        store: OutputStore? = nil
    ) {
        self.options = options
        self.codecs = codecs
        self.store = store
    }

    /// Says early that there is a set at `path` already, which may not be replaced, or that something else is there.
    public func check(_ path: String, overwrite: Bool = false) throws(KerchunkError) {
        if let store {
            try StoreOutput.check(
                path, in: store.store, ParquetOutput.request(options, overwrite: overwrite))
        } else {
            try AtomicDirectory.check(path, overwrite: overwrite, ParquetLayout.directory)
        }
    }

    /// Writes `dataset` to `path`, where it appears whole or not at all. A dataset that is itself read from a directory of
    /// this machine may be written there; one that is read from a store may not be written in its own place.
    /// - Parameters:
    ///   - recordedSources: the sources whose states are recorded; nil for those that the dataset's table knows at the
    ///     end. Give them where a run is resumed and the table fills only while chunks are read.
    ///   - reusing: partitions that need not be made.
    /// - Returns: how many references to chunks the set holds, inline ones included.
    /// - Throws: kind `output` where another run with the same key is at work.
    @discardableResult
    public func write(
        _ dataset: VirtualDataset, to path: String, overwrite: Bool = false,
        recordedSources: [SourceTable.Source]? = nil, reusing: Reusing? = nil,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try complete(
            dataset, path, overwrite, recordedSources, reusing, onlyChecks: false, progress, cancellation)
    }

    // MARK: In several processes

    /// Partitions of all arrays of `dataset`, which `writePartitions` numbers from 0.
    public func partitionCount(of dataset: VirtualDataset) throws(KerchunkError) -> UInt64 {
        try PartitionNumbering(dataset, options, filling: nil).count
    }

    /// Writes some partitions of the set that will be at `path`, but not those that are there already; others may do so at
    /// the same time. Needs `options.resumeKey`.
    /// - Parameter numbers: among the partitions of all arrays, in the order of `forEachArray`.
    /// - Returns: how many references they hold, inline ones included.
    @discardableResult
    public func writePartitions(
        _ numbers: Range<UInt64>, of dataset: VirtualDataset, to path: String, reusing: Reusing? = nil,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try ParquetOutput.check(dataset.root)
        let numbering = try numbering(of: dataset, only: numbers)
        let resumption = AtomicDirectory.Resumption(key: try key, isShared: true)
        let output = try ParquetOutput(
            path, in: store, overwrite: store == nil, sources: dataset.sources, options: options,
            codecs: codecs, resuming: resumption)
        defer { output.set.abort() }
        return try PartitionRun(
            numbering: numbering, output: output, codecs: codecs, reusing: reusing, onlyChecks: false,
            progress: progress, cancellation: cancellation
        ).execute()
    }

    /// Puts the set into its place whose partitions `writePartitions` made. Needs `options.resumeKey`.
    /// - Parameter recordedSources: as for `write`.
    /// - Returns: how many references to chunks the set holds, inline ones included.
    /// - Throws: kind `output` where partitions are missing, which may then be written, or where others are still at work.
    @discardableResult
    public func finish(
        _ dataset: VirtualDataset, to path: String, overwrite: Bool = false,
        recordedSources: [SourceTable.Source]? = nil, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        _ = try key
        return try complete(
            dataset, path, overwrite, recordedSources, nil, onlyChecks: true, nil, cancellation)
    }

    // MARK: Parts

    private var key: String {
        get throws(KerchunkError) {
            if let key = options.resumeKey { return key }
            throw KerchunkError(.usage, "partitions that are written one by one need a resume key")
        }
    }

    private func numbering(
        of dataset: VirtualDataset, only numbers: Range<UInt64>? = nil
    ) throws(KerchunkError) -> PartitionNumbering {
        try PartitionNumbering(
            dataset, options, only: numbers, filling: options.fillMissing ? codecs : nil)
    }

    private func complete(
        _ dataset: VirtualDataset, _ path: String, _ overwrite: Bool,
        _ recordedSources: [SourceTable.Source]?, _ reusing: Reusing?, onlyChecks: Bool,
        _ progress: WritingProgress?, _ cancellation: Cancellation
    ) throws(KerchunkError) -> UInt64 {
        try ParquetOutput.check(dataset.root)
        let numbering = try numbering(of: dataset)
        let resumption = options.resumeKey.map {
            // What others made is not lost for a partition that is missing.
            AtomicDirectory.Resumption(key: $0, keepsPartial: options.keepsPartial || onlyChecks)
        }
        let output = try ParquetOutput(
            path, in: store, overwrite: overwrite, sources: dataset.sources, options: options,
            codecs: codecs, resuming: resumption)
        do {
            if resumption != nil { output.set.removeStrays() }
            let count = try PartitionRun(
                numbering: numbering, output: output, codecs: codecs, reusing: reusing,
                onlyChecks: onlyChecks, progress: progress, cancellation: cancellation
            ).execute()
            try output.finish(dataset.root, recordedSources: recordedSources)
            return count
        } catch {
            output.set.abort()
            throw error
        }
    }
}
