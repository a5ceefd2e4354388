// SPDX-License-Identifier: Apache-2.0
// What a combination is going to do, for people and for programs.

package import KerchunkBytes
package import KerchunkCombining
import KerchunkModel

package struct CombineReport {
    let plan: CombinePlan
    private static let shownPlaces = 10

    package init(plan: CombinePlan) { self.plan = plan }

    package var text: String {
        var lines = ["\(counted(plan.inputs.count, "input"))"]
        for axis in plan.axes { lines += [""] + axisLines(axis) }
        lines.append("")
        lines.append("variables:")
        for array in plan.arrays { lines.append("  " + line(array)) }
        if !plan.decisions.isEmpty { lines += ["", "decided:"] + plan.decisions.map { "  \($0)" } }
        if !plan.issues.isEmpty {
            lines += ["", "left out:"] + plan.issues.map { "  \($0.object): \($0.reason)" }
        }
        if !plan.differences.isEmpty {
            lines +=
                ["", "attributes that differ:"] + plan.differences.map { "  \($0.object): \($0.reason)" }
        }
        return lines.map { withoutControls(withoutSecrets($0)) }.joined(separator: "\n") + "\n"
    }

    private func axisLines(_ axis: AxisPlan) -> [String] {
        let name = axis.scope.isEmpty ? axis.dimension : "\(axis.scope)/\(axis.dimension)"
        var line = "dimension \(name): \(counted(axis.length, "element"))"
        if let values = axis.values, axis.length > 0 {
            line += ", \(values.label(0)) to \(values.label(Int(axis.length) - 1))"
        }
        var lines = [line]
        let places = axis.pieces.enumerated().flatMap { index, pieces in pieces.map { (index, $0) } }
            .sorted { $0.1.position < $1.1.position }
        for (index, piece) in places.prefix(Self.shownPlaces) {
            lines.append(
                "  \(piece.position)..<\(piece.position + piece.count)  \(shownURL(plan.inputs[index]))")
        }
        if places.count > Self.shownPlaces { lines.append("  and \(places.count - Self.shownPlaces) more") }
        if let steps = axis.steps, let step = steps.step {
            lines.append(
                steps.count == 0 ? "  steps: \(step.text)" : "  steps: \(step.text), except \(steps.count):")
            for place in steps.places.prefix(Self.shownPlaces) {
                lines.append(
                    "    \(place.before) is followed by \(place.after)"
                        + (place.missing > 0 ? ": \(place.text)" : ""))
            }
        }
        return lines
    }

    private func label(_ key: CoordinateKey, _ axis: AxisPlan) -> String {
        guard var values = axis.values else { return key.description }
        values.keys = [key]
        return values.label(0)
    }

    private func line(_ planned: ArrayPlan) -> String {
        let array = planned.array
        let names = array.dimensionNames?.joined(separator: ", ") ?? ""
        var line = "/\(planned.path) (\(names)) \(array.shape) in chunks of \(array.chunkShape): "
        switch planned.content {
        case .values: line += "values written inline"
        case .copied(let part): line += "taken from \(shownURL(plan.inputs[part.input]))"
        case .joined(let join):
            line += "joined from \(counted(join.parts.count, "input"))"
            let gaps = join.cells.reduce(0) { $0 + ($1 < 0 ? 1 : 0) }
            if gaps > 0 { line += ", \(gaps) of \(counted(join.cells.count, "place")) empty" }
        }
        return line
    }

    package var json: JSONValue {
        [
            "inputs": .strings(plan.inputs.map(shownURL)),
            "dimensions": .array(plan.axes.map(axisJSON)),
            "variables": .array(plan.arrays.map(arrayJSON)),
            "decisions": .strings(plan.decisions.map(withoutSecrets)),
            "warnings": .strings(plan.warnings.map(withoutSecrets)),
            "differences": .array(plan.differences.map(issueJSON)),
            "issues": .array(plan.issues.map(issueJSON)),
            "dropped": droppedJSON,
        ]
    }

    /// By input: what is taken from another one.
    package var droppedJSON: JSONValue {
        .array(
            plan.dropped.map { dropped in
                [
                    "input": .string(shownURL(plan.inputs[dropped.input])),
                    "kept": .string(shownURL(plan.inputs[dropped.kept])),
                    "dimensions": .strings(dropped.dimensions), "count": .integer(dropped.count),
                ]
            })
    }

    private func issueJSON(_ issue: Issue) -> JSONValue {
        ["object": .string(issue.object), "reason": .string(withoutSecrets(issue.reason))]
    }

    private func axisJSON(_ axis: AxisPlan) -> JSONValue {
        var object: JSONObject = [
            "name": .string(axis.dimension), "group": .string("/" + axis.scope),
            "length": .integer(axis.length),
        ]
        if let values = axis.values, axis.length > 0 {
            object["first"] = .string(values.label(0))
            object["last"] = .string(values.label(Int(axis.length) - 1))
        }
        object["places"] = .array(
            axis.pieces.enumerated().flatMap { index, pieces in
                pieces.map { piece in
                    [
                        "input": .integer(index), "from": .integer(piece.start),
                        "count": .integer(piece.count),
                        "position": .integer(piece.position),
                    ]
                }
            })
        if let (step, places, count) = axis.irregularSteps(limit: 1000) {
            object["step"] = step.map { .real($0) } ?? .null
            object["step_text"] = axis.steps?.step.map { .string($0.text) }
            object["irregular"] = .integer(count)
            object["irregular_places"] = .array(
                places.map { .strings([label($0.from, axis), label($0.to, axis)]) })
        }
        return .object(object)
    }

    private func arrayJSON(_ planned: ArrayPlan) -> JSONValue {
        var object: JSONObject = [
            "path": .string("/" + planned.path), "shape": .integers(planned.array.shape),
            "chunks": .integers(planned.array.chunkShape),
            "dimensions": planned.array.dimensionNames.map { .strings($0) } ?? .null,
        ]
        switch planned.content {
        case .values: object["content"] = "values"
        case .copied(let part):
            object["content"] = "copied"
            object["input"] = .integer(part.input)
        case .joined(let join):
            object["content"] = "joined"
            object["inputs"] = .integers(Set(join.parts.map { UInt64($0.source.input) }).sorted())
            object["empty_places"] = .integer(join.cells.reduce(0) { $0 + ($1 < 0 ? 1 : 0) })
        }
        return .object(object)
    }
}
