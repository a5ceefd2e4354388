// SPDX-License-Identifier: Apache-2.0
// How one run of raw bytes is cut into chunks.

import KerchunkBytes

/// Equal parts of an array whose elements lie side by side; a short last part of raw data opens in no reader.
public struct ContiguousSplit: Sendable {
    /// Elements of a chunk along each axis.
    public let chunkShape: [UInt64]

    /// Chunks below this many bytes are worth no reference of their own.
    private static let smallChunk: UInt64 = 4096

    /// Cuts along the slowest axes, so that each chunk is one run of bytes of at most `limit` bytes; an axis whose length
    /// has no fitting divisor is cut as finely as its divisors allow, but not into crumbs: then chunks are larger.
    public init(shape: [UInt64], elementSize: UInt64, limit: UInt64) {
        var chunk = shape.map { max($0, 1) }
        for axis in chunk.indices {
            let size = chunk.reduce(elementSize) { $0.multiplied(by: $1) ?? .max }
            guard size > limit else { break }
            // Bytes of one step along this axis; the chunk may have as many steps as fit.
            let step = max(size / chunk[axis], 1)
            let fitting = max(1, limit / step)
            var steps = Self.largestDivisor(of: chunk[axis], atMost: fitting)
            if fitting > 1, steps.multiplied(by: step) ?? .max < min(Self.smallChunk, limit / 64) {
                steps = Self.smallestDivisor(of: chunk[axis], above: fitting)
            }
            chunk[axis] = steps
        }
        chunkShape = chunk
    }

    /// - Complexity: O(√length), at most 2^20 divisions.
    static func largestDivisor(of length: UInt64, atMost limit: UInt64) -> UInt64 {
        if length <= limit { return length }
        return divisors(of: length).filter { $0 <= limit }.max() ?? 1
    }

    static func smallestDivisor(of length: UInt64, above limit: UInt64) -> UInt64 {
        divisors(of: length).filter { $0 > limit }.min() ?? length
    }

    /// All divisors, in no order. Of lengths beyond 2^40 only those with a factor of at most 2^20.
    private static func divisors(of length: UInt64) -> [UInt64] {
        var found: [UInt64] = []
        var candidate: UInt64 = 1
        while candidate <= 1 << 20, candidate * candidate <= length {
            if length % candidate == 0 {
                found.append(candidate)
                found.append(length / candidate)
            }
            candidate += 1
        }
        return found
    }
}
