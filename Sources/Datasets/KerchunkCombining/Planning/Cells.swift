// SPDX-License-Identifier: Apache-2.0
// Which input fills which cell between the cuts of the joined axes.

import KerchunkModel

/// A grid of segments, and who fills it.
struct Cells {
    /// By joined axis: the cuts, in elements, 0 and the length included.
    let cuts: [[UInt64]]
    /// By cell, the last axis fastest: the occurrence that fills it; -1 for none.
    private(set) var owners: [Int32]

    init(cuts: [[UInt64]]) {
        self.cuts = cuts
        owners = Array(repeating: -1, count: cuts.reduce(1) { $0 * max(0, $1.count - 1) })
    }

    var shape: [Int] { cuts.map { max(0, $0.count - 1) } }

    /// Calls `body` with each cell that an occurrence with these pieces, by axis, covers.
    func forEachCell(of pieces: [[AxisPiece]], _ body: (Int) -> Void) {
        var ranges: [[Int]] = []
        for (axis, pieces) in pieces.enumerated() {
            var segments: [Int] = []
            for piece in pieces where piece.count > 0 {
                segments += segment(at: piece.position, axis)..<segment(at: piece.end, axis)
            }
            if segments.isEmpty { return }
            ranges.append(segments)
        }
        var index = [Int](repeating: 0, count: ranges.count)
        let shape = shape
        while true {
            var cell = 0
            for axis in ranges.indices { cell = cell * shape[axis] + ranges[axis][index[axis]] }
            body(cell)
            var axis = ranges.count - 1
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < ranges[axis].count { break }
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }

    /// The number of the cut at `element`, which is one.
    private func segment(at element: UInt64, _ axis: Int) -> Int {
        var low = 0
        var high = cuts[axis].count
        while high - low > 1 {
            let middle = (low + high) / 2
            if cuts[axis][middle] <= element { low = middle } else { high = middle }
        }
        return low
    }

    /// Gives the cells of `pieces` to `occurrence`.
    /// - Returns: an occurrence that had one of them, if there was one.
    mutating func fill(
        _ pieces: [[AxisPiece]], with occurrence: Int, replacing isReplacing: Bool
    ) -> Int? {
        var other: Int?
        // Taken out, so that it is changed in place.
        var owners = self.owners
        self.owners = []
        forEachCell(of: pieces) { cell in
            if owners[cell] >= 0 { other = other ?? Int(owners[cell]) }
            if owners[cell] < 0 || isReplacing { owners[cell] = Int32(occurrence) }
        }
        self.owners = owners
        return other
    }

    /// The segments of cell number `cell`, by axis.
    func segments(of cell: Int) -> [Int] {
        var rest = cell
        var segments = [Int](repeating: 0, count: cuts.count)
        for axis in stride(from: cuts.count - 1, through: 0, by: -1) {
            let count = max(1, cuts[axis].count - 1)
            segments[axis] = rest % count
            rest /= count
        }
        return segments
    }
}
