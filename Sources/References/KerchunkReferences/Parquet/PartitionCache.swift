// SPDX-License-Identifier: Apache-2.0
// Decoded rows of partitions, the least recently used of which go first.

import KerchunkModel
import Synchronization

/// Holds decoded rows of bounded size, for all threads and any number of reference sets.
// A class because all arrays of the sets share it.
public final class PartitionCache: Sendable {
    struct Key: Hashable {
        let set: UInt64
        let partition: PartitionKey
    }

    fileprivate struct Entry {
        let decoded: PartitionRows
        let size: Int
        var lastUse: UInt64
    }

    fileprivate struct Contents {
        /// Mostly one entry a partition, which holds all of it.
        var entries: [Key: [Entry]] = [:]
        var size = 0
        var clock: UInt64 = 0
    }

    /// Bytes; the latest rows stay, however many they are.
    private let limit: Int
    private let contents = Mutex(Contents())
    /// What an entry takes beyond its columns.
    private static let overhead = 512

    private let number = Atomic<UInt64>(0)

    /// - Parameter limit: bytes.
    public init(limit: Int = 64 << 20) { self.limit = limit }

    /// A number for one more set.
    func nextNumber() -> UInt64 { number.add(1, ordering: .relaxed).oldValue }

    /// Rows of `key` that hold `wanted`, decoded by `load` where they are not there. Two threads may load the same at
    /// once.
    func rows(
        _ wanted: Range<UInt64>, of key: Key, _ load: () throws(KerchunkError) -> PartitionRows
    ) throws(KerchunkError) -> PartitionRows {
        if let known = find(wanted, of: key) { return known }
        let decoded = try load()
        insert(key, decoded)
        return decoded
    }

    /// Whether rows of `key` are there.
    func holds(_ key: Key) -> Bool { contents.withLock { $0.entries[key] != nil } }

    private func find(_ wanted: Range<UInt64>, of key: Key) -> PartitionRows? {
        contents.withLock { contents in
            guard let entries = contents.entries[key],
                let index = entries.firstIndex(where: {
                    $0.decoded.rows.lowerBound <= wanted.lowerBound
                        && wanted.upperBound <= $0.decoded.rows.upperBound
                })
            else { return nil }
            contents.clock += 1
            contents.entries[key]?[index].lastUse = contents.clock
            return entries[index].decoded
        }
    }

    private func insert(_ key: Key, _ decoded: PartitionRows) {
        let size = decoded.manifest.memorySize + Self.overhead
        contents.withLock { contents in
            contents.clock += 1
            var entries = contents.entries[key] ?? []
            // What the new rows hold as well is not kept twice.
            let replaced = entries.filter { decoded.rows.clamped(to: $0.decoded.rows) == $0.decoded.rows }
            entries.removeAll { decoded.rows.clamped(to: $0.decoded.rows) == $0.decoded.rows }
            entries.append(Entry(decoded: decoded, size: size, lastUse: contents.clock))
            contents.entries[key] = entries
            contents.size += size - replaced.reduce(0) { $0 + $1.size }
            if contents.size > limit { contents.shrink(to: limit / 4 * 3) }
        }
    }
}

extension PartitionCache.Contents {
    /// Removes what was used longest ago; more than needed, so that it is seldom done.
    fileprivate mutating func shrink(to limit: Int) {
        let order = entries.values.joined().map { ($0.lastUse, $0.size) }.sorted { $0.0 < $1.0 }
        var lastGone: UInt64 = 0
        for (lastUse, size) in order.dropLast() where self.size > limit {
            lastGone = lastUse
            self.size -= size
        }
        for key in Array(entries.keys) {
            entries[key]?.removeAll { $0.lastUse <= lastGone }
            if entries[key]?.isEmpty == true { entries[key] = nil }
        }
    }
}
