// SPDX-License-Identifier: Apache-2.0
// Chunks on a regular grid, in C order.

import KerchunkBytes

/// The number of chunks along each axis, and positions in C order.
public struct ChunkGrid: Hashable, Sendable {
    /// Chunks along each axis; empty for a scalar, whose only chunk has position 0.
    public let shape: [UInt64]
    /// Chunks in all.
    public let count: UInt64

    /// The one chunk of a scalar.
    public static let scalar = ChunkGrid()

    private init() {
        shape = []
        count = 1
    }

    /// - Returns: nil where the number of chunks does not fit into 64 bits.
    public init?(shape: [UInt64]) {
        guard let count = checkedProduct(shape) else { return nil }
        self.shape = shape
        self.count = count
    }

    /// The grid of an array of `shape` elements in chunks of `chunkShape` elements.
    /// - Returns: nil for chunks without extent, ranks that differ, or too many chunks.
    public init?(covering shape: [UInt64], by chunkShape: [UInt64]) {
        guard shape.count == chunkShape.count, !chunkShape.contains(0) else { return nil }
        self.init(shape: zip(shape, chunkShape).map { $0.dividedRoundingUp(by: $1) })
    }

    public var rank: Int { shape.count }

    /// How far the position moves with one step along each axis.
    public var strides: [UInt64] {
        var strides = [UInt64](repeating: 1, count: rank)
        for axis in stride(from: rank - 2, through: 0, by: -1) {
            strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
        }
        return strides
    }

    /// The coordinates, in chunks, of `position`.
    public func coordinates(of position: UInt64) -> [UInt64] {
        var rest = position
        var coordinates = [UInt64](repeating: 0, count: rank)
        for axis in stride(from: rank - 1, through: 0, by: -1) where shape[axis] > 0 {
            (rest, coordinates[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
        }
        return coordinates
    }

    /// The position of `coordinates`, which lie inside the grid.
    public func position(of coordinates: [UInt64]) -> UInt64 {
        zip(coordinates, shape).reduce(0) { $0 * $1.1 + $1.0 }
    }
}
