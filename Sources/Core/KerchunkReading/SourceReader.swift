// SPDX-License-Identifier: Apache-2.0
// Bytes of the files that references point to.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// Opens sources as their bytes are asked for, and keeps those that were used last open.
// A class because all manifests of a transformed dataset share the open files.
public final class SourceReader: Sendable {
    /// Opens the file behind a URL.
    public typealias Opener = @Sendable (_ url: String) throws -> any ByteSource

    private let open: Opener
    /// Whether a source that is not what its table recorded is an error.
    private let checksStamps: Bool
    private let opened = Mutex(Opened())
    private static let openLimit = 64
    /// Remote sources that are read at once: waiting for answers takes no processor.
    private static let remoteWidth = 32

    private struct Opened {
        var sources: [ExactText: (source: any ByteSource, lastUse: UInt64)] = [:]
        var clock: UInt64 = 0

        /// The source behind `url`, which is in use now.
        mutating func use(_ url: String) -> (any ByteSource)? {
            clock += 1
            let key = ExactText(url)
            sources[key]?.lastUse = clock
            return sources[key]?.source
        }

        mutating func insert(_ source: any ByteSource, _ url: String, limit: Int) {
            clock += 1
            sources[url] = (source, clock)
            guard sources.count > limit, let oldest = sources.min(by: { $0.value.lastUse < $1.value.lastUse })
            else { return }
            sources[oldest.key] = nil
        }
    }

    /// - Parameter checksStamps: whether a source that is no longer what its table recorded is an error.
    public init(checksStamps: Bool = true, _ open: @escaping Opener) {
        self.open = open
        self.checksStamps = checksStamps
    }

    public func source(_ url: String) throws(KerchunkError) -> any ByteSource {
        if let known = opened.withLock({ $0.use(url) }) { return known }
        let source: any ByteSource
        do {
            source = try open(url)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
        opened.withLock { $0.insert(source, url, limit: Self.openLimit) }
        return source
    }

    /// The bytes at `locations`, each of which is not missing, in their order; one batch for each source.
    /// - Throws: kind `changed` where a source is not what `table` recorded of it, if anything.
    public func bytes(_ locations: [ChunkLocation], of table: SourceTable) throws(KerchunkError) -> [Bytes] {
        var bytes = [Bytes](repeating: Bytes(), count: locations.count)
        var wanted: [SourceIndex: [Int]] = [:]
        for (index, location) in locations.enumerated() {
            switch location {
            case .missing: break
            case .inline(let embedded): bytes[index] = embedded
            case .wholeFile(let source), .range(let source, _): wanted[source, default: []].append(index)
            }
        }
        let batches = wanted.sorted { $0.key < $1.key }
            .map { row, indices in (source: table[row], locations: indices.map { locations[$0] }) }
        let isRemote = batches.contains { Location.isRemote($0.source.url) }
        let results = WorkerPool(width: isRemote ? Self.remoteWidth : 1).map(batches.count) { number in
            Result { () throws(KerchunkError) in
                try self.bytes(batches[number].locations, of: batches[number].source)
            }
        }
        for (indices, result) in zip(wanted.sorted(by: { $0.key < $1.key }).map(\.value), results) {
            for (index, piece) in zip(indices, try result.get()) { bytes[index] = piece }
        }
        return bytes
    }

    /// The bytes at `locations`, which all lie in the source `known`.
    private func bytes(
        _ locations: [ChunkLocation], of known: SourceTable.Source
    ) throws(KerchunkError) -> [Bytes] {
        let source = try source(known.url)
        let read = Result { () throws(KerchunkError) in
            do {
                let size = try source.size()
                return try source.read(
                    locations.map {
                        if case .range(_, let range) = $0 { range } else { ByteRange(0..<size) }
                    })
            } catch {
                // As the references call it, whatever it calls itself.
                var failure = KerchunkError(wrapping: error)
                failure.url = known.url
                throw failure
            }
        }
        // Afterwards, so that a file that changes while it is read is seen, too.
        if checksStamps { try Self.check(known, source) }
        return try read.get()
    }

    /// Throws where `source` is not what was recorded.
    private static func check(
        _ known: SourceTable.Source, _ source: any ByteSource
    ) throws(KerchunkError) {
        guard known.stamp != SourceStamp(), let now = try? source.currentStamp,
            let change = known.stamp.change(to: now)
        else { return }
        throw KerchunkError(
            .changed,
            "the file has changed since it was scanned, so its references may lead to other values: \(change); scan it again",
            url: known.url)
    }
}
