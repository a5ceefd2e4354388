// SPDX-License-Identifier: Apache-2.0
// Sources that count, or that lie.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// Counts batches, ranges and bytes, so that tests can assert round trips.
public final class CountingSource: ByteSource {
    private let base: any ByteSource
    private let counts = Mutex((batches: 0, ranges: 0, bytes: UInt64(0)))

    public init(_ base: any ByteSource) { self.base = base }

    public var placement: Placement? { base.placement }
    public var name: String { base.name }
    public var stamp: SourceStamp { get throws { try base.stamp } }
    public func size() throws -> UInt64 { try base.size() }
    public var preferredBatch: UInt64 { base.preferredBatch }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        counts.withLock {
            $0.batches += 1
            $0.ranges += ranges.count
            $0.bytes += ranges.reduce(0) { $0 + $1.count }
        }
        return try base.read(ranges)
    }

    /// Calls of `read`: round trips of a remote store.
    public var batches: Int { counts.withLock { $0.batches } }
    public var ranges: Int { counts.withLock { $0.ranges } }
    public var bytes: UInt64 { counts.withLock { $0.bytes } }
}

/// Flips bits of a file in memory at places that follow from a seed.
public func flippingBits(of bytes: Bytes, count: Int, seed: UInt64) -> Bytes {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    var copy = bytes.array
    guard !copy.isEmpty else { return bytes }
    for _ in 0..<count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        copy[Int(state % UInt64(copy.count))] ^= 1 << UInt8(state >> 40 & 7)
    }
    return Bytes(copy)
}
