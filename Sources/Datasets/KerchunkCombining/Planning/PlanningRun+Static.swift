// SPDX-License-Identifier: Apache-2.0
// Variables without a joined dimension: taken from the first input, where they are the same everywhere.

import KerchunkBytes
import KerchunkModel

extension PlanningRun {
    // MARK: Variables without a joined dimension

    mutating func planStatic(_ path: String, _ occurrences: [Occurrence]) {
        let first = occurrences[0]
        let reference = first.variable.schema.array
        var isSame = true
        for other in occurrences.dropFirst() {
            var found: [Difference] = []
            if other.variable.schema !== first.variable.schema {
                let array = other.variable.schema.array
                found = Compatibility.differences(reference, array, request.overrides)
                if isCompared(first.variable) {
                    let comparison = ValueComparison(
                        one: reference, other: array)
                    found.removeAll { comparison.settles($0) }
                } else if !compares(first.variable) {
                    found.removeAll(where: \.isType)
                }
            }
            if other.variable.shape != first.variable.shape {
                found.append(
                    Difference(
                        what: "the shape", one: "\(first.variable.shape)", other: "\(other.variable.shape)",
                        check: nil, isLoadable: false))
            }
            for difference in found {
                isSame = false
                problems.add(
                    variable: path, difference.text(names[first.input], names[other.input]),
                    kind: difference.what, check: difference.check,
                    remedy: Self.staticRemedy(path, names[first.input]))
            }
        }
        if occurrences.count < inputs.count {
            let own = Set(occurrences.map(\.input))
            let lacking = inputs.indices.filter { !own.contains($0) }
            let lack = "\(listed(lacking)) \(lacking.count == 1 ? "lacks" : "lack") it"
            switch request.absences {
            case .union: decisions.append("/\(path) is taken from \(names[first.input]); \(lack)")
            case .intersection:
                issues.append(
                    Issue(
                        object: "/" + path,
                        reason: "left out, as \(lack)"))
                return
            // Without a joined dimension it is as true of the others as of those that have it.
            case .error: break
            }
        }
        arrays.append(copied(path, first))
        if isSame, occurrences.count > 1, compares(first.variable) {
            guard first.variable.isIndex || isSmallEnough(first.variable) else {
                decisions.append(
                    "/\(path) is taken from \(names[first.input]); it is too large to compare")
                return
            }
            comparisons.append(Comparison(path: path, occurrences: occurrences))
        }
        noteAttributes(path, occurrences)
        noteOverrides(path, occurrences)
    }

    /// Whether values are held against those of the other inputs, so that they may be stored in another way.
    private func isCompared(_ variable: VariableSummary) -> Bool {
        compares(variable) && (variable.isIndex || isSmallEnough(variable))
    }

    /// Whether the values of a variable are held against those of the other inputs.
    private func compares(_ variable: VariableSummary) -> Bool {
        variable.isIndex ? !request.overrides.contains(.coordinates) : !request.overrides.contains(.values)
    }

    /// Whether values are compared without being asked for: up to 16 MiB.
    private func isSmallEnough(_ variable: VariableSummary) -> Bool {
        let array = variable.schema.array
        guard array.dataType != .object, let size = ValueLoading.size(variable.shape, array.dataType) else {
            return false
        }
        return size <= 1 << 24
    }

    func copied(_ path: String, _ first: Occurrence) -> ArrayPlan {
        var array = first.variable.schema.array
        array.shape = first.variable.shape
        let grid = zip(array.shape, array.chunkShape).map { $0.dividedRoundingUp(by: $1) }
        return ArrayPlan(
            path: path, array: array,
            content: .copied(
                ArrayPlan.ArrayPart(input: first.input, path: first.variable.path, gridShape: grid)))
    }
}
