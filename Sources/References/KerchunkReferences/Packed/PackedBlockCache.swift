// SPDX-License-Identifier: Apache-2.0
// Decoded blocks of packed datasets, the least recently used of which go first.

import KerchunkModel
import Synchronization

/// Holds decoded blocks of bounded size, for all threads.
// A class because all datasets that are opened together share it.
final class PackedBlockCache: Sendable {
    struct Key: Hashable {
        /// The number of the dataset among those of its reader.
        let file: UInt64
        let block: PackedBlockName
    }

    private struct Entry {
        let manifest: ChunkManifest
        let size: Int
        var lastUse: UInt64
    }

    private struct Contents {
        var entries: [Key: Entry] = [:]
        var size = 0
        var clock: UInt64 = 0
    }

    /// Bytes; the latest block stays, however large it is.
    private let limit: Int
    private let contents = Mutex(Contents())
    /// What an entry takes beyond its columns.
    private static let overhead = 256

    init(limit: Int) { self.limit = limit }

    /// The block under `key`, decoded by `load` where it is not there. Two threads may load the same at once.
    func manifest(_ key: Key, _ load: () throws -> ChunkManifest) throws -> ChunkManifest {
        let known = contents.withLock { contents in
            contents.clock += 1
            contents.entries[key]?.lastUse = contents.clock
            return contents.entries[key]?.manifest
        }
        if let known { return known }
        let manifest = try load()
        let size = manifest.memorySize + Self.overhead
        contents.withLock { contents in
            contents.clock += 1
            let old = contents.entries.updateValue(
                Entry(manifest: manifest, size: size, lastUse: contents.clock), forKey: key)
            contents.size += size - (old?.size ?? 0)
            if contents.size > limit { Self.shrink(&contents, to: limit / 4 * 3) }
        }
        return manifest
    }

    /// Removes what was used longest ago; more than needed, so that it is seldom done.
    private static func shrink(_ contents: inout Contents, to limit: Int) {
        for (key, entry) in contents.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }).dropLast()
        where contents.size > limit {
            contents.size -= entry.size
            contents.entries[key] = nil
        }
    }
}
