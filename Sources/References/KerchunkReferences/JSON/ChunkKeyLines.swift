// SPDX-License-Identifier: Apache-2.0
// Keys of chunks, cut into the part that stays for a run of chunks and the one index that moves.

import KerchunkBytes
import KerchunkModel

/// The keys of an array's chunks, a line at a time: along the last axis that has several chunks only one index changes.
struct ChunkKeyLines {
    /// Positions of the line at hand.
    private(set) var line: Range<UInt64> = 0..<0
    /// What stands before the moving index, padded by a block.
    private(set) var text: [UInt8] = []
    /// Bytes of `text` that count.
    private(set) var textCount = 0
    /// What follows the moving index: the zeros of later axes.
    let suffix: [UInt8]

    private let start: [UInt8]
    /// Along the axes before the moving one.
    private var outer: GridWalk
    private let lineLength: UInt64
    private let separator: UInt8

    /// - Parameters:
    ///   - start: what stands before the indices: the JSON text up to the array's path and a slash.
    init(start: [UInt8], grid: ChunkGrid, encoding: ChunkKeyEncoding) {
        let axis = grid.shape.lastIndex { $0 > 1 } ?? 0
        outer = GridWalk(Array(grid.shape.prefix(axis)))
        lineLength = grid.rank == 0 ? 1 : max(grid.shape[axis], 1)
        separator = encoding.separator
        suffix = Array(
            repeating: [encoding.separator, UInt8(ascii: "0")], count: max(0, grid.rank - axis - 1)
        )
        .flatMap { $0 }
        self.start = start + (encoding.hasPrefix ? [UInt8(ascii: "c"), encoding.separator] : [])
    }

    /// Makes the line that holds `position` the one at hand.
    mutating func move(to position: UInt64) {
        let first = position - position % lineLength
        if first == line.upperBound, first > 0 {
            outer.advance()
        } else {
            outer.move(to: position / lineLength)
        }
        line = first..<first + lineLength
        var writer = JSONWriter()
        swap(&writer.text, &text)
        writer.text.removeAll(keepingCapacity: true)
        writer.text += start
        for coordinate in outer.coordinates {
            writer.append(decimal: coordinate)
            writer.text.append(separator)
        }
        textCount = writer.text.count
        for _ in 0..<paddedBlock { writer.text.append(0) }
        swap(&writer.text, &text)
    }
}
