// SPDX-License-Identifier: Apache-2.0
// Keys of chunks, cut into the part that stays for a run of chunks and the one index that moves.

import KerchunkModel

/// The keys of an array's chunks, a line at a time: along the last axis that has several chunks only one index changes.
struct ChunkKeyLines {
    /// Positions in a line.
    let lineLength: UInt64
    /// What follows the moving index: the zeros of later axes.
    let suffix: [UInt8]
    private let start: [UInt8]
    private let grid: ChunkGrid
    private let axis: Int
    private let separator: UInt8

    /// - Parameters:
    ///   - start: what stands before the indices: the JSON text up to the array's path and a slash.
    init(start: [UInt8], grid: ChunkGrid, encoding: ChunkKeyEncoding) {
        self.grid = grid
        separator = encoding.separator
        axis = grid.shape.lastIndex { $0 > 1 } ?? 0
        lineLength = grid.rank == 0 ? 1 : grid.shape[axis]
        suffix = Array(repeating: [encoding.separator, UInt8(ascii: "0")], count: max(0, grid.rank - axis - 1))
            .flatMap { $0 }
        self.start = start + (encoding.hasPrefix ? [UInt8(ascii: "c"), encoding.separator] : [])
    }

    /// The text before the moving index, for the line that starts at `position`.
    func line(at position: UInt64) -> [UInt8] {
        var text = start
        guard axis > 0 else { return text }
        for coordinate in grid.coordinates(of: position)[..<axis] {
            text.append(contentsOf: coordinate.description.utf8)
            text.append(separator)
        }
        return text
    }
}
