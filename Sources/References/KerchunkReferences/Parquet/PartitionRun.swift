// SPDX-License-Identifier: Apache-2.0
// Makes the partitions of a set that are not there yet, on several threads.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkStorage
import Synchronization

/// One run of the writer over some partitions.
struct PartitionRun: Sendable {
    let numbering: PartitionNumbering
    let output: ParquetOutput
    let codecs: CodecDirectory
    let reusing: ParquetReferenceWriter.Reusing?
    /// Whether all partitions shall be there already.
    let onlyChecks: Bool
    let progress: WritingProgress?
    let cancellation: Cancellation

    private var recordSize: UInt64 { output.options.recordSize }

    /// - Returns: how many references the partitions hold, inline ones included.
    func execute() throws(KerchunkError) -> UInt64 {
        let state = RunState(ProgressCount(progress, total: numbering.positionCount))
        WorkerPool(width: output.options.threadCount).forEach(Int(numbering.runCount)) { number in
            if state.hasFailed || cancellation.isCancelled { return }
            do throws(KerchunkError) {
                let (part, partitions) = numbering.run(UInt64(number))
                try make(partitions, of: part, state)
            } catch {
                state.fail(error)
            }
        }
        if let failure = state.failure { throw failure }
        try cancellation.check()
        return state.count
    }

    private func make(
        _ partitions: Range<UInt64>, of part: PartitionNumbering.Part, _ state: RunState
    ) throws(KerchunkError) {
        var wanted: [UInt64] = []
        for index in partitions {
            if state.hasFailed || cancellation.isCancelled { return }
            if let count = try existing(index, of: part) {
                state.add(count, places: part.positions(ofPartition: index, recordSize: recordSize))
            } else {
                wanted.append(index)
            }
        }
        guard let first = wanted.first, let last = wanted.last else { return }
        if onlyChecks, let index = wanted.first(where: { ParquetLayout.needsFile(key($0, part)) }) {
            throw missing(index, part)
        }
        let grid = part.array.chunks.grid
        let start = grid.positions(ofPartition: first, recordSize: recordSize).lowerBound
        let end = grid.positions(ofPartition: last, recordSize: recordSize).upperBound
        let rows: ChunkManifest
        do {
            rows = try part.array.chunks.rows(start..<end)
        } catch {
            throw KerchunkError(wrapping: error)
        }
        for index in wanted {
            if state.hasFailed || cancellation.isCancelled { return }
            let positions = grid.positions(ofPartition: index, recordSize: recordSize)
            let manifest = rows.slice(positions.lowerBound - start..<positions.upperBound - start)
            let present = UInt64(manifest.presentCount)
            if onlyChecks {
                // Behind the first ones, partitions without chunks have no file.
                guard present == 0, !output.options.fillMissing else { throw missing(index, part) }
                continue
            }
            let fill = present < manifest.positionCount ? try part.fill.bytes() : nil
            state.add(try output.write(manifest, as: key(index, part), fill: fill), places: positions)
        }
    }

    private func key(_ index: UInt64, _ part: PartitionNumbering.Part) -> PartitionKey {
        PartitionKey(arrayPath: part.path, index: index)
    }

    private func missing(_ index: UInt64, _ part: PartitionNumbering.Part) -> KerchunkError {
        KerchunkError(
            .output, "partition \(index) was not written; write it before you finish the set",
            url: output.set.path, object: "/" + part.path)
    }

    /// References of a partition that is there already, made by an earlier run or part of another set; nil where it must
    /// be made.
    private func existing(_ index: UInt64, of part: PartitionNumbering.Part) throws(KerchunkError) -> UInt64?
    {
        let isResumed = output.set.mayHoldFiles
        guard isResumed || reusing != nil else { return nil }
        let key = key(index, part)
        let positions = part.positions(ofPartition: index, recordSize: recordSize)
        let count = positions.upperBound - positions.lowerBound
        let counting = PartitionCounting(codecs: codecs, recordSize: recordSize)
        if isResumed {
            let fill = output.options.fillMissing ? try part.fill.bytes() : nil
            let known = try counting.references(count: count, isOurs: true, fill: fill) {
                try output.set.open(key.name)
            }
            if let known { return known }
        }
        guard !onlyChecks, let other = reusing?(part.path, index) else { return nil }
        let fill = output.options.fillMissing ? try part.fill.bytes() : nil
        let counted = try counting.references(count: count, isOurs: false, fill: fill) {
            try LocalFile(other)
        }
        guard let known = counted else {
            throw KerchunkError(
                .malformed, "this is not partition \(index) of \"\(part.path)\", or it cannot be read",
                url: other)
        }
        do {
            try output.set.link(key.name, to: other)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: output.set.path)
        }
        return known
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
    private let progress: ProgressCount

    init(_ progress: ProgressCount) { self.progress = progress }

    var count: UInt64 { contents.withLock { $0.count } }
    var failure: KerchunkError? { contents.withLock { $0.failure } }
    var hasFailed: Bool { failure != nil }

    /// So many references at `places` are there.
    func add(_ count: UInt64, places: Range<UInt64>) {
        contents.withLock { $0.count += count }
        progress.add(places.upperBound - places.lowerBound)
    }

    /// The first failure stays.
    func fail(_ error: KerchunkError) {
        contents.withLock { contents in
            if contents.failure == nil { contents.failure = error }
        }
    }
}
