// SPDX-License-Identifier: Apache-2.0
// Numbers as the bytes of arrays, a whole array in one pass.

package import KerchunkBytes

/// Writes numbers of one format.
package struct ElementWriter: Hashable, Sendable {
    package let format: NumberFormat

    package init(_ format: NumberFormat) { self.format = format }

    /// The lowest bytes of each of `bits`.
    package func bytes(_ bits: [UInt64]) -> Bytes { bytes(bits) { $0 } }

    /// The lowest bytes of the bits that `bits` makes of each number.
    @inlinable package func bytes<Number, Failure: Error>(
        _ numbers: [Number], _ bits: (Number) throws(Failure) -> UInt64
    ) throws(Failure) -> Bytes {
        try bytes(count: numbers.count) { (index) throws(Failure) in try bits(numbers[index]) }
    }

    /// The lowest bytes of the bits that `bits` gives for each of `count` numbers, in their order.
    @inlinable package func bytes<Failure: Error>(
        count: Int, _ bits: (_ index: Int) throws(Failure) -> UInt64
    ) throws(Failure) -> Bytes {
        switch format.width {
        case 1: try words(count, UInt8.self, bits)
        case 2: try words(count, UInt16.self, bits)
        case 4: try words(count, UInt32.self, bits)
        default: try words(count, UInt64.self, bits)
        }
    }

    @inlinable @inline(__always) package func words<Word: FixedWidthInteger, Failure: Error>(
        _ count: Int, _: Word.Type, _ bits: (Int) throws(Failure) -> UInt64
    ) throws(Failure) -> Bytes {
        let size = MemoryLayout<Word>.size
        let isBigEndian = format.order == .big
        return try unsafe Bytes(uninitializedCapacity: count * size) { room throws(Failure) in
            for index in 0..<count {
                let word = Word(truncatingIfNeeded: try bits(index))
                // SAFETY: the room has `size` bytes for each number.
                unsafe room.storeBytes(
                    of: isBigEndian ? word.bigEndian : word.littleEndian, toByteOffset: index * size,
                    as: Word.self)
            }
            return count * size
        }
    }
}
