// SPDX-License-Identifier: Apache-2.0
// Sources that count, or that misbehave as networks and disks do.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// A source over another one, of which it says all but what it reads otherwise.
public protocol WrappingSource: ByteSource {
    var base: any ByteSource { get }
}

extension WrappingSource {
    public var placement: Placement? { base.placement }
    public var name: String { base.name }
    public var stamp: SourceStamp { get throws { try base.stamp } }
    public func size() throws -> UInt64 { try base.size() }
    public var preferredBatch: UInt64 { base.preferredBatch }
}

/// Counts batches, ranges and bytes, so that tests can assert round trips.
public final class CountingSource: WrappingSource {
    public let base: any ByteSource
    private let counts = Mutex((batches: 0, ranges: 0, bytes: UInt64(0)))

    public init(_ base: any ByteSource) { self.base = base }

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

/// A file that was cut off: its first bytes, and an error behind them.
public struct TruncatedSource: WrappingSource {
    public let base: any ByteSource
    private let length: UInt64

    /// - Parameter length: bytes that are left; no more than `base` has.
    public init(_ base: any ByteSource, to length: UInt64) {
        self.base = base
        self.length = length
    }

    public var stamp: SourceStamp { SourceStamp(size: length) }
    public func size() -> UInt64 { length }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return try base.read(ranges)
    }
}

/// A file some bits of which are others; which ones follows from a seed.
public struct BitFlippingSource: WrappingSource {
    public let base: any ByteSource
    private let flips: [(offset: UInt64, mask: UInt8)]

    /// - Parameters:
    ///   - count: bits to flip, all among the first `reach` bytes.
    ///   - reach: bytes; nil for the whole file.
    public init(_ base: any ByteSource, count: Int, seed: UInt64, reach: UInt64? = nil) throws {
        self.base = base
        var numbers = SeededNumbers(seed: seed)
        let size = min(try base.size(), reach ?? .max)
        flips = (0..<(size == 0 ? 0 : count)).map { _ in
            let number = numbers.next()
            return (number % size, 1 << UInt8(number >> 40 & 7))
        }
    }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        zip(ranges, try base.read(ranges)).map { range, bytes in
            let hits = flips.filter { range.offset <= $0.offset && $0.offset < range.end }
            if hits.isEmpty { return bytes }
            var copy = bytes.array
            for hit in hits { copy[Int(hit.offset - range.offset)] ^= hit.mask }
            return Bytes(copy)
        }
    }
}

/// A line that is cut during some batches, and well again afterwards.
public final class FlakySource: WrappingSource {
    public let base: any ByteSource
    private let fails: @Sendable (Int) -> Bool
    private let count = Atomic(0)
    private let failed = Atomic(false)

    /// What a failed batch throws.
    public static let error: KerchunkError = {
        var error = KerchunkError(.network, "the line is cut")
        error.isTransient = true
        return error
    }()

    /// - Parameter fails: whether the batch of that number fails, counted from 0.
    public init(_ base: any ByteSource, fails: @escaping @Sendable (Int) -> Bool) {
        self.base = base
        self.fails = fails
    }

    /// Whether some batch has failed.
    public var hasFailed: Bool { failed.load(ordering: .relaxed) }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        if fails(count.wrappingAdd(1, ordering: .relaxed).oldValue) {
            failed.store(true, ordering: .relaxed)
            throw Self.error
        }
        return try base.read(ranges)
    }
}

/// A source that takes its time over each batch, and reads the ranges of a batch one by one.
public final class SlowSource: WrappingSource {
    public let base: any ByteSource
    private let milliseconds: UInt64
    private let onRead: @Sendable (Int) -> Void
    private let count = Atomic(0)

    /// - Parameters:
    ///   - milliseconds: before each batch is read.
    ///   - onRead: called while the batch of that number, counted from 0, is waited for.
    public init(
        _ base: any ByteSource, milliseconds: UInt64 = 0, onRead: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.base = base
        self.milliseconds = milliseconds
        self.onRead = onRead
    }

    /// Calls of `read`.
    public var batches: Int { count.load(ordering: .relaxed) }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        onRead(count.wrappingAdd(1, ordering: .relaxed).oldValue)
        if milliseconds > 0 { _ = Platform.Bell().wait(past: 0, milliseconds: milliseconds) }
        return try ranges.map { try base.read([$0])[0] }
    }
}

/// Flips bits of a file in memory at places that follow from a seed.
public func flippingBits(of bytes: Bytes, count: Int, seed: UInt64) -> Bytes {
    var numbers = SeededNumbers(seed: seed)
    var copy = bytes.array
    guard !copy.isEmpty else { return bytes }
    for _ in 0..<count {
        let number = numbers.next()
        copy[Int(number % UInt64(copy.count))] ^= 1 << UInt8(number >> 40 & 7)
    }
    return Bytes(copy)
}
