// SPDX-License-Identifier: Apache-2.0
// A bounded cache of what was read, in blocks, before a slower source.

public import KerchunkBytes
public import KerchunkModel
import Synchronization

/// Reads in blocks ahead of what is asked, and keeps the latest blocks.
///
/// Metadata of a file lies in clusters: a read of 40 bytes is followed by its neighbours. Each miss
/// therefore fetches whole blocks, but only a few at once: batches that are scattered (the nodes of an
/// index between the chunks) or long go straight to the source, which knows best how to join them, and are
/// not kept.
// A class because the cache is shared by all who read the source.
public final class ReadaheadSource: ByteSource {
    private let base: any ByteSource
    private let block: UInt64
    private let capacity: Int
    /// Bytes at the start of the file that are fetched and kept by themselves; 0 for none.
    private let startSize: UInt64
    /// Blocks that one batch may add.
    private static let blocksOfBatch = 2
    private let totalSize: UInt64
    private let cache = Mutex(Cache())
    private let start = Mutex(Bytes())
    /// Rung when blocks have come, or will not.
    private let arrival = Platform.Bell()

    fileprivate struct Cache {
        /// Blocks by index, and the time of their last use.
        var blocks: [UInt64: (bytes: Bytes, used: UInt64)] = [:]
        var clock: UInt64 = 0
        /// Blocks that some thread is fetching.
        var underWay: Set<UInt64> = []
    }

    /// - Parameters:
    ///   - block: bytes of a block.
    ///   - capacity: blocks to keep.
    ///   - start: bytes of the first read. A format is known by them, and some have all that counts there, so that a
    ///     block would be too much; 0 makes the start a block like any other.
    public init(
        _ base: any ByteSource, block: UInt64 = 256 << 10, capacity: Int = 64, start: UInt64 = 0
    ) throws {
        self.base = base
        self.block = block
        self.capacity = capacity
        totalSize = try base.size()
        startSize = min(start, totalSize)
    }

    public var placement: Placement? { base.placement }
    public var name: String { base.name }
    public var stamp: SourceStamp { get throws { try base.stamp } }
    public var currentStamp: SourceStamp { get throws { try base.currentStamp } }
    public var givesParts: Bool { get throws { try base.givesParts } }
    public func size() -> UInt64 { totalSize }
    public var preferredBatch: UInt64 { base.preferredBatch }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        if ranges.allSatisfy({ $0.end <= startSize }) { return try readStart(ranges) }
        var (results, missing) = cached(ranges)
        if missing.isEmpty { return results }
        if let blocks = blocksToFetch(for: missing.map { ranges[$0] }) {
            try fetch(blocks)
            let asked = missing
            let found = cached(asked.map { ranges[$0] })
            for (position, index) in asked.enumerated() { results[index] = found.results[position] }
            missing = found.missing.map { asked[$0] }
            if missing.isEmpty { return results }
        }
        for (index, bytes) in zip(missing, try base.read(missing.map { ranges[$0] })) {
            results[index] = bytes
        }
        return results
    }

    private func readStart(_ ranges: [ByteRange]) throws -> [Bytes] {
        let known = start.withLock { $0 }
        let bytes = known.isEmpty && startSize > 0 ? try base.read(ByteRange(0..<startSize)) : known
        if known.isEmpty { start.withLock { $0 = bytes } }
        return ranges.map { bytes[Int($0.offset)..<Int($0.end)] }
    }

    /// What the cache holds of `ranges`, and the indices of those that it does not hold.
    private func cached(_ ranges: [ByteRange]) -> (results: [Bytes], missing: [Int]) {
        var results: [Bytes] = []
        results.reserveCapacity(ranges.count)
        var missing: [Int] = []
        cache.withLock { cache in
            cache.clock += 1
            for (index, range) in ranges.enumerated() {
                if let bytes = cache.bytes(of: range, block: block) {
                    results.append(bytes)
                } else {
                    results.append(Bytes())
                    missing.append(index)
                }
            }
        }
        return (results, missing)
    }

    /// The blocks under `ranges` that are not cached; nil where they are too many to be worth it.
    private func blocksToFetch(for ranges: [ByteRange]) -> [UInt64]? {
        var needed: Set<UInt64> = []
        for range in ranges {
            let last = (range.end - 1) / block
            guard last - range.offset / block < UInt64(Self.blocksOfBatch) else { return nil }
            for index in range.offset / block...last { needed.insert(index) }
            if needed.count > 2 * Self.blocksOfBatch { return nil }
        }
        let missing = cache.withLock { cache in needed.filter { cache.blocks[$0] == nil } }
        return missing.count <= Self.blocksOfBatch ? missing.sorted() : nil
    }

    /// Brings `blocks` into the cache; those that another thread is fetching are waited for.
    private func fetch(_ blocks: [UInt64]) throws {
        let own = cache.withLock { cache in
            let own = blocks.filter { !cache.underWay.contains($0) }
            cache.underWay.formUnion(own)
            return own
        }
        if !own.isEmpty {
            defer {
                cache.withLock { $0.underWay.subtract(own) }
                arrival.ring()
            }
            let fetched = try base.read(own.map { ByteRange($0 * block..<min(totalSize, ($0 + 1) * block)) })
            cache.withLock { cache in
                for (index, bytes) in zip(own, fetched) { cache.blocks[index] = (bytes, cache.clock) }
                if cache.blocks.count > capacity { cache.forget(downTo: capacity / 2) }
            }
        }
        guard own.count < blocks.count else { return }
        var heard: UInt64 = 0
        while cache.withLock({ cache in blocks.contains { cache.underWay.contains($0) } }) {
            heard = arrival.wait(past: heard, milliseconds: 100)
        }
    }
}

extension ReadaheadSource.Cache {
    /// `range`, where all of its blocks are cached.
    fileprivate mutating func bytes(of range: ByteRange, block: UInt64) -> Bytes? {
        guard range.count > 0 else { return Bytes() }
        if blocks.isEmpty { return nil }
        let first = range.offset / block
        let last = (range.end - 1) / block
        guard let start = blocks[first]?.bytes else { return nil }
        blocks[first]?.used = clock
        let position = Int(range.offset - first * block)
        if first == last { return start[position..<position + Int(range.count)] }
        guard last - first <= UInt64(blocks.count) else { return nil }
        var joined = start.dropping(position).array
        for index in first + 1...last {
            guard let next = blocks[index]?.bytes else { return nil }
            blocks[index]?.used = clock
            joined += next[0..<min(next.count, Int(range.count) - joined.count)].array
        }
        return Bytes(joined)
    }

    /// Keeps the `count` blocks that were used last.
    fileprivate mutating func forget(downTo count: Int) {
        let oldest = blocks.sorted { $0.value.used < $1.value.used }
        for (index, _) in oldest.prefix(max(0, blocks.count - count)) { blocks[index] = nil }
    }
}
