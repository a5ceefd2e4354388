// SPDX-License-Identifier: Apache-2.0
// How one variable of the output comes out of those of the inputs.

import KerchunkBytes
import KerchunkModel

/// An array of an input that goes into a variable of the output.
struct Occurrence {
    let input: Int
    let variable: VariableSummary
}

/// A variable along joined dimensions, with all of its occurrences.
struct VariableJoin {
    /// A joined dimension of the variable.
    struct Axis {
        let plan: AxisPlan
        /// Its number in the output.
        let number: Int
        /// Its number in the inputs; nil where they lack it.
        let inputNumber: Int?
    }

    let path: String
    let occurrences: [Occurrence]
    let axes: [Axis]
    /// Elements and names of the output along all axes.
    let shape: [UInt64]
    let dimensionNames: [String]

    var reference: VirtualArray { occurrences[0].variable.schema.array }

    /// - Parameters:
    ///   - gained: dimensions that the inputs lack and the output has, in front.
    ///   - joined: dimensions that they have.
    init?(
        path: String, occurrences: [Occurrence], gained: [AxisPlan], joined: [AxisPlan], names: [String],
        problems: inout CombineProblems
    ) {
        self.path = path
        self.occurrences = occurrences
        let first = occurrences[0].variable
        let own = first.schema.array.dimensionNames ?? []
        var axes = gained.enumerated().map { Axis(plan: $1, number: $0, inputNumber: nil) }
        var shape = gained.map(\.length) + first.shape
        for plan in joined {
            guard let axis = own.firstIndex(of: plan.dimension) else { continue }
            axes.append(Axis(plan: plan, number: axis + gained.count, inputNumber: axis))
            shape[axis + gained.count] = plan.length
        }
        self.axes = axes.sorted { $0.number < $1.number }
        self.shape = shape
        dimensionNames = gained.map(\.dimension) + own
        guard own.count == first.shape.count else {
            problems.add(
                variable: path,
                "has \(first.shape.count) axes and \(own.count) names for them in \(names[occurrences[0].input])",
                remedy: "--drop \(path) leaves it out")
            return nil
        }
        if let twice = joined.first(where: { axis in own.count { $0 == axis.dimension } > 1 }) {
            problems.add(
                variable: path, "has the joined dimension \"\(twice.dimension)\" twice",
                remedy: "--drop \(path) leaves it out")
            return nil
        }
        let before = problems.all.count
        for occurrence in occurrences { check(occurrence, names, &problems) }
        if problems.all.count > before { return nil }
    }

    /// Lengths must be those of the dimensions.
    private func check(_ occurrence: Occurrence, _ names: [String], _ problems: inout CombineProblems) {
        let variable = occurrence.variable
        let name = names[occurrence.input]
        let gained = dimensionNames.count - (reference.dimensionNames?.count ?? 0)
        guard variable.schema.array.dimensionNames == reference.dimensionNames,
            variable.shape.count == shape.count - gained
        else {
            problems.add(
                variable: path,
                "has the dimensions \(Self.text(variable.schema.array.dimensionNames)) in \(name), but \(Self.text(reference.dimensionNames)) in \(names[occurrences[0].input])",
                kind: "dimensions")
            return
        }
        for (axis, length) in variable.shape.enumerated() {
            if let joined = axes.first(where: { $0.inputNumber == axis }) {
                let expected = joined.plan.pieces[occurrence.input].reduce(0) { $0 + $1.count }
                if length != expected {
                    problems.add(
                        variable: path,
                        "has \(length) elements along \"\(joined.plan.dimension)\" in \(name), but the coordinate has \(expected)",
                        kind: "coordinate \(axis)")
                }
            } else if length != shape[axis + gained] {
                problems.add(
                    variable: path,
                    "has \(length) elements along \"\(dimensionNames[axis + gained])\" in \(name), but \(shape[axis + gained]) in \(names[occurrences[0].input])",
                    kind: "length \(axis)",
                    remedy:
                        "--concat-dim \((axes.map(\.plan.dimension) + [dimensionNames[axis + gained]]).joined(separator: ",")) joins along it, too"
                )
            }
        }
    }

    private static func text(_ names: [String]?) -> String { "(\((names ?? []).joined(separator: ", ")))" }

    /// Where an occurrence lands, by axis.
    func pieces(_ occurrence: Occurrence) -> [[AxisPiece]] { axes.map { $0.plan.pieces[occurrence.input] } }

    /// Chunk lengths of the output: those of the inputs, and 1 along gained dimensions.
    func chunkShape(_ array: VirtualArray) -> [UInt64] {
        [UInt64](repeating: 1, count: shape.count - array.chunkShape.count) + array.chunkShape
    }
}

// MARK: Cells

extension VariableJoin {
    /// Who fills what; and what stands against it.
    func cells(
        _ request: CombineRequest, _ names: [String], _ problems: inout CombineProblems
    ) -> Cells {
        var cuts: [Set<UInt64>] = axes.map { [0, $0.plan.length] }
        for occurrence in occurrences {
            for (axis, pieces) in pieces(occurrence).enumerated() {
                for piece in pieces {
                    cuts[axis].insert(piece.position)
                    cuts[axis].insert(piece.end)
                }
            }
        }
        var cells = Cells(cuts: cuts.map { $0.sorted() })
        for (number, occurrence) in occurrences.enumerated() {
            let other = cells.fill(
                pieces(occurrence), with: number, replacing: request.duplicates == .last)
            if let other, request.duplicates == .error {
                problems.add(
                    variable: path,
                    "\(names[occurrence.input]) and \(names[occurrences[other].input]) both have \(place(of: occurrence, and: occurrences[other]))",
                    kind: "duplicates",
                    remedy: "--duplicates first or last takes one of them and drops the other")
            }
        }
        return cells
    }

    /// The coordinate values that two occurrences share, as text.
    private func place(of one: Occurrence, and other: Occurrence) -> String {
        axes.map { axis in
            let mine = axis.plan.pieces[one.input]
            let theirs = axis.plan.pieces[other.input]
            let shared = mine.lazy.compactMap { piece in
                theirs.first { $0.position < piece.end && piece.position < $0.end }
                    .map { max($0.position, piece.position) }
            }.first
            guard let shared else { return axis.plan.dimension }
            let value = axis.plan.values.map { "\($0.label(Int(shared)))" } ?? "\(shared)"
            return "\(axis.plan.dimension) = \(value)"
        }.joined(separator: ", ")
    }

    /// An input that lies in a cell which no occurrence fills, so that it lacks the variable.
    /// - Parameter others: pieces by axis of all inputs that have these dimensions.
    func inputLacking(_ cells: Cells, _ others: [(input: Int, pieces: [[AxisPiece]])]) -> Int? {
        let own = Set(occurrences.map(\.input))
        for (input, pieces) in others where !own.contains(input) {
            // Cuts of other inputs need not be cuts of this variable.
            if cellsReached(by: pieces, cells).contains(where: { cells.owners[$0] < 0 }) { return input }
        }
        return nil
    }

    private func cellsReached(by pieces: [[AxisPiece]], _ cells: Cells) -> [Int] {
        var ranges: [[Int]] = []
        for (axis, pieces) in pieces.enumerated() {
            let cuts = cells.cuts[axis]
            ranges.append(
                cuts.indices.dropLast().filter { index in
                    pieces.contains { $0.position < cuts[index + 1] && cuts[index] < $0.end }
                })
        }
        var reached = [0]
        for (axis, range) in ranges.enumerated() {
            let count = max(1, cells.cuts[axis].count - 1)
            reached = reached.flatMap { cell in range.map { cell * count + $0 } }
        }
        return reached
    }
}

// MARK: Joining by reference

extension VariableJoin {
    /// Why chunks cannot be joined as they are; nil where they can.
    /// - Parameter chunkShape: that of the output.
    func misalignment(_ cells: Cells, chunkShape: [UInt64], _ names: [String]) -> String? {
        for (index, axis) in axes.enumerated() {
            let chunk = chunkShape[axis.number]
            guard let inputNumber = axis.inputNumber, chunk > 1 else { continue }
            for occurrence in occurrences {
                let length = occurrence.variable.shape[inputNumber]
                for piece in axis.plan.pieces[occurrence.input] {
                    if piece.end != axis.plan.length, piece.count % chunk != 0 {
                        return
                            "\(names[occurrence.input]) has \(length == piece.count ? "" : "a run of ")\(piece.count) elements along \"\(axis.plan.dimension)\", not a multiple of the chunk length \(chunk); only the last input may end inside a chunk"
                    }
                    if piece.position % chunk != 0 || piece.start % chunk != 0 {
                        return
                            "\(names[occurrence.input]) would start at element \(piece.position) of \"\(axis.plan.dimension)\", inside a chunk of \(chunk)"
                    }
                }
            }
            if cells.cuts[index].dropLast().contains(where: { $0 % chunk != 0 }) {
                return "inputs meet inside a chunk of \(chunk) elements along \"\(axis.plan.dimension)\""
            }
        }
        return nil
    }

    /// The plan of a variable whose chunks stay what they are.
    /// - Parameter splitFactors: by occurrence, the parts that its chunks are cut into; 1 where there is none.
    func linked(
        _ cells: Cells, chunkShape: [UInt64], splitFactors: [UInt64] = []
    ) -> ArrayPlan.Join {
        let parts = occurrences.enumerated().map { index, occurrence in
            let gained = shape.count - occurrence.variable.shape.count
            let own = Array(chunkShape.dropFirst(gained))
            let grid = zip(occurrence.variable.shape, own).map { $0.dividedRoundingUp(by: $1) }
            let runs = axes.map { axis in
                axis.plan.pieces[occurrence.input].map { piece in
                    let chunk = chunkShape[axis.number]
                    return AxisPiece(
                        start: axis.inputNumber == nil ? 0 : piece.start / chunk,
                        count: piece.count.dividedRoundingUp(by: chunk), position: piece.position / chunk)
                }
            }
            return ArrayPlan.Part(
                source: ArrayPlan.ArrayPart(
                    input: occurrence.input, path: occurrence.variable.path, gridShape: grid,
                    splitFactor: splitFactors.isEmpty ? 1 : splitFactors[index]),
                runs: runs)
        }
        let joined = zip(axes, cells.cuts).map { axis, cuts in
            ArrayPlan.JoinedAxis(
                number: axis.number,
                starts: cuts.map { $0.dividedRoundingUp(by: chunkShape[axis.number]) },
                isNew: axis.inputNumber == nil)
        }
        return ArrayPlan.Join(axes: joined, parts: parts, cells: cells.owners)
    }
}
