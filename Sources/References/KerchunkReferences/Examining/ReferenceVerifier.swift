// SPDX-License-Identifier: Apache-2.0
// Holds a reference set against the files that it refers to.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkReading
public import KerchunkStorage
import Synchronization

/// Checks that sources are there and unchanged, that every range lies inside its source, and that a sample of chunks
/// decodes to what their arrays say.
public struct ReferenceVerifier: Sendable {
    private let sources: SourceReader
    private let codecs: CodecDirectory
    /// Stored bytes of a chunk that is read at most.
    private static let largestChunk: UInt64 = 1 << 30

    public init(sources: SourceReader, codecs: CodecDirectory) {
        self.sources = sources
        self.codecs = codecs
    }

    /// What is being done; one stage may come again.
    public enum Stage: String, Sendable {
        /// Remote files are asked for.
        case sources
        /// Places of the grids are gone through.
        case chunks
        /// Chunks of the sample are read.
        case reading
    }

    /// Told how much of a stage is done; from any thread.
    public typealias Progress = @Sendable (_ stage: Stage, _ done: UInt64, _ total: UInt64) -> Void

    /// - Parameters:
    ///   - sampleSize: chunks to read and decode, drawn evenly from all that are not missing.
    ///   - seed: the same seed draws the same chunks of the same set.
    public func verify(
        _ dataset: VirtualDataset, sampleSize: Int = 0, seed: UInt64 = 0,
        cancellation: Cancellation = Cancellation(), progress: @escaping Progress = { _, _, _ in }
    ) throws(KerchunkError) -> ReferenceVerification {
        do {
            var pass = Pass(
                sources: sources, table: dataset.sources, sample: ChunkSample(size: sampleSize, seed: seed),
                cancellation: cancellation, progress: progress)
            var total: UInt64 = 0
            dataset.root.forEachArray { _, array in total = total.adding(array.chunks.grid.count) ?? .max }
            var done: UInt64 = 0
            try dataset.root.forEachArray { path, array in
                do {
                    try array.chunks.forEachRun { start, manifest in
                        try cancellation.check()
                        try pass.check(manifest, from: start, of: path)
                        done = done.adding(manifest.positionCount) ?? .max
                        progress(.chunks, min(done, total), total)
                    }
                } catch {
                    throw KerchunkError(wrapping: error).locating(object: "/" + path)
                }
            }
            try dataset.looseKeys?.values.forEachRun { _, manifest in try pass.checkLoose(manifest) }
            pass.checkTruncatedSources()
            var result = pass.result
            try read(
                pass.sample, of: dataset, closed: pass.closedSources, into: &result, cancellation, progress)
            return result
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// - Parameter closed: sources on hosts that cannot be reached, and why; they are not tried again.
    private func read(
        _ sample: ChunkSample, of dataset: VirtualDataset, closed: [SourceIndex: String],
        into result: inout ReferenceVerification, _ cancellation: Cancellation, _ progress: @escaping Progress
    ) throws {
        var arrays: [ExactText: VirtualArray] = [:]
        let wanted = Set(sample.chunks.map(\.path))
        dataset.root.forEachArray { path, array in if wanted.contains(path) { arrays[path] = array } }
        let outcomes = decodeAll(sample.chunks, arrays, dataset.sources, closed, cancellation, progress)
        try cancellation.check()
        for (chunk, outcome) in zip(sample.chunks, outcomes) {
            guard let array = arrays[chunk.path] else { continue }
            let coordinates = array.chunks.grid.coordinates(of: chunk.position)
            let key = keyPrefix(ofPath: chunk.path) + ChunkKeyEncoding.dots.key(coordinates)
            let url: String? =
                switch chunk.location {
                case .range(let source, _), .wholeFile(let source): dataset.sources[source].url
                case .inline, .missing: nil
                }
            do throws(KerchunkError) {
                try outcome.get()
                result.readCount += 1
            } catch {
                let bad = ReferenceVerification.BadChunk(key: key, url: url, problem: error.message)
                if error.kind == .unsupported || error.kind == .limit {
                    result.unjudged.append(bad)
                } else {
                    result.readCount += 1
                    result.badChunks.append(bad)
                }
            }
        }
    }

    /// Small chunks together, large ones one by one, so that memory is bounded.
    private func decodeAll(
        _ chunks: [ChunkSample.Chunk], _ arrays: [ExactText: VirtualArray], _ table: SourceTable,
        _ closed: [SourceIndex: String], _ cancellation: Cancellation, _ progress: @escaping Progress
    ) -> [Result<Void, KerchunkError>] {
        let done = Atomic<UInt64>(0)
        var outcomes = [Result<Void, KerchunkError>](repeating: .success(()), count: chunks.count)
        func decode(_ indices: [Int], width: Int) {
            let some = WorkerPool(width: width).map(indices.count) { number in
                Result { () throws(KerchunkError) in
                    try cancellation.check()
                    let chunk = chunks[indices[number]]
                    defer {
                        progress(
                            .reading, done.wrappingAdd(1, ordering: .relaxed).newValue, UInt64(chunks.count))
                    }
                    switch chunk.location {
                    case .range(let source, _), .wholeFile(let source):
                        if let problem = closed[source] { throw KerchunkError(.input, problem) }
                    case .inline, .missing: break
                    }
                    if let array = arrays[chunk.path] {
                        try self.decode(chunk.location, of: array, in: table)
                    }
                }
            }
            for (index, outcome) in zip(indices, some) { outcomes[index] = outcome }
        }
        let isSmall = chunks.map { Self.isSmall($0.location, of: arrays[$0.path]) }
        let isRemote = chunks.contains { chunk in
            switch chunk.location {
            case .range(let source, _), .wholeFile(let source): Location.isRemote(table[source].url)
            case .inline, .missing: false
            }
        }
        decode(
            chunks.indices.filter { isSmall[$0] },
            width: isRemote ? Pass.remoteWidth : WorkerPool.cores.width)
        decode(chunks.indices.filter { !isSmall[$0] }, width: 1)
        return outcomes
    }

    /// Bytes of a chunk, stored and decoded, that may be in memory with those of others.
    private static let smallChunk: UInt64 = 16 << 20

    private static func isSmall(_ location: ChunkLocation, of array: VirtualArray?) -> Bool {
        guard let array, let size = checkedProduct(array.chunkShape + [UInt64(array.dataType.size)]) else {
            return false
        }
        switch location {
        case .range(_, let range): return range.count <= smallChunk && size <= smallChunk
        // How long a file is, only opening it tells; as a chunk, hardly longer than what it decodes to.
        case .wholeFile, .inline, .missing: return size <= smallChunk
        }
    }

    private func decode(
        _ location: ChunkLocation, of array: VirtualArray, in table: SourceTable
    ) throws(KerchunkError) {
        let pipeline = try CodecPipeline(array, from: codecs)
        guard let size = checkedProduct(array.chunkShape + [UInt64(array.dataType.size)]),
            size <= UInt64(Int.max) / 4
        else { throw KerchunkError(.limit, "its chunks are too large to decode") }
        if case .range(_, let range) = location, range.count > Self.largestChunk {
            throw KerchunkError(.limit, "its \(range.count) bytes exceed the limit for reading a chunk")
        }
        let stored = try sources.bytes([location], of: table)[0]
        if array.dataType.isObject {
            // Texts of any length: their codec checks the container.
            _ = try pipeline.decode(stored, limit: Int.max / 2)
            return
        }
        let decoded: Bytes
        do throws(KerchunkError) {
            decoded = try pipeline.decode(stored, limit: Int(size) + ArrayReader.stepOverhead)
        } catch {
            // More bytes than the chunk has is a bad chunk, not a limit of ours.
            throw error.kind == .limit ? KerchunkError(.malformed, error.message) : error
        }
        guard decoded.count == Int(size) else {
            throw KerchunkError(
                .malformed, "it decodes to \(decoded.count) bytes; a chunk has \(size)")
        }
    }
}

/// Going once through all chunks.
private struct Pass {
    let sources: SourceReader
    let table: SourceTable
    var sample: ChunkSample
    private var checks: [SourceIndex: Check] = [:]
    private var inline: UInt64 = 0
    private var order: [SourceIndex] = []

    /// What is known of remote sources before the pass, as each costs a round trip.
    private var remoteChecks: [ExactText: Check] = [:]
    static let remoteWidth = 32

    private let cancellation: Cancellation
    private let progress: ReferenceVerifier.Progress
    /// Hosts that have no address or do not answer: the rest of their files is not asked for.
    private let lostHosts = LostHosts()

    // A class because all workers look at it.
    private final class LostHosts: Sendable { let names = Mutex<Set<ExactText>>([]) }

    private struct Check: Sendable {
        var source: ReferenceVerification.Source
        /// Bytes; nil where the source cannot be opened.
        let size: UInt64?
    }

    init(
        sources: SourceReader, table: SourceTable, sample: ChunkSample, cancellation: Cancellation,
        progress: @escaping ReferenceVerifier.Progress
    ) {
        self.sources = sources
        self.table = table
        self.sample = sample
        self.cancellation = cancellation
        self.progress = progress
    }

    /// Sources on hosts that cannot be reached, and what was told of them.
    var closedSources: [SourceIndex: String] {
        let names = lostHosts.names.withLock { $0 }
        return checks.filter { check in
            check.value.size == nil && Self.host(of: check.value.source.url).map(names.contains) == true
        }.mapValues { $0.source.problem ?? "its host cannot be reached" }
    }

    var result: ReferenceVerification {
        var result = ReferenceVerification()
        result.inline = inline
        result.sources = order.compactMap { checks[$0]?.source }
        result.references = result.sources.reduce(0) { $0 + $1.references }
        return result
    }

    /// Sources of the table that were looked at, or are not remote.
    private var knownCount = 0

    /// Looks at all remote sources that became known since, many at once.
    private mutating func checkRemoteSources() throws(KerchunkError) {
        var remote: [SourceTable.Source] = []
        table.forEachSource(from: knownCount) { source in
            knownCount += 1
            if Location.isRemote(source.url) { remote.append(source) }
        }
        guard !remote.isEmpty else { return }
        let found = remote
        let (sources, lostHosts, progress, cancellation) = (sources, lostHosts, progress, cancellation)
        let done = Atomic<UInt64>(0)
        let checks = WorkerPool(width: Self.remoteWidth).map(found.count) {
            let check = Self.check(found[$0], sources, lostHosts, cancellation)
            progress(.sources, done.wrappingAdd(1, ordering: .relaxed).newValue, UInt64(found.count))
            return check
        }
        try cancellation.check()
        for check in checks { remoteChecks[check.source.url] = check }
    }

    mutating func check(
        _ manifest: ChunkManifest, from start: UInt64, of path: String
    ) throws(KerchunkError) {
        try checkRemoteSources()
        manifest.forEachPresent(
            onRange: { position, source, offset, length in
                count(source, end: offset + length)
                sample.offer(path, start + position) { .range(source, ByteRange(offset..<offset + length)) }
            },
            onOther: { position, location in
                switch location {
                case .wholeFile(let source): count(source, end: 0)
                case .inline: inline += 1
                case .range, .missing: return
                }
                sample.offer(path, start + position) { location }
            })
    }

    /// Checks what belongs to no array, and so cannot be decoded.
    mutating func checkLoose(_ manifest: ChunkManifest) throws {
        try checkRemoteSources()
        manifest.forEachPresent { _, location in
            switch location {
            case .range(let source, let range): count(source, end: range.end)
            case .wholeFile(let source): count(source, end: 0)
            case .inline: inline += 1
            case .missing: break
            }
        }
    }

    /// Looks at sources that were truncated, too, where nothing that is left refers to them.
    mutating func checkTruncatedSources() {
        var row: UInt32 = 0
        var truncated: [SourceIndex] = []
        table.forEachSource { source in
            if source.stamp.fullSize != nil { truncated.append(SourceIndex(row: row)) }
            row += 1
        }
        for source in truncated { look(at: source) }
    }

    private mutating func look(at source: SourceIndex) {
        guard checks[source] == nil else { return }
        let known = table[source]
        checks[source] = remoteChecks[known.url] ?? Self.check(known, sources, lostHosts, cancellation)
        order.append(source)
    }

    private mutating func count(_ source: SourceIndex, end: UInt64) {
        look(at: source)
        checks[source]?.source.references += 1
        if let size = checks[source]?.size, end > size {
            checks[source]?.source.outside += 1
            if checks[source]?.source.problem == nil {
                checks[source]?.source.problem =
                    "a reference ends at byte \(end), but the file at byte \(size)"
            }
        }
    }

    /// Whether `known` is there, and as it was.
    private static func check(
        _ known: SourceTable.Source, _ sources: SourceReader, _ lostHosts: LostHosts,
        _ cancellation: Cancellation
    ) -> Check {
        var result = ReferenceVerification.Source(url: known.url)
        let host = host(of: known.url)
        do {
            try cancellation.check()
            if let host, lostHosts.names.withLock({ $0.contains(host) }) {
                result.problem = "not requested, because \(host) cannot be reached"
                return Check(source: result, size: nil)
            }
            let source = try sources.source(known.url)
            let size = try source.size()
            result.wasRecorded = known.stamp != SourceStamp()
            var now = try source.stamp
            now.size = size
            if let change = known.stamp.change(to: now) {
                result.problem = "changed: \(change)"
            } else if let fullSize = known.stamp.fullSize {
                // Its missing chunks read as fill values.
                result.problem = "truncated when it was scanned: \(size) of \(fullSize) bytes"
            }
            return Check(source: result, size: size)
        } catch {
            let error = KerchunkError(wrapping: error)
            if error.cause is UnreachableHost, let host { _ = lostHosts.names.withLock { $0.insert(host) } }
            result.problem = error.message
            return Check(source: result, size: nil)
        }
    }

    /// `https://host`, `s3://bucket`; nil for what is not remote.
    private static func host(of url: String) -> String? {
        guard Location.isRemote(url) else { return nil }
        let outer = LocationChain.outerFile(of: url)
        guard let scheme = outer.firstRange(ofASCII: "://") else { return nil }
        return shownURL(
            String(outer[..<scheme.upperBound] + outer[scheme.upperBound...].prefix { $0 != "/" }))
    }
}
