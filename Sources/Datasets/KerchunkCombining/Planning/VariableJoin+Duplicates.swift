// SPDX-License-Identifier: Apache-2.0
// Several inputs with the same coordinate values: what is dropped of which, and what else could be meant.

import KerchunkBytes
import KerchunkModel

/// Elements of an input that another input has, too, and which are taken from that one.
public struct DroppedValues: Hashable, Sendable {
    /// Numbers of the inputs.
    public let input: Int
    public let kept: Int
    public let dimensions: [String]
    /// Coordinate values; along several dimensions combinations of them.
    public let count: UInt64
}

extension VariableJoin {
    /// What `cells` do not take of `rivals`, occurrences that others have something in common with.
    func dropped(_ rivals: [Int], _ cells: Cells, _ lacking: [AxisPlan]) -> [DroppedValues] {
        rivals.flatMap { number in
            var counts: [Int: UInt64] = [:]
            cells.forEachCell(of: pieces(occurrences[number])) { cell in
                let owner = Int(cells.owners[cell])
                guard owner >= 0, owner != number else { return }
                counts[owner] = (counts[owner] ?? 0).adding(cells.elementCount(of: cell)) ?? .max
            }
            return counts.sorted { $0.key < $1.key }
                .filter { !isOtherwiseElsewhere(occurrences[number], occurrences[$0.key], lacking) }
                .map { owner, count in
                    DroppedValues(
                        input: occurrences[number].input, kept: occurrences[owner].input,
                        dimensions: axes.map(\.plan.dimension), count: count)
                }
        }
    }

    /// What can be done about inputs with the same coordinate values. Where these only count the elements of each input, as
    /// scan lines of orbits do, the inputs have nothing in common, and to drop some of them would lose data.
    func duplicateRemedy() -> String {
        let counting = axes.filter { axis in
            occurrences.count > 1 && occurrences.allSatisfy { countsElements($0, axis) }
        }
        guard let dimension = counting.first?.plan.dimension else {
            return "--duplicates first or last takes one of them and drops the other"
        }
        return
            "\"\(dimension)\" only counts the elements of each input: --drop \(dimension), with --concat-dim \(dimension), concatenates "
            + "the inputs in the order given (--duplicates would drop data with the same number)"
    }

    /// Whether the coordinate of an input is 0, 1, 2, … (or 1, 2, 3, …) from its first element to its last.
    private func countsElements(_ occurrence: Occurrence, _ axis: Axis) -> Bool {
        guard let values = axis.plan.values, values.time == nil else { return false }
        let pieces = axis.plan.pieces[occurrence.input]
        let length = pieces.reduce(UInt64(0)) { $0.adding($1.count) ?? .max }
        guard length > 1, pieces.count == 1, let piece = pieces.first, piece.end <= UInt64(values.keys.count)
        else { return false }
        let first = Int(piece.position)
        guard let start = values.keys[first].double, start == 0 || start == 1 else { return false }
        return values.keys[first..<Int(piece.end)].enumerated().allSatisfy { index, key in
            key.double == start + Double(index)
        }
    }
}
