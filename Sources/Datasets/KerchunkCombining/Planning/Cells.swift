// SPDX-License-Identifier: Apache-2.0
// Which input fills which cell between the cuts of the joined axes.

import KerchunkBytes
import KerchunkModel

/// A grid of segments, and who fills it.
struct Cells {
    /// By joined axis: the cuts, in elements, 0 and the length included.
    let cuts: [[UInt64]]
    /// By cell, the last axis fastest: the occurrence that fills it; -1 for none.
    private(set) var owners: [Int32]

    /// Cells that are planned at most: values of coordinates that differ by rounding would make too many.
    private static let limit = 1 << 26

    /// - Returns: nil where there are too many cells.
    init?(cuts: [[UInt64]]) {
        guard let count = checkedProduct(cuts.map { UInt64(max(0, $0.count - 1)) }), count <= Self.limit
        else {
            return nil
        }
        self.init(cuts: cuts, owners: Array(repeating: -1, count: Int(count)))
    }

    private init(cuts: [[UInt64]], owners: [Int32]) {
        self.cuts = cuts
        self.owners = owners
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
        let shape = shape
        var walk = GridWalk(ranges.map { UInt64($0.count) })
        repeat {
            var cell = 0
            for axis in ranges.indices {
                cell = cell * shape[axis] + ranges[axis][Int(walk.coordinates[axis])]
            }
            body(cell)
        } while walk.advance()
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

    /// Gives the cells of `pieces` to `occurrence` that are free, or that `replaces` says it takes from their owner.
    mutating func fill(
        _ pieces: [[AxisPiece]], with occurrence: Int, replacing replaces: (_ owner: Int) -> Bool
    ) {
        // Taken out, so that it is changed in place.
        var owners = self.owners
        self.owners = []
        forEachCell(of: pieces) { cell in
            if owners[cell] < 0 || replaces(Int(owners[cell])) { owners[cell] = Int32(occurrence) }
        }
        self.owners = owners
    }

    /// Elements of the output that a cell has along the joined axes.
    func elementCount(of cell: Int) -> UInt64 {
        var rest = cell
        var count: UInt64 = 1
        for axis in cuts.indices.reversed() {
            let segment = rest % shape[axis]
            rest /= shape[axis]
            count = count.multiplied(by: cuts[axis][segment + 1] - cuts[axis][segment]) ?? .max
        }
        return count
    }

    /// Without the cuts on both sides of which the same occurrences lie, as where one input hides another.
    /// - Parameter goesOn: whether the elements of an occurrence before and behind a cut follow each other.
    func merged(_ goesOn: (_ occurrence: Int, _ axis: Int, _ cut: UInt64) -> Bool) -> Cells {
        var cells = self
        for axis in cuts.indices { cells = cells.merged(along: axis, goesOn) }
        return cells
    }

    private func merged(
        along axis: Int, _ goesOn: (_ occurrence: Int, _ axis: Int, _ cut: UInt64) -> Bool
    ) -> Cells {
        let shape = shape
        let step = shape.dropFirst(axis + 1).reduce(1, *)
        let count = shape[axis]
        guard count > 1, !owners.isEmpty else { return self }
        var isNeeded = [Bool](repeating: false, count: count)
        isNeeded[0] = true
        for cell in owners.indices {
            let segment = cell / step % count
            guard segment > 0, !isNeeded[segment] else { continue }
            let owner = owners[cell]
            if owner != owners[cell - step]
                || (owner >= 0 && !goesOn(Int(owner), axis, cuts[axis][segment]))
            {
                isNeeded[segment] = true
            }
        }
        guard isNeeded.contains(false) else { return self }
        var cuts = cuts
        cuts[axis] = isNeeded.indices.filter { isNeeded[$0] }.map { self.cuts[axis][$0] }
        cuts[axis].append(self.cuts[axis][count])
        return Cells(
            cuts: cuts, owners: owners.indices.filter { isNeeded[$0 / step % count] }.map { owners[$0] })
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
