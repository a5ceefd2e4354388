// SPDX-License-Identifier: Apache-2.0
// The files of an open Parquet reference set.

import KerchunkModel
import KerchunkStorage
import Synchronization

/// Finds and decodes partitions; shared by the arrays of a set.
struct PartitionStore: Sendable {
    let store: any ObjectStore
    let recordSize: UInt64
    let decoder: PartitionDecoder
    let cache: PartitionCache
    /// That of the set among those that share the cache.
    let number: UInt64
    /// The state of the metadata when the set was opened.
    let stamp: SourceStamp
    /// Whether asking for a state is cheap enough to be done for each partition.
    let isLocal: Bool

    /// Requests for at most this many chunks decode only the pages that hold them; larger ones the whole partition,
    /// as its other chunks will be asked for next.
    private static let smallRequest: UInt64 = 4096

    /// Partitions that are fetched together: waiting for answers takes no processor.
    static let remoteWidth: UInt64 = 16

    /// The latest modification of a partition that is known to belong to the metadata; seen by all copies.
    let verified = VerifiedTime()

    /// A file that was asked for, and has come if it is small.
    typealias Fetched = Result<any ByteSource, any Error>

    /// The files of `keys`, asked for together; nil for those that are known.
    func fetch(_ keys: [PartitionKey]) -> [Fetched?] {
        let needed = keys.map { !cache.holds(PartitionCache.Key(set: number, partition: $0)) }
        let fetched = WorkerPool(width: keys.count).map(keys.count) { index -> [Fetched] in
            guard needed[index] else { return [] }
            return [
                Result {
                    let file = try store.open(keys[index].name)
                    // The first answer brings its start as well.
                    _ = try file.size()
                    return file
                }
            ]
        }
        return fetched.map(\.first)
    }

    /// The chunks `wanted` of a partition of `count`; all of them are missing where it has no file.
    /// - Parameter fetched: its file, where that was asked for before.
    func manifest(
        _ key: PartitionKey, _ wanted: Range<UInt64>, count: UInt64, _ fetched: Fetched? = nil
    ) throws(KerchunkError) -> ChunkManifest {
        // Over a network a partition comes whole.
        let isSmall = isLocal && wanted.upperBound - wanted.lowerBound <= Self.smallRequest
        let place = PartitionCache.Key(set: number, partition: key)
        let found = try cache.rows(wanted, of: place) { () throws(KerchunkError) in
            if isLocal { try checkUnchanged() }
            do {
                let source = try fetched?.get() ?? store.open(key.name)
                let rows = try decoder.rows(
                    isSmall ? wanted : 0..<count, source, count: count, recordSize: recordSize)
                if !isLocal { try checkUnchanged(since: try source.stamp.modificationTime) }
                return rows
            } catch {
                let failure = KerchunkError(wrapping: error)
                guard failure.kind == .notFound else { throw failure.locating(object: "/" + key.arrayPath) }
                try checkUnchanged()
                return PartitionRows(rows: 0..<count, manifest: try MemoryManifest.rows(of: count))
            }
        }
        let start = found.rows.lowerBound
        return found.manifest.slice(wanted.lowerBound - start..<wanted.upperBound - start)
    }

    /// A set in a store is made with its metadata last, and replaced with its metadata removed first: a partition that is
    /// younger than them may be of another set, which one more request tells.
    private func checkUnchanged(since partition: Int64?) throws(KerchunkError) {
        guard let partition, let own = stamp.modificationTime, partition >= own,
            !verified.covers(partition)
        else { return }
        try checkUnchanged()
        verified.extend(to: partition)
    }

    /// Chunks of a set that was replaced or removed meanwhile are not missing: they are unknown.
    private func checkUnchanged() throws(KerchunkError) {
        let found: SourceStamp?
        do {
            found = try store.open(ParquetLayout.metadataName).stamp
        } catch {
            let failure = KerchunkError(wrapping: error)
            guard isLocal || failure.kind == .notFound else { throw failure }
            found = nil
        }
        guard found == stamp else {
            throw KerchunkError(.changed, "the reference set was replaced or removed while it was being read")
        }
    }
}

/// Up to when partitions are known to belong to the metadata.
// A class because all who read a set share it.
final class VerifiedTime: Sendable {
    private let time = Mutex<Int64?>(nil)

    func covers(_ modification: Int64) -> Bool { time.withLock { $0.map { modification <= $0 } ?? false } }
    func extend(to modification: Int64) { time.withLock { $0 = max($0 ?? modification, modification) } }
}
