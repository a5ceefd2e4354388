// SPDX-License-Identifier: Apache-2.0
// Writes a dataset as a Parquet reference set, partition by partition.
// Spec: fsspec, `LazyReferenceMapper`.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// Writes datasets, and so converts reference sets: chunks are pulled from their manifests one partition at a time, so
/// memory is bounded by the partitions in flight, whatever the record sizes of input and output.
public struct ParquetReferenceWriter: Sendable {
    public let options: ParquetReferenceOptions
    private let codecs: CodecDirectory
    /// Partitions of a set, files or not, that are gone through at most.
    private static let largestPartitionCount: UInt64 = 1 << 28

    /// - Parameter codecs: `zstd`, and with `fillMissing` those of the arrays.
    public init(options: ParquetReferenceOptions = ParquetReferenceOptions(), codecs: CodecDirectory) {
        self.options = options
        self.codecs = codecs
    }

    /// Writes `dataset` to the directory `path`, which appears whole or not at all. A dataset that is itself read from
    /// there may be written there.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public func write(
        _ dataset: VirtualDataset, to path: String, overwrite: Bool = false,
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try ParquetOutput.check(dataset.root)
        let output = try ParquetOutput(
            path, overwrite: overwrite, sources: dataset.sources, options: options, codecs: codecs)
        do {
            let count = try writePartitions(try jobs(dataset), to: output, cancellation)
            try cancellation.check()
            try output.finish(dataset.root)
            return count
        } catch {
            output.directory.abort()
            throw error
        }
    }

    /// An array, and the number of its first run among those of all arrays.
    private struct Job: Sendable {
        let path: String
        let array: VirtualArray
        let first: UInt64
        /// Partitions that are read together.
        let run: UInt64
        let fill: FillOnce
    }

    private struct Jobs: Sendable {
        var list: [Job] = []
        var count: UInt64 = 0
    }

    /// Partitions that are read together from `manifest`: all runs in flight hold no more than `largestRun` positions.
    private func run(of manifest: any ManifestSource) -> UInt64 {
        let limit = largestRun / UInt64(max(1, options.threadCount)) / options.recordSize
        return max(1, min(manifest.minimumRun.dividedRoundingUp(by: options.recordSize), limit))
    }

    private func jobs(_ dataset: VirtualDataset) throws(KerchunkError) -> Jobs {
        var jobs = Jobs()
        var partitionCount: UInt64 = 0
        dataset.root.forEachArray { path, array in
            guard array.chunks.grid.count > 0 else { return }
            let fill = FillOnce(array, codecs: options.fillMissing ? codecs : nil)
            let run = run(of: array.chunks)
            let count = array.chunks.grid.partitionCount(recordSize: options.recordSize)
            jobs.list.append(Job(path: path, array: array, first: jobs.count, run: run, fill: fill))
            jobs.count = jobs.count.adding(count.dividedRoundingUp(by: run)) ?? .max
            partitionCount = partitionCount.adding(count) ?? .max
        }
        guard partitionCount <= Self.largestPartitionCount else {
            throw KerchunkError(.limit, "\(partitionCount) partitions are too many; use a larger record size")
        }
        return jobs
    }

    private func writePartitions(
        _ jobs: Jobs, to output: ParquetOutput, _ cancellation: Cancellation
    ) throws(KerchunkError) -> UInt64 {
        let state = RunState()
        let list = jobs.list
        WorkerPool(width: options.threadCount).forEach(Int(jobs.count)) { number in
            if state.hasFailed || cancellation.isCancelled { return }
            do throws(KerchunkError) {
                let job = list[Self.job(for: UInt64(number), in: list)]
                try write(run: UInt64(number) - job.first, of: job, to: output, state, cancellation)
            } catch {
                state.fail(error)
            }
        }
        if let failure = state.failure { throw failure }
        return state.count
    }

    private func write(
        run: UInt64, of job: Job, to output: ParquetOutput, _ state: RunState, _ cancellation: Cancellation
    ) throws(KerchunkError) {
        let grid = job.array.chunks.grid
        let start = run * job.run
        let end = min(start + job.run, grid.partitionCount(recordSize: options.recordSize))
        let first = grid.positions(ofPartition: start, recordSize: options.recordSize).lowerBound
        let last = grid.positions(ofPartition: end - 1, recordSize: options.recordSize).upperBound
        let rows: ChunkManifest
        do {
            rows = try job.array.chunks.rows(first..<last)
        } catch {
            throw KerchunkError(wrapping: error)
        }
        for index in start..<end {
            if state.hasFailed || cancellation.isCancelled { return }
            let positions = grid.positions(ofPartition: index, recordSize: options.recordSize)
            let manifest = rows.slice(positions.lowerBound - first..<positions.upperBound - first)
            let key = PartitionKey(arrayPath: job.path, index: index)
            let fill = UInt64(manifest.presentCount) < manifest.positionCount ? try job.fill.bytes() : nil
            state.add(try output.write(manifest, as: key, fill: fill))
        }
    }

    /// The job that run `number` belongs to: the last one that starts at it or before.
    private static func job(for number: UInt64, in list: [Job]) -> Int {
        var low = 0
        var high = list.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if list[middle].first <= number { low = middle } else { high = middle }
        }
        return low
    }
}

/// The encoded fill chunk of an array, made when first asked for.
// A class because the workers share what one of them made.
final class FillOnce: Sendable {
    private let array: VirtualArray
    /// Nil where missing chunks stay missing.
    private let codecs: CodecDirectory?
    private let made = Mutex<Bytes?>(nil)

    init(_ array: VirtualArray, codecs: CodecDirectory?) {
        self.array = array
        self.codecs = codecs
    }

    func bytes() throws(KerchunkError) -> Bytes? {
        guard let codecs else { return nil }
        if let known = made.withLock({ $0 }) { return known }
        let bytes = try FillChunk.encoded(array, codecs: codecs)
        made.withLock { $0 = bytes }
        return bytes
    }
}

/// What the workers of a run have in common.
// A class because they share it.
private final class RunState: Sendable {
    private let contents = Mutex((count: UInt64(0), failure: KerchunkError?.none))

    var count: UInt64 { contents.withLock { $0.count } }
    var failure: KerchunkError? { contents.withLock { $0.failure } }
    var hasFailed: Bool { failure != nil }

    func add(_ count: UInt64) { contents.withLock { $0.count += count } }

    /// The first failure stays.
    func fail(_ error: KerchunkError) {
        contents.withLock { contents in
            if contents.failure == nil { contents.failure = error }
        }
    }
}
