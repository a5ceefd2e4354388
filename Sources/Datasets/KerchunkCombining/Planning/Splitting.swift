// SPDX-License-Identifier: Apache-2.0
// Uncompressed chunks cut to a length that fits all inputs.

import KerchunkModel
import KerchunkReferences

/// How the chunks of a variable are cut so that inputs can stand beside each other.
struct Splitting {
    let factor: UInt64
    /// Of the output.
    let chunkShape: [UInt64]

    /// - Returns: nil where chunks cannot be cut that way.
    init?(_ join: VariableJoin, _ cells: Cells) {
        let whole = join.chunkShape(join.reference)
        let gained = whole.count - join.reference.chunkShape.count
        var factors = whole.map { _ in UInt64(1) }
        for (index, axis) in join.axes.enumerated() where axis.inputNumber != nil {
            var length = whole[axis.number]
            for cut in cells.cuts[index].dropLast() { length = Self.divisor(length, cut) }
            for occurrence in join.occurrences {
                for piece in axis.plan.pieces[occurrence.input] {
                    length = Self.divisor(length, piece.start)
                    if piece.end != axis.plan.length { length = Self.divisor(length, piece.count) }
                }
            }
            factors[axis.number] = whole[axis.number] / max(1, length)
        }
        guard let last = factors.lastIndex(where: { $0 > 1 }) else { return nil }
        // Parts are contiguous only where the axes before are cut to single elements.
        for axis in gained..<last { factors[axis] = whole[axis] }
        factor = factors.reduce(1, *)
        chunkShape = zip(whole, factors).map { $0 / $1 }
        var own = join.reference
        own.shape = own.chunkShape
        guard join.reference.codecs.isEmpty, let split = try? ChunkSplit(own, factor: factor),
            split.chunkShape == Array(chunkShape.dropFirst(gained))
        else { return nil }
    }

    /// The greatest common divisor; all of `length` for 0.
    private static func divisor(_ length: UInt64, _ other: UInt64) -> UInt64 {
        var (one, other) = (length, other)
        while other != 0 { (one, other) = (other, one % other) }
        return one
    }
}
