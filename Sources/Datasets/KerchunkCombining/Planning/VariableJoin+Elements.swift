// SPDX-License-Identifier: Apache-2.0
// Which element of an input is which of the output.

import KerchunkModel

extension VariableJoin {
    /// Calls `body` with the numbers of each element of a cell, in the array of `occurrence` and in that of the output,
    /// both in C order, until it gives false.
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
        let box = BoxInArrays(
            extents, from: .init(from, of: inputShape, axes: isNew.indices.map { isNew[$0] ? nil : $0 }),
            to: .init(to, of: shape))
        for run in box {
            for index in 0..<run.count where !body(run.from + index, run.to + index) { return }
        }
    }
}
