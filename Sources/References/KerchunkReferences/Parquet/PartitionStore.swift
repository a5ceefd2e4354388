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
    /// The state of the metadata when the set was opened.
    let stamp: SourceStamp
    /// Whether asking for a state is cheap enough to be done for each partition.
    let isLocal: Bool

    /// The `count` chunks of a partition; all of them are missing where it has no file.
    func manifest(_ key: PartitionKey, count: UInt64) throws(KerchunkError) -> ChunkManifest {
        try cache.manifest(key) { () throws(KerchunkError) in
            try checkUnchanged()
            do {
                let source = try store.open(key.name)
                return try decoder.manifest(source, count: count, recordSize: recordSize)
            } catch {
                let failure = KerchunkError(wrapping: error)
                guard failure.kind == .notFound else { throw failure.locating(object: "/" + key.arrayPath) }
                try checkUnchanged(isCertain: true)
                return try MemoryManifest.rows(of: count)
            }
        }
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
