// SPDX-License-Identifier: Apache-2.0
// Which element of an input is which of the output.

import KerchunkModel

extension VariableJoin {
    /// Calls `body` with the numbers of each element of a cell, in the array of `occurrence` and in that of the output,
    /// both in C order, until it gives false.
    // Elements one by one along the last axis: these arrays are small.
    func forEachElement(
        of cell: Int, in cells: Cells, _ occurrence: Occurrence, _ body: (_ old: Int, _ new: Int) -> Bool
    ) {
        let gained = shape.count - occurrence.variable.shape.count
        let inputShape = [UInt64](repeating: 1, count: gained) + occurrence.variable.shape
        var extents = shape
        var from = [UInt64](repeating: 0, count: extents.count)
        var to = from
        let segments = cells.segments(of: cell)
        for (index, axis) in axes.enumerated() {
            let start = cells.cuts[index][segments[index]]
            let end = cells.cuts[index][segments[index] + 1]
            extents[axis.number] = end - start
            to[axis.number] = start
            guard axis.inputNumber != nil, let run = piece(at: start, axis.plan.pieces[occurrence.input])
            else { continue }
            from[axis.number] = run.start + start - run.position
        }
        let isNew = extents.indices.map { number in
            axes.contains { $0.number == number && $0.inputNumber == nil }
        }
        let rank = extents.count
        guard !extents.contains(0) else { return }
        var index = [UInt64](repeating: 0, count: rank)
        while true {
            var old: UInt64 = 0
            var new: UInt64 = 0
            for axis in 0..<rank {
                old = old * inputShape[axis] + (isNew[axis] ? 0 : from[axis] + index[axis])
                new = new * shape[axis] + to[axis] + index[axis]
            }
            if !body(Int(old), Int(new)) { return }
            var axis = rank - 1
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < extents[axis] { break }
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}
