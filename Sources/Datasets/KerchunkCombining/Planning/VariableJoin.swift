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
            guard let axis = own.firstExactIndex(of: plan.dimension) else { continue }
            axes.append(Axis(plan: plan, number: axis + gained.count, inputNumber: axis))
            shape[axis + gained.count] = plan.length
        }
        self.axes = axes.sorted { $0.number < $1.number }
        self.shape = shape
        dimensionNames = gained.map(\.dimension) + own
        guard own.count == first.shape.count else {
            problems.add(
                variable: path,
                "has \(first.shape.count) axes but \(counted(own.count, "dimension name")) in \(names[occurrences[0].input])",
                remedy: "--drop \(path) leaves it out")
            return nil
        }
        if let twice = joined.first(where: { axis in own.count { $0.isExactly(axis.dimension) } > 1 }) {
            problems.add(
                variable: path, "has the concatenated dimension \"\(twice.dimension)\" twice",
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
        guard variable.schema.array.dimensionNames.isExactly(reference.dimensionNames),
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
                        "has \(counted(length, "element")) along \"\(joined.plan.dimension)\" in \(name), but the coordinate has \(expected)",
                        kind: "coordinate \(axis)")
                }
            } else if length != shape[axis + gained] {
                problems.add(
                    variable: path,
                    "has \(counted(length, "element")) along \"\(dimensionNames[axis + gained])\" in \(name), but \(shape[axis + gained]) in \(names[occurrences[0].input])",
                    kind: "length \(axis)",
                    remedy:
                        "--concat-dim \((axes.map(\.plan.dimension) + [dimensionNames[axis + gained]]).joined(separator: ",")) concatenates along it, too"
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
    /// Who fills what.
    struct Filling {
        let cells: Cells
        /// Occurrences that say something of places which others fill, as they lack a dimension along which the inputs
        /// differ: the same must be said everywhere.
        let sharers: [Int]
        /// The cells between all starts and ends of inputs, hidden ones as well.
        let allCells: Cells
        /// What is taken from one input, though another has it, too.
        var dropped: [DroppedValues] = []
    }

    /// Who fills what; and what stands against it.
    /// - Parameter lacking: joined dimensions that the variable does not have.
    /// - Returns: nil where a problem is noted that leaves nothing to plan.
    func filling(
        _ request: CombineRequest, lacking: [AxisPlan], _ names: [String], _ problems: inout CombineProblems
    ) -> Filling? {
        var cuts: [Set<UInt64>] = axes.map { [0, $0.plan.length] }
        for occurrence in occurrences {
            for (axis, pieces) in pieces(occurrence).enumerated() {
                for piece in pieces {
                    cuts[axis].insert(piece.position)
                    cuts[axis].insert(piece.end)
                }
            }
        }
        guard var cells = Cells(cuts: cuts.map { $0.sorted() }) else {
            problems.add(
                variable: path,
                "the inputs meet at \(zip(axes, cuts).map { "\(counted($1.count - 1, "place")) along \"\($0.plan.dimension)\"" }.joined(separator: " and ")), which is too many: their coordinates seem to differ by rounding",
                remedy: "--concat-dim must name only the dimensions along which the inputs really differ")
            return nil
        }
        var sharers: [Int] = []
        var isCovered = false
        var rivals: Set<Int> = []
        for number in fillingOrder(lacking) {
            let occurrence = occurrences[number]
            var duplicate: Int?
            var shares: (owner: Int, isShared: Bool)?
            cells.fill(pieces(occurrence), with: number) { owner in
                if shares?.owner != owner {
                    shares = (owner, isOtherwiseElsewhere(occurrence, occurrences[owner], lacking))
                }
                isCovered = true
                if shares?.isShared == true {
                    if sharers.last != number { sharers.append(number) }
                    return false
                }
                duplicate = duplicate ?? owner
                rivals.formUnion([number, owner])
                return request.duplicates == .last ? number > owner : number < owner
            }
            if let duplicate, request.duplicates == .error {
                problems.add(
                    variable: path,
                    "\(names[occurrence.input]) and \(names[occurrences[duplicate].input]) both have \(place(of: occurrence, and: occurrences[duplicate]))",
                    kind: "duplicates", remedy: duplicateRemedy(), isDuplicate: true)
            }
        }
        guard isCovered else { return Filling(cells: cells, sharers: [], allCells: cells) }
        let merged = cells.merged { number, axis, cut in
            piece(at: cut, axes[axis].plan.pieces[occurrences[number].input])
                .map { $0.position < cut } ?? false
        }
        return Filling(
            cells: merged, sharers: sharers, allCells: cells,
            dropped: dropped(rivals.sorted(), cells, lacking))
    }

    /// Where several inputs say something of one place, the largest come first, so that fewer meet.
    private func fillingOrder(_ lacking: [AxisPlan]) -> [Int] {
        guard !lacking.isEmpty else { return Array(occurrences.indices) }
        let sizes = occurrences.map { $0.variable.shape.reduce(1.0) { $0 * Double($1) } }
        return occurrences.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
    }

    /// Whether the inputs lie at other places along a joined dimension that the variable lacks.
    func isOtherwiseElsewhere(_ one: Occurrence, _ other: Occurrence, _ lacking: [AxisPlan]) -> Bool {
        lacking.contains { !Self.meet($0.pieces[one.input], $0.pieces[other.input]) }
    }

    /// Whether some element of the output lies in runs of both lists, which ascend.
    private static func meet(_ some: [AxisPiece], _ others: [AxisPiece]) -> Bool {
        var (one, other) = (0, 0)
        while one < some.count, other < others.count {
            if some[one].position < others[other].end, others[other].position < some[one].end { return true }
            if some[one].end <= others[other].position { one += 1 } else { other += 1 }
        }
        return false
    }

    /// The run that `element` of the output lies in.
    func piece(at element: UInt64, _ pieces: [AxisPiece]) -> AxisPiece? {
        var low = 0
        var high = pieces.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[middle].position <= element { low = middle } else { high = middle }
        }
        guard low < high, pieces[low].position <= element, element < pieces[low].end else { return nil }
        return pieces[low]
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
            guard axis.inputNumber != nil, chunk > 1 else { continue }
            let step = cells.shape.dropFirst(index + 1).reduce(1, *)
            let cuts = cells.cuts[index]
            let isAligned = occurrences.map { occurrence in
                axis.plan.pieces[occurrence.input].allSatisfy { $0.position % chunk == $0.start % chunk }
            }
            for (cell, owner) in cells.owners.enumerated() where owner >= 0 {
                let segment = cell / step % cells.shape[index]
                for cut in [cuts[segment], cuts[segment + 1]]
                where cut % chunk != 0 && cut != axis.plan.length {
                    return meeting(at: cut, axis, chunk, names)
                }
                let occurrence = occurrences[Int(owner)]
                guard !isAligned[Int(owner)],
                    let piece = piece(at: cuts[segment], axis.plan.pieces[occurrence.input])
                else { continue }
                let element = piece.start + cuts[segment] - piece.position
                if element % chunk != 0 {
                    let name = names[occurrence.input]
                    if piece.start == 0 {
                        return Self.offset(of: name, piece.position, axis, chunk)
                    }
                    return
                        "element \(element) of \(name) goes to element \(cuts[segment]) of \"\(axis.plan.dimension)\", an offset that is not a multiple of the chunk length \(chunk)"
                }
            }
        }
        return nil
    }

    private static func offset(of name: String, _ element: UInt64, _ axis: Axis, _ chunk: UInt64) -> String {
        "\(name) starts at element \(element) of \"\(axis.plan.dimension)\", an offset that is \(element % chunk) more than a multiple of the chunk length \(chunk)"
    }

    /// What starts or ends at `cut`, inside a chunk.
    private func meeting(at cut: UInt64, _ axis: Axis, _ chunk: UInt64, _ names: [String]) -> String {
        let dimension = "\"\(axis.plan.dimension)\""
        var starting: String?
        for occurrence in occurrences {
            let pieces = axis.plan.pieces[occurrence.input]
            guard let piece = pieces.first(where: { $0.end == cut || $0.position == cut }) else { continue }
            let name = names[occurrence.input]
            if pieces.count > 1 {
                return
                    "\(name) has a run of \(counted(piece.count, "element")) along \(dimension) between values of other inputs, not a multiple of the chunk length \(chunk)"
            }
            if piece.end == cut, piece.position % chunk == 0 {
                return
                    "\(name) has \(counted(piece.count, "element")) along \(dimension), not a multiple of the chunk length \(chunk); only the last input may end inside a chunk"
            }
            if piece.position == cut {
                starting = starting ?? Self.offset(of: name, cut, axis, chunk)
            }
        }
        return starting ?? "inputs meet at element \(cut) of \(dimension), inside a chunk of \(chunk)"
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
