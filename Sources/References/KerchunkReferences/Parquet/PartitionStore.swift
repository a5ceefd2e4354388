// SPDX-License-Identifier: Apache-2.0
// The files of an open Parquet reference set.

import KerchunkModel
import KerchunkStorage

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

    /// The chunks `wanted` of a partition of `count`; all of them are missing where it has no file.
    func manifest(_ key: PartitionKey, _ wanted: Range<UInt64>, count: UInt64) throws(KerchunkError)
        -> ChunkManifest
    {
        let isSmall = wanted.upperBound - wanted.lowerBound <= Self.smallRequest
        let place = PartitionCache.Key(set: number, partition: key)
        let found = try cache.rows(wanted, of: place) { () throws(KerchunkError) in
            try checkUnchanged()
            do {
                let source = try store.open(key.name)
                return try decoder.rows(
                    isSmall ? wanted : 0..<count, source, count: count, recordSize: recordSize)
            } catch {
                let failure = KerchunkError(wrapping: error)
                guard failure.kind == .notFound else { throw failure.locating(object: "/" + key.arrayPath) }
                try checkUnchanged(isCertain: true)
                return PartitionRows(rows: 0..<count, manifest: try MemoryManifest.rows(of: count))
            }
        }
        let start = found.rows.lowerBound
        return found.manifest.slice(wanted.lowerBound - start..<wanted.upperBound - start)
    }

    /// Chunks of a set that was replaced or removed meanwhile are not missing: they are unknown.
    private func checkUnchanged(isCertain: Bool = false) throws(KerchunkError) {
        guard isLocal || isCertain else { return }
        let found: SourceStamp?
        do {
            found = try store.open(ParquetLayout.metadataName).stamp
        } catch {
            found = nil
        }
        guard found == stamp else {
            throw KerchunkError(.changed, "the reference set was replaced or removed while it was being read")
        }
    }
}
