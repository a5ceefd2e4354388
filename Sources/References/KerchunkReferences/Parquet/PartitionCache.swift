// SPDX-License-Identifier: Apache-2.0
// Decoded partitions, the least recently used of which go first.

import KerchunkModel
import Synchronization

/// Holds decoded partitions of bounded size, for all threads.
// A class because all arrays of a reference set share it.
final class PartitionCache: Sendable {
    private struct Entry {
        let manifest: ChunkManifest
        let size: Int
        var lastUse: UInt64
    }

    private struct Contents {
        var entries: [PartitionKey: Entry] = [:]
        var size = 0
        var clock: UInt64 = 0
    }

    /// Bytes; the latest partition stays whatever its size.
    private let limit: Int
    private let contents = Mutex(Contents())
    /// What an entry takes beyond its columns.
    private static let overhead = 512

    init(limit: Int) { self.limit = limit }

    /// The manifest of `key`, decoded by `load` where it is not there. Two threads may load the same one at once.
    func manifest(
        _ key: PartitionKey, _ load: () throws(KerchunkError) -> ChunkManifest
    ) throws(KerchunkError) -> ChunkManifest {
        if let known = find(key) { return known }
        let manifest = try load()
        insert(key, manifest)
        return manifest
    }

    private func find(_ key: PartitionKey) -> ChunkManifest? {
        contents.withLock { contents in
            contents.clock += 1
            contents.entries[key]?.lastUse = contents.clock
            return contents.entries[key]?.manifest
        }
    }

    private func insert(_ key: PartitionKey, _ manifest: ChunkManifest) {
        let size = manifest.memorySize + Self.overhead
        contents.withLock { contents in
            contents.clock += 1
            let entry = Entry(manifest: manifest, size: size, lastUse: contents.clock)
            contents.size += size - (contents.entries.updateValue(entry, forKey: key)?.size ?? 0)
            while contents.size > limit, contents.entries.count > 1,
                let oldest = contents.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                contents.entries[oldest.key] = nil
                contents.size -= oldest.value.size
            }
        }
    }
}
