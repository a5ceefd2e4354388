// SPDX-License-Identifier: Apache-2.0
// What stands where no input lies.

import KerchunkBytes
import KerchunkModel

extension PlanningRun {
    /// What becomes of a variable that has gaps, or has none.
    enum Gaps {
        case none
        /// Its fill value stands for them already.
        case filled
        /// It got a fill value for them, so that missing chunks of the inputs would read as another value.
        case refilled
        /// It is left out, or a problem is noted.
        case dropped
    }

    /// Gives `array` a fill value that reads as missing, where cells of it are filled by no input.
    mutating func settleGaps(_ join: VariableJoin, _ cells: Cells, _ array: inout VirtualArray) -> Gaps {
        guard cells.owners.contains(-1) else { return .none }
        let others = inputs.indices.compactMap { input -> (input: Int, pieces: [[AxisPiece]])? in
            let pieces = join.axes.map { $0.plan.pieces[input] }
            return pieces.contains { $0.isEmpty } ? nil : (input, pieces)
        }
        let lacking = join.inputLacking(cells, others)
        if let lacking, isLeftOut(join, lacking) { return .dropped }
        if lacking != nil { noteAbsence(join, others.map(\.input)) }
        let known = array.maskedValue
        var fill = known
        if let wanted = request.fillValue(of: join.path) {
            guard let given = Self.fill(wanted, array.dataType) else {
                problems.add(
                    variable: join.path,
                    "cannot have the fill value \(wanted): its dtype is \(array.dataType.v2Name.serialized())",
                    remedy: nil)
                return .dropped
            }
            if let known, known != given {
                problems.add(
                    variable: join.path,
                    "already has the fill value \(known.json(for: array.dataType).serialized()), so \(wanted) cannot mark its gaps",
                    remedy: "leave out --fill-value \(join.path)")
                return .dropped
            }
            fill = given
        }
        if fill == nil, case .float = array.dataType { fill = Self.fill(.real(.nan), array.dataType) }
        guard let fill else {
            problems.add(
                variable: join.path,
                "has gaps where there is no input, but no fill value that could mark them",
                remedy:
                    "--fill-value \(join.path)=VALUE gives one; it must not occur in the inputs, since it reads as missing everywhere"
            )
            return .dropped
        }
        let isChanged = array.missing.unwritten != fill
        Masking.set(fill, of: &array)
        return isChanged ? .refilled : .filled
    }

    /// Lets NaN stand for missing chunks where some inputs have it as their fill value and the others have none: no
    /// value of theirs reads otherwise then.
    /// - Returns: whether it does, so that missing chunks of the others would read as NaN, too.
    func settleNaN(
        _ join: VariableJoin, _ differences: inout [(Difference, Occurrence)], _ array: inout VirtualArray
    ) -> Bool {
        let isOfFill: (Difference) -> Bool = {
            $0.what == "the fill value" || $0.what == "the attribute \"_FillValue\""
        }
        guard differences.contains(where: { isOfFill($0.0) }),
            join.occurrences.allSatisfy({ Masking.mayFillWithNaN($0.variable.schema.array) }),
            let fill = Self.fill(.real(.nan), array.dataType)
        else { return false }
        differences.removeAll { isOfFill($0.0) }
        Masking.set(fill, of: &array)
        return true
    }

    private static func fill(_ key: CoordinateKey, _ type: DataType) -> FillValue? {
        if type == .text { return .text(key.plainText) }
        guard let bytes = try? ElementCoding(type).elements([key]) else { return nil }
        return .element(bytes)
    }

    /// Whether a variable that the input `lacking` lacks is left out; a problem is noted where it must not be.
    private mutating func isLeftOut(_ join: VariableJoin, _ lacking: Int) -> Bool {
        switch request.absences {
        case .union: return false
        case .intersection:
            issues.append(
                Issue(
                    object: "/" + join.path,
                    reason: "left out, because inputs such as \(names[lacking]) lack it"))
        case .error:
            problems.add(
                variable: join.path,
                "is missing in \(names[lacking]), but not in \(names[join.occurrences[0].input])",
                remedy: "--absent union keeps it with gaps, --absent intersection leaves it out")
        }
        return true
    }

    /// Says which inputs, of those that have the dimensions of a variable, lack the variable itself.
    private mutating func noteAbsence(_ join: VariableJoin, _ others: [Int]) {
        let own = Set(join.occurrences.map(\.input))
        let lacking = others.filter { !own.contains($0) }
        decisions.append(
            "/\(join.path) has gaps, because \(listed(lacking)) \(lacking.count == 1 ? "lacks" : "lack") it")
    }

    /// `a.nc`, `a.nc and b.nc`, `a.nc, b.nc, c.nc and 4 more inputs`.
    func listed(_ inputs: [Int]) -> String {
        let shown = inputs.count > 4 ? Array(inputs.prefix(3)) : inputs
        var texts = shown.map { names[$0] }
        if shown.count < inputs.count { texts.append(counted(inputs.count - shown.count, "more input")) }
        guard let last = texts.last, texts.count > 1 else { return texts.joined() }
        return texts.dropLast().joined(separator: ", ") + " and " + last
    }

    /// An input with missing chunks, which would read as something else with the fill value of `array`.
    func inputWithMissingChunks(_ join: VariableJoin, _ array: VirtualArray) throws(KerchunkError) -> Int? {
        for occurrence in join.occurrences
        where occurrence.variable.schema.array.missing.unwritten != array.missing.unwritten {
            if try reading.hasMissingChunks(occurrence.input, occurrence.variable) { return occurrence.input }
        }
        return nil
    }
}
