// SPDX-License-Identifier: Apache-2.0
// The partitions of all arrays of a dataset, and which of them are read together.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Partitions in one numbering: those of the first array, then of the next.
struct PartitionNumbering: Sendable {
    /// The partitions of one array that are to be dealt with.
    struct Part: Sendable {
        let path: String
        let array: VirtualArray
        let fill: FillOnce
        /// Partitions, counted from the array's first one.
        let partitions: Range<UInt64>
        /// Partitions that are read together; runs start at its multiples.
        let run: UInt64
        /// The number of its first run among those of all parts.
        let firstRun: UInt64

        func positions(ofPartition index: UInt64, recordSize: UInt64) -> Range<UInt64> {
            array.chunks.grid.positions(ofPartition: index, recordSize: recordSize)
        }

        /// The partitions of run `number`, counted from this part's first one.
        func partitions(ofRun number: UInt64) -> Range<UInt64> {
            let start = (partitions.lowerBound / run + number) * run
            return max(start, partitions.lowerBound)..<min(start + run, partitions.upperBound)
        }
    }

    /// Chunks at all partitions that are to be dealt with, missing ones included.
    var positionCount: UInt64 {
        parts.reduce(0) { $0 + $1.array.chunks.grid.count }
    }

    private(set) var parts: [Part] = []
    private(set) var runCount: UInt64 = 0
    /// Partitions of all arrays.
    private(set) var count: UInt64 = 0
    /// Partitions of a set, files or not, that are gone through at most.
    private static let largestCount: UInt64 = 1 << 28

    /// - Parameters:
    ///   - wanted: the partitions to be dealt with; nil for all.
    ///   - codecs: those that encode missing chunks; nil where these stay missing.
    init(
        _ dataset: VirtualDataset, _ options: ParquetReferenceOptions, only wanted: Range<UInt64>? = nil,
        filling codecs: CodecDirectory?
    ) throws(KerchunkError) {
        try Self.check(options)
        dataset.root.forEachArray { path, array in
            let size = array.chunks.grid.partitionCount(recordSize: options.recordSize)
            let all = count..<(count.adding(size) ?? .max)
            count = all.upperBound
            let some = wanted.map { all.clamped(to: $0) } ?? all
            guard !some.isEmpty else { return }
            let run = Self.run(of: array.chunks, options)
            let part = Part(
                path: path, array: array, fill: FillOnce(array, codecs: codecs),
                partitions: some.lowerBound - all.lowerBound..<some.upperBound - all.lowerBound, run: run,
                firstRun: runCount)
            runCount += (part.partitions.upperBound - 1) / run - part.partitions.lowerBound / run + 1
            parts.append(part)
        }
        guard count <= Self.largestCount else {
            throw KerchunkError(
                .limit, "\(counted(count, "partition")) are too many; use a larger record size")
        }
        if let wanted, wanted.upperBound > count {
            throw KerchunkError(
                .usage,
                "partitions \(wanted.lowerBound) to \(wanted.upperBound) of a dataset that has \(count)")
        }
    }

    static func check(_ options: ParquetReferenceOptions) throws(KerchunkError) {
        guard options.recordSize > 0, options.recordSize <= ParquetLayout.largestPartition else {
            throw KerchunkError(
                .usage,
                "the record size is \(options.recordSize); expected 1 to \(ParquetLayout.largestPartition)")
        }
    }

    /// Partitions of `manifest` that are read together: all runs in flight hold no more than `largestRun` positions.
    private static func run(of manifest: any ManifestSource, _ options: ParquetReferenceOptions) -> UInt64 {
        let limit = largestRun / UInt64(max(1, options.threadCount)) / options.recordSize
        return max(1, min(manifest.minimumRun.dividedRoundingUp(by: options.recordSize), limit))
    }

    /// The part that run `number` belongs to, and its partitions.
    func run(_ number: UInt64) -> (part: Part, partitions: Range<UInt64>) {
        var low = 0
        var high = parts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if parts[middle].firstRun <= number { low = middle } else { high = middle }
        }
        return (parts[low], parts[low].partitions(ofRun: number - parts[low].firstRun))
    }
}
