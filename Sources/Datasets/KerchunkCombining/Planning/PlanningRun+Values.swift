// SPDX-License-Identifier: Apache-2.0
// The part of planning that needs values: what is read, and what becomes of it.

import KerchunkBytes
import KerchunkModel

extension PlanningRun {
    /// By input: the arrays that must be read.
    func wantedValues() -> [Int: [WantedValues]] {
        var wanted: [Int: [WantedValues]] = [:]
        for loading in loadings {
            let owners = Set(loading.cells.owners)
            for (index, occurrence) in loading.join.occurrences.enumerated()
            where owners.contains(Int32(index)) {
                wanted[occurrence.input, default: []].append(WantedValues(variable: occurrence.variable))
            }
        }
        for comparison in comparisons where !comparison.isIndex {
            for occurrence in comparison.occurrences.dropFirst() {
                wanted[occurrence.input, default: []].append(
                    WantedValues(variable: occurrence.variable, comparedWith: comparison.path))
            }
        }
        for (number, places) in shared.enumerated() {
            for sharer in places.sharers {
                let occurrence = places.join.occurrences[sharer]
                wanted[occurrence.input, default: []].append(
                    WantedValues(variable: occurrence.variable, shared: (number, sharer)))
            }
        }
        return wanted
    }

    /// What the values of other inputs are held against.
    func comparedReferences() -> [(path: String, occurrence: Occurrence)] {
        comparisons.filter { !$0.isIndex }.map { ($0.path, $0.occurrences[0]) }
    }

    /// The same for those of places that several inputs share: by number of `shared`, the occurrences that fill them.
    func sharedReferences() -> [(places: Int, owner: Int)] {
        shared.enumerated().flatMap { number, places in places.owners.sorted().map { (number, $0) } }
    }

    private mutating func note(_ disagreement: FoundValues.Disagreement) {
        let places = shared[disagreement.places]
        let join = places.join
        let other = join.occurrences[disagreement.sharer]
        let owner = join.occurrences[Int(places.cells.owners[disagreement.cell])]
        let at = zip(join.axes, places.cells.segments(of: disagreement.cell)).enumerated().map {
            let (axis, segment) = $1
            let element = places.cells.cuts[$0][segment]
            return
                "\(axis.plan.dimension) = \(axis.plan.values?.label(Int(clamping: element)) ?? "\(element)")"
        }
        problems.add(
            variable: join.path,
            "has other values in \(names[other.input]) than in \(names[owner.input]) for the same places (from \(at.joined(separator: ", ")) on), and lacks the dimensions along which these inputs differ",
            kind: "values", check: .values, remedy: "--drop \(join.path) leaves it out")
    }

    /// Leaves only comparisons to be read for.
    mutating func forgetLoadings() { loadings = [] }

    mutating func take(_ found: FoundValues) {
        for loading in loadings {
            let elements = loading.join.occurrences.map { found.loaded[$0.input]?[$0.variable.path] }
            guard let place = arrays.firstIndex(where: { $0.path.isExactly(loading.join.path) }) else {
                continue
            }
            do throws(KerchunkError) {
                let (array, bytes) = try loading.joined(elements)
                let owners = Set(loading.cells.owners)
                arrays[place] = ArrayPlan(
                    path: loading.join.path, array: array, content: .values(bytes),
                    valueInputs: Set(
                        loading.join.occurrences.enumerated().compactMap {
                            owners.contains(Int32($0)) ? $1.input : nil
                        }
                    ).sorted())
            } catch {
                problems.add(variable: loading.join.path, error.message)
            }
        }
        for disagreement in found.disagreements { note(disagreement) }
        for comparison in comparisons {
            for input in found.different[comparison.path] ?? [] {
                problems.add(
                    variable: comparison.path,
                    "has other values in \(names[input]) than in \(names[comparison.occurrences[0].input]), and lacks the concatenated dimensions",
                    kind: "values", check: .values,
                    remedy: Self.staticRemedy(comparison.path, names[comparison.occurrences[0].input]))
            }
        }
    }

    /// Holds the coordinates of dimensions that are not joined against each other.
    mutating func compareIndexes() {
        for comparison in comparisons where comparison.isIndex {
            let path = comparison.path
            let first = comparison.occurrences[0]
            guard let reference = inputs[first.input].indexes[path] else {
                noteUnread(path, first.input)
                continue
            }
            for other in comparison.occurrences.dropFirst() {
                guard let values = inputs[other.input].indexes[path] else {
                    noteUnread(path, other.input)
                    continue
                }
                guard let place = values.firstDifference(from: reference) else { continue }
                problems.add(
                    variable: path,
                    "the coordinate is \(reference.label(place)) at element \(place) of \(names[first.input]), but \(values.label(place)) in \(names[other.input])",
                    kind: "values", check: .coordinates, remedy: Self.staticRemedy(path, names[first.input]))
            }
        }
    }

    private mutating func noteUnread(_ path: String, _ input: Int) {
        problems.add(
            variable: path,
            "the coordinate of \(names[input]) cannot be read and compared: \(inputs[input].unread[path] ?? "it has no values")",
            kind: "unread", check: .coordinates)
    }

    static func staticRemedy(_ path: String, _ first: String) -> String {
        "--identical-dim \(path) uses that of \(first) and drops the others"
    }

    /// Tells what was taken from the first input without a look at the others, as the user wishes.
    private func unseen() -> [String] {
        guard inputs.count > 1 else { return [] }
        return [
            (.coordinates, "coordinates of dimensions that are not concatenated"),
            (.values, "variables that lack the concatenated dimensions"),
        ].compactMap { check, what in
            request.overrides.contains(check)
                ? "\(what) are taken from the first input that has them, without comparison, because of --override \(check.rawValue)"
                : nil
        }
    }

    func finished() -> CombinePlan {
        var groups: [(path: String, attributes: JSONObject)] = []
        var seen: [ExactText: Int] = [:]
        var differences = self.differences
        var noted: Set<ExactText> = []
        for (index, input) in inputs.enumerated() {
            for (path, attributes) in input.groups {
                guard let known = seen[path] else {
                    seen[path] = groups.count
                    groups.append((path, attributes))
                    continue
                }
                guard groups[known].attributes != attributes else { continue }
                for (name, value) in attributes
                where groups[known].attributes[name] != value && noted.insert(path + "\0" + name).inserted {
                    differences.append(
                        Issue(
                            object: "/" + path,
                            reason:
                                "the attribute \"\(name)\" differs, as in \(names[index]); that of the first input is kept"
                        ))
                }
            }
        }
        let warnings = newDimensions() + self.warnings + unseen()
        var plan = CombinePlan(
            inputs: names, stamps: inputs.map(\.stamp), groups: groups, axes: axes, arrays: arrays,
            decisions: decisions + droppingDecisions() + warnings,
            differences: differences, issues: issues)
        plan.dropped = sortedDropped
        plan.warnings = warnings
        return plan
    }

    /// Dimensions that only the request has, and whose names are nearly those of others.
    private func newDimensions() -> [String] {
        dimensions.filter { !dimensionNames.contains($0) }.compactMap { name in
            let hint = NearNames(dimensionNames.sorted().map(\.text)).shortHint(for: name)
            return hint.isEmpty ? nil : "\"\(name)\" becomes a new dimension, because no input has it\(hint)"
        }
    }

    private var sortedDropped: [DroppedValues] {
        dropped.sorted { ($0.input, $0.kept, $0.count) < ($1.input, $1.kept, $1.count) }
    }

    /// Says what is dropped of which inputs, as others have it, too: once for each set of dimensions.
    private func droppingDecisions() -> [String] {
        let shownLimit = 10
        var byDimensions: [[String]: [DroppedValues]] = [:]
        for one in sortedDropped { byDimensions[one.dimensions, default: []].append(one) }
        return byDimensions.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { dimensions, all in
            let total = all.reduce(UInt64(0)) { $0.adding($1.count) ?? .max }
            var text =
                "\(counted(total, "value")) along \(dimensions.joined(separator: ", ")) \(total == 1 ? "is" : "are") dropped"
                + " (--duplicates \(request.duplicates.rawValue)): "
            text += all.prefix(shownLimit).map {
                "\($0.count) of \(names[$0.input]), which \(names[$0.kept]) also has"
            }.joined(separator: "; ")
            if all.count > shownLimit {
                text += "; and those of \(counted(all.count - shownLimit, "more input"))"
            }
            return text
        }
    }
}
