// SPDX-License-Identifier: Apache-2.0
// Translate: what the numbers of a toy file are. Pure: nothing is read here.

import Kerchunk

extension ToyHeader {
    /// Bytes. Two numbers of 32 bits and the width of an element may be more than 64 bits hold.
    var fileSize: UInt64 {
        let values = rows.multiplied(by: columns).flatMap { $0.multiplied(by: 4) }
        return values.flatMap { $0.adding(Self.size) } ?? .max
    }

    /// - Parameter splitsRows: whether each row is a chunk.
    func array(in source: SourceIndex, splitsRows: Bool) -> ScannedArray {
        ScannedArray(
            shape: [rows, columns], dataType: .float(width: 4, .little),
            data: .raw(RawData(in: source, at: Self.size, stride: splitsRows ? columns * 4 : nil)))
    }
}
