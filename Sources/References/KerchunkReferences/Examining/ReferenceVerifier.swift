// SPDX-License-Identifier: Apache-2.0
// Holds a reference set against the files that it refers to.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkReading
public import KerchunkStorage

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

    /// - Parameters:
    ///   - sampleSize: chunks to read and decode, drawn evenly from all that are not missing.
    ///   - seed: the same seed draws the same chunks of the same set.
    public func verify(
        _ dataset: VirtualDataset, sampleSize: Int = 0, seed: UInt64 = 0,
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> ReferenceVerification {
        do {
            var pass = Pass(
                sources: sources, table: dataset.sources, sample: ChunkSample(size: sampleSize, seed: seed))
            try dataset.root.forEachArray { path, array in
                do {
                    try array.chunks.forEachRun { start, manifest in
                        try cancellation.check()
                        pass.check(manifest, from: start, of: path)
                    }
                } catch {
                    throw KerchunkError(wrapping: error).locating(object: "/" + path)
                }
            }
            try dataset.looseKeys?.values.forEachRun { _, manifest in pass.checkLoose(manifest) }
            pass.checkTruncatedSources()
            var result = pass.result
            try read(pass.sample, of: dataset, into: &result, cancellation)
            return result
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    private func read(
        _ sample: ChunkSample, of dataset: VirtualDataset, into result: inout ReferenceVerification,
        _ cancellation: Cancellation
    ) throws {
        var arrays: [String: VirtualArray] = [:]
        let wanted = Set(sample.chunks.map(\.path))
        dataset.root.forEachArray { path, array in if wanted.contains(path) { arrays[path] = array } }
        let outcomes = decodeAll(sample.chunks, arrays, dataset.sources, cancellation)
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
        _ chunks: [ChunkSample.Chunk], _ arrays: [String: VirtualArray], _ table: SourceTable,
        _ cancellation: Cancellation
    ) -> [Result<Void, KerchunkError>] {
        var outcomes = [Result<Void, KerchunkError>](repeating: .success(()), count: chunks.count)
        func decode(_ indices: [Int], width: Int) {
            let some = WorkerPool(width: width).map(indices.count) { number in
                Result { () throws(KerchunkError) in
                    try cancellation.check()
                    let chunk = chunks[indices[number]]
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
        let pipeline = try CodecPipeline(array.codecs, from: codecs)
        guard let size = checkedProduct(array.chunkShape + [UInt64(array.dataType.size)]),
            size <= UInt64(Int.max) / 4
        else { throw KerchunkError(.limit, "its chunks are too large to be decoded") }
        if case .range(_, let range) = location, range.count > Self.largestChunk {
            throw KerchunkError(.limit, "its \(range.count) bytes are more than are read at once")
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
                .malformed, "it has \(decoded.count) bytes when decoded; its chunk takes \(size)")
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
    private var remoteChecks: [String: Check] = [:]
    static let remoteWidth = 32

    private struct Check: Sendable {
        var source: ReferenceVerification.Source
        /// Bytes; nil where the source cannot be opened.
        let size: UInt64?
    }

    init(sources: SourceReader, table: SourceTable, sample: ChunkSample) {
        self.sources = sources
        self.table = table
        self.sample = sample
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
    private mutating func checkRemoteSources() {
        var remote: [SourceTable.Source] = []
        table.forEachSource(from: knownCount) { source in
            knownCount += 1
            if Location.isRemote(source.url) { remote.append(source) }
        }
        guard !remote.isEmpty else { return }
        let found = remote
        let sources = sources
        let checks = WorkerPool(width: Self.remoteWidth).map(found.count) {
            Self.check(found[$0], sources)
        }
        for check in checks { remoteChecks[check.source.url] = check }
    }

    mutating func check(_ manifest: ChunkManifest, from start: UInt64, of path: String) {
        checkRemoteSources()
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
    mutating func checkLoose(_ manifest: ChunkManifest) {
        checkRemoteSources()
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
        checks[source] = remoteChecks[known.url] ?? Self.check(known, sources)
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
    private static func check(_ known: SourceTable.Source, _ sources: SourceReader) -> Check {
        var result = ReferenceVerification.Source(url: known.url)
        do {
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
            result.problem = KerchunkError(wrapping: error).message
            return Check(source: result, size: nil)
        }
    }
}
