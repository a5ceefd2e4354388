// SPDX-License-Identifier: Apache-2.0
// A bounded cache of what was read, in blocks, before a slower source.

public import KerchunkBytes
public import KerchunkModel
import Synchronization

/// Reads in blocks ahead of what is asked, and keeps the latest blocks.
///
/// Metadata of a file lies in clusters: a read of 40 bytes is followed by its neighbours. Each miss therefore fetches at
/// least `block` bytes. Reads of more than `block` bytes pass through and are not kept.
// A class because the cache is shared by all who read the source.
public final class ReadaheadSource: ByteSource {
    private let base: any ByteSource
    private let block: UInt64
    private let capacity: Int
    private let totalSize: UInt64
    private let cache = Mutex(Cache())

    private struct Cache {
        /// Blocks by index, and the time of their last use.
        var blocks: [UInt64: (bytes: Bytes, used: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    /// - Parameters:
    ///   - block: bytes of a block.
    ///   - capacity: blocks to keep.
    public init(_ base: any ByteSource, block: UInt64 = 1 << 20, capacity: Int = 64) throws {
        self.base = base
        self.block = block
        self.capacity = capacity
        totalSize = try base.size()
    }

    public var placement: Placement? { base.placement }
    public var name: String { base.name }
    public var stamp: SourceStamp { get throws { try base.stamp } }
    public func size() -> UInt64 { totalSize }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        if ranges.count == 1, let only = ranges.first, let bytes = cached(only) { return [bytes] }
        var blocks = try blocks(under: ranges)
        let long = ranges.filter { !isShort($0) }
        let longBytes = long.isEmpty ? [] : try base.read(long)
        var nextLong = 0
        return ranges.map { range in
            if !isShort(range) {
                nextLong += 1
                return longBytes[nextLong - 1]
            }
            return assemble(range, from: &blocks)
        }
    }

    private func isShort(_ range: ByteRange) -> Bool { range.count <= block }

    private func cached(_ range: ByteRange) -> Bytes? {
        guard range.count > 0 else { return Bytes() }
        let index = range.offset / block
        guard (range.end - 1) / block == index else { return nil }
        return cache.withLock { cache in
            guard let found = cache.blocks[index] else { return nil }
            cache.clock += 1
            cache.blocks[index]?.used = cache.clock
            let start = Int(range.offset - index * block)
            return found.bytes[start..<start + Int(range.count)]
        }
    }

    /// The blocks that the short ranges touch, fetched in one batch where they are not cached.
    private func blocks(under ranges: [ByteRange]) throws -> [UInt64: Bytes] {
        var needed: [UInt64: Bytes] = [:]
        var missing: [UInt64] = []
        cache.withLock { cache in
            cache.clock += 1
            for range in ranges where range.count > 0 && isShort(range) {
                for index in range.offset / block...(range.end - 1) / block where needed[index] == nil {
                    if let found = cache.blocks[index] {
                        cache.blocks[index]?.used = cache.clock
                        needed[index] = found.bytes
                    } else {
                        needed[index] = Bytes()
                        missing.append(index)
                    }
                }
            }
        }
        guard !missing.isEmpty else { return needed }
        let fetched = try base.read(
            missing.map { ByteRange($0 * block..<min(totalSize, ($0 + 1) * block)) })
        cache.withLock { cache in
            for (index, bytes) in zip(missing, fetched) {
                needed[index] = bytes
                cache.blocks[index] = (bytes, cache.clock)
            }
            if cache.blocks.count > capacity {
                let oldest = cache.blocks.sorted { $0.value.used < $1.value.used }
                for (index, _) in oldest.prefix(cache.blocks.count - capacity / 2) { cache.blocks[index] = nil }
            }
        }
        return needed
    }

    private func assemble(_ range: ByteRange, from blocks: inout [UInt64: Bytes]) -> Bytes {
        guard range.count > 0 else { return Bytes() }
        let first = range.offset / block
        let start = Int(range.offset - first * block)
        guard let bytes = blocks[first] else { return Bytes() }
        if start + Int(range.count) <= bytes.count { return bytes[start..<start + Int(range.count)] }
        var joined = bytes.dropping(start).array
        joined.reserveCapacity(Int(range.count))
        var index = first + 1
        while joined.count < Int(range.count), let next = blocks[index] {
            joined.append(contentsOf: next[0..<min(next.count, Int(range.count) - joined.count)].array)
            index += 1
        }
        return Bytes(joined)
    }
}
