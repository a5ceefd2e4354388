// SPDX-License-Identifier: Apache-2.0
// Uncompressed chunks cut to a length that fits all inputs.

import KerchunkModel
import KerchunkReferences

/// How the chunks of a variable are cut so that inputs can stand beside each other.
struct Splitting {
    /// By occurrence: the parts that its chunks are cut into.
    let factors: [UInt64]
    /// Of the output.
    let chunkShape: [UInt64]

    /// - Returns: nil where chunks cannot be cut that way.
    init?(_ join: VariableJoin, _ cells: Cells) {
        let arrays = join.occurrences.map(\.variable.schema.array)
        guard arrays.allSatisfy({ $0.codecs.isEmpty && !$0.dataType.isObject }) else { return nil }
        let gained = join.shape.count - join.reference.chunkShape.count
        var common = join.reference.chunkShape
        for array in arrays {
            for axis in common.indices { common[axis] = Self.divisor(common[axis], array.chunkShape[axis]) }
        }
        for (index, axis) in join.axes.enumerated() {
            guard let number = axis.inputNumber else { continue }
            for cut in cells.cuts[index].dropLast() { common[number] = Self.divisor(common[number], cut) }
            for piece in join.occurrences.lazy.flatMap({ axis.plan.pieces[$0.input] }) {
                common[number] = Self.divisor(common[number], piece.start)
                if piece.end != axis.plan.length {
                    common[number] = Self.divisor(common[number], piece.count)
                }
            }
        }
        // Parts are contiguous only where the axes before are cut to single elements.
        for array in arrays {
            guard let last = common.indices.last(where: { array.chunkShape[$0] > common[$0] }) else {
                continue
            }
            for axis in 0..<last { common[axis] = 1 }
        }
        factors = arrays.map { zip($0.chunkShape, common).reduce(1) { $0 * ($1.0 / max(1, $1.1)) } }
        guard factors.contains(where: { $0 > 1 }) else { return nil }
        for (array, factor) in zip(arrays, factors) where factor > 1 {
            var own = array
            own.shape = own.chunkShape
            guard let split = try? ChunkSplit(own, factor: factor), split.chunkShape == common else {
                return nil
            }
        }
        chunkShape = [UInt64](repeating: 1, count: gained) + common
    }

    /// The greatest common divisor; all of `length` for 0.
    private static func divisor(_ length: UInt64, _ other: UInt64) -> UInt64 {
        var (one, other) = (length, other)
        while other != 0 { (one, other) = (other, one % other) }
        return one
    }
}
