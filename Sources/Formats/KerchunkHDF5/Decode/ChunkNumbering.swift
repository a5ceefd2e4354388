// SPDX-License-Identifier: Apache-2.0
// In which order the elements of fixed and extensible arrays stand for chunks.
// Spec: HDF5 File Format Specification 3.0, VII "Appendix C: Types of Indexes for Dataset Chunks". It is
// silent on the order of extensible arrays whose unlimited axis is not the first: the HDF5 library moves
// that axis to the front (`H5VM_swizzle_coords`).

import KerchunkBytes
import KerchunkModel

/// Maps the number of an element to a position on the dataset's grid.
///
/// Chunks are numbered in C order on a grid that counts the *maximum* extents; an unlimited axis is the
/// slowest.
struct ChunkNumbering: Sendable {
    fileprivate struct Axis {
        /// Chunks that the numbering counts along the axis; nil for an unlimited one.
        var numbered: UInt64?
        /// Chunks of the current extent.
        var count: UInt64
        /// How far the position on the dataset's grid moves with one chunk.
        var stride: UInt64
    }

    /// From the slowest to the fastest; never empty.
    private let axes: [Axis]
    /// Chunks of the largest extent; nil where it is unlimited, or they do not fit into 64 bits.
    let count: UInt64?

    /// - Returns: nil for more than 2⁶⁴ chunks, several unlimited axes, or ranks that differ.
    init?(grid: ChunkGrid, chunkShape: [UInt64], maximum: [UInt64?]) {
        guard grid.rank > 0, maximum.count == grid.rank, chunkShape.count == grid.rank else { return nil }
        let strides = grid.strides
        var axes = grid.shape.indices.map { axis in
            Axis(
                numbered: maximum[axis].map { max(1, $0.dividedRoundingUp(by: chunkShape[axis])) },
                count: grid.shape[axis], stride: strides[axis])
        }
        if let unlimited = axes.firstIndex(where: { $0.numbered == nil }) {
            axes.insert(axes.remove(at: unlimited), at: 0)
        }
        guard checkedProduct(axes.dropFirst().map { $0.numbered ?? .max }) != nil,
            !axes.dropFirst().contains(where: { $0.numbered == nil })
        else { return nil }
        let numbered = axes.compactMap(\.numbered)
        count = numbered.count == axes.count ? checkedProduct(numbered) : nil
        self.axes = Self.merged(axes)
    }

    /// Joins neighbours that are counted alike here and on the dataset's grid, so that runs get long.
    private static func merged(_ axes: [Axis]) -> [Axis] {
        var merged: [Axis] = []
        for axis in axes {
            guard let slower = merged.last, let numbered = axis.numbered,
                numbered == axis.count || numbered == 1,
                numbered == 1 || slower.stride == numbered.multiplied(by: axis.stride)
            else {
                merged.append(axis)
                continue
            }
            if numbered == 1 { continue }
            merged[merged.count - 1] = Axis(
                // Of the slowest axis, whose product may not fit, the number is never used.
                numbered: slower.numbered.flatMap { $0.multiplied(by: numbered) },
                count: slower.count * numbered,
                stride: axis.stride)
        }
        return merged
    }

    /// Chunks behind each other along the fastest axis.
    struct Run: Equatable, Sendable {
        /// Of the first chunk, on the dataset's grid.
        let position: UInt64
        /// From chunk to chunk.
        let step: UInt64
        /// Chunks inside the dataset's extent.
        let inside: Int
        /// Chunks that follow and are not inside.
        let outside: Int
    }

    /// The chunks from number `first` on, in runs.
    func runs(from first: UInt64) -> Runs { Runs(axes: axes, first: first) }

    struct Runs {
        private let axes: [Axis]
        private var coordinates: [UInt64]

        fileprivate init(axes: [Axis], first: UInt64) {
            self.axes = axes
            coordinates = [UInt64](repeating: 0, count: axes.count)
            var rest = first
            for index in axes.indices.dropFirst().reversed() {
                (rest, coordinates[index]) = rest.quotientAndRemainder(
                    dividingBy: axes[index].numbered ?? .max)
            }
            coordinates[0] = rest
        }

        /// The next run, of at most `limit` chunks; `limit` is positive.
        mutating func next(limit: Int) -> Run {
            let last = axes.count - 1
            let fastest = axes[last]
            var position: UInt64 = 0
            var isInside = true
            for index in 0...last {
                guard coordinates[index] < axes[index].count else {
                    isInside = false
                    break
                }
                position += coordinates[index] * axes[index].stride
            }
            let start = coordinates[last]
            let length = last == 0 ? limit : Int(min(UInt64(limit), (fastest.numbered ?? .max) - start))
            let inside = isInside ? Int(min(UInt64(length), fastest.count - start)) : 0
            advance(by: UInt64(length))
            return Run(
                position: isInside ? position : 0, step: fastest.stride, inside: inside,
                outside: length - inside)
        }

        private mutating func advance(by length: UInt64) {
            var index = axes.count - 1
            coordinates[index] &+= length  // wraps only where no chunk can be
            while index > 0, coordinates[index] >= axes[index].numbered ?? .max {
                coordinates[index] = 0
                index -= 1
                coordinates[index] &+= 1
            }
        }
    }
}
