// SPDX-License-Identifier: Apache-2.0
// Bits of elements gathered by their place: first bits of all elements, then second bits, and so on.
// Spec: bitshuffle 0.5, README; Blosc and HDF5's filter 32008 use the same order.

enum BitTransposition {
    /// Elements from planes of their bits; bytes beyond `count` elements stay where they are.
    /// - Parameter count: a multiple of 8, so that a plane is whole bytes.
    static func gather(_ planes: ArraySlice<UInt8>, elementSize: Int, count: Int) -> [UInt8] {
        var elements = Array(planes)
        let planeSize = count / 8
        planes.withContiguousElements { planes in
            var target = elements.mutableSpan
            for byte in 0..<elementSize {
                let plane = byte * count
                for group in 0..<planeSize {
                    var bits: UInt64 = 0
                    for bit in 0..<8 {
                        bits |= UInt64(planes[plane + bit * planeSize + group]) &<< UInt64(8 * bit)
                    }
                    bits = transposed(bits)
                    for element in 0..<8 {
                        target[(group * 8 + element) * elementSize + byte] =
                            UInt8(truncatingIfNeeded: bits &>> UInt64(8 * element))
                    }
                }
            }
        }
        return elements
    }

    /// The reverse of `gather`.
    static func scatter(_ elements: ArraySlice<UInt8>, elementSize: Int, count: Int) -> [UInt8] {
        var planes = Array(elements)
        let planeSize = count / 8
        elements.withContiguousElements { elements in
            var target = planes.mutableSpan
            for byte in 0..<elementSize {
                let plane = byte * count
                for group in 0..<planeSize {
                    var bits: UInt64 = 0
                    for element in 0..<8 {
                        bits |=
                            UInt64(elements[(group * 8 + element) * elementSize + byte])
                            &<< UInt64(8 * element)
                    }
                    bits = transposed(bits)
                    for bit in 0..<8 {
                        target[plane + bit * planeSize + group] =
                            UInt8(truncatingIfNeeded: bits &>> UInt64(8 * bit))
                    }
                }
            }
        }
        return planes
    }

    /// Eight rows of eight bits, mirrored at the diagonal by exchanging ever larger squares.
    @inline(__always) private static func transposed(_ rows: UInt64) -> UInt64 {
        var rows = rows
        var exchanged = (rows ^ (rows >> 7)) & 0x00AA_00AA_00AA_00AA
        rows ^= exchanged ^ (exchanged << 7)
        exchanged = (rows ^ (rows >> 14)) & 0x0000_CCCC_0000_CCCC
        rows ^= exchanged ^ (exchanged << 14)
        exchanged = (rows ^ (rows >> 28)) & 0x0000_0000_F0F0_F0F0
        return rows ^ exchanged ^ (exchanged << 28)
    }
}
