// SPDX-License-Identifier: Apache-2.0
// The joined dimensions, and their coordinates.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

extension PlanningRun {
    // MARK: Axes

    mutating func planAxes() {
        for dimension in dimensions {
            for scope in scopes(of: dimension) {
                let extents = inputs.map { extent(of: dimension, scope, $0) }
                let planner = AxisPlanner(dimension: dimension, scope: scope, request: request, names: names)
                if var axis = planner.plan(extents, &problems) {
                    if isOuter(dimension, scope) {
                        decisions.append(
                            "\"\(dimension)\" is ordered by the coordinate of a group above, which is not in the output; --coord \(dimension)=data:\(dimension) takes it along"
                        )
                        axis.values = nil
                    } else {
                        decide(axis)
                    }
                    axes.append(axis)
                } else {
                    failedDimensions.insert(dimension)
                }
            }
        }
    }

    private mutating func decide(_ axis: AxisPlan) {
        if axis.values == nil {
            decisions.append(
                "\"\(axis.dimension)\" has no coordinate: inputs follow each other in the order in which they are given"
            )
        }
        let other = axis.converted.compactMap { $0 }.count
        if other > 0, let time = axis.values?.time {
            decisions.append(
                "the times of \(other) inputs along \"\(axis.dimension)\" are converted to \"\(time.units)\"")
        }
    }

    /// The groups that have a coordinate of their own for `dimension`; the root where none has.
    private func scopes(of dimension: String) -> [String] {
        if request.coordinates.contains(where: { $0.dimension == dimension }) { return [""] }
        var scopes: [String] = []
        var seen: Set<String> = []
        for input in inputs {
            for variable in input.variables where variable.isIndex && variable.name == dimension {
                if seen.insert(variable.group).inserted { scopes.append(variable.group) }
            }
        }
        if scopes.isEmpty {
            // A scalar variable of the name gives the value of an input.
            return [""]
        }
        return scopes
    }

    private func extent(of dimension: String, _ scope: String, _ input: InputSummary) -> AxisPlanner.Extent {
        if let values = input.selected[dimension] { return .values(values) }
        let path = scope.isEmpty ? dimension : scope + "/" + dimension
        if let values = input.indexes[path] { return .values(values) }
        if scope.isEmpty, let values = input.outer[dimension] { return .values(values) }
        for variable in input.variables where scope.isEmpty || variable.path.hasPrefix(scope + "/") {
            if let axis = variable.axis(dimension), axis < variable.shape.count {
                return .length(variable.shape[axis])
            }
        }
        return .absent
    }

    /// Whether all values along a dimension come from outside the inputs, only to order them.
    private func isOuter(_ dimension: String, _ scope: String) -> Bool {
        scope.isEmpty && inputs.contains { $0.outer[dimension] != nil }
            && inputs.allSatisfy { $0.selected[dimension] == nil && $0.indexes[dimension] == nil }
    }

    /// The axis of `dimension` for variables of `group`: that of the nearest group which has one.
    func axis(_ dimension: String, for group: String) -> AxisPlan? {
        axes.filter { axis in
            axis.dimension == dimension
                && (axis.scope.isEmpty || axis.scope == group || group.hasPrefix(axis.scope + "/"))
        }.max { $0.scope.utf8.count < $1.scope.utf8.count }
    }

    // MARK: Coordinates

    /// The rule of the request that gives a dimension's values; nil where its own variable does.
    private func rule(_ dimension: String) -> CoordinateSelector? {
        request.coordinates.last { $0.dimension == dimension }?.selector
    }

    /// The variable that a coordinate's values were read from; nil where they come from elsewhere.
    private func origin(of axis: AxisPlan, _ path: String) -> String? {
        switch rule(axis.dimension) {
        case nil: return path
        case .data(let variable), .time(let variable):
            let name = String(variable.drop { $0 == "/" })
            return inputs.contains { $0.variables.contains { $0.path == name } } ? name : path
        default: return nil
        }
    }

    /// Values of a coordinate are joined as numbers, which must mean the same.
    mutating func checkMeaning(of axis: AxisPlan, _ path: String, _ occurrences: [Occurrence]) {
        guard let origin = origin(of: axis, path) else { return }
        // Units of times were converted.
        let hasTimes = axis.values?.time != nil || axis.converted.contains { $0 != nil }
        var first: (schema: VariableSchema, input: Int)?
        for (index, input) in inputs.enumerated() {
            guard let schema = input.variables.first(where: { $0.path == origin })?.schema else { continue }
            let other = schema.array
            guard let known = first else {
                first = (schema, index)
                continue
            }
            if schema === known.schema { continue }
            let isPacked = ["scale_factor", "add_offset"].contains { other.attributes[$0] != nil }
            if isPacked, axis.converted[index] != nil {
                problems.add(
                    variable: path,
                    "its times are packed, and in other units in \(names[index]) than in \(names[known.input])",
                    kind: "packed times")
            }
            for difference in Compatibility.differences(known.schema.array, other, request.overrides)
            where difference.isAboutMeaning && !(difference.check == .units && hasTimes) {
                problems.add(
                    variable: path, difference.text(names[known.input], names[index]), kind: difference.what,
                    check: difference.check)
            }
        }
    }

    /// The variable that holds the values of a joined dimension.
    func coordinate(_ axis: AxisPlan, _ path: String, _ occurrences: [Occurrence]) -> ArrayPlan? {
        guard let values = axis.values, let coding = try? ElementCoding(values.type),
            let elements = coding.elements(values.keys, isRounding: true)
        else { return nil }
        var array = VirtualArray(
            shape: [axis.length], chunkShape: [max(1, axis.length)], dataType: values.type,
            dimensionNames: [axis.dimension], chunks: MemoryManifest.empty(.single))
        if values.type == .text { array.filters = [TextContainer.codec] }
        let origin = origin(of: axis, path)
        let known =
            origin.flatMap { origin in
                inputs.lazy.compactMap { $0.variables.first { $0.path == origin } }.first
            } ?? occurrences.first?.variable
        if let known = known?.schema.array {
            array.attributes = known.attributes
            if origin == nil {
                // They say what other numbers mean.
                for name in Self.meaningfulAttributes { array.attributes[name] = nil }
            } else if known.dataType == values.type {
                array.fillValue = known.fillValue
            }
        }
        if case .datetime = values.type {
            array.attributes["units"] = nil
            array.attributes["calendar"] = nil
        } else if let time = values.time {
            array.attributes["units"] = .string(time.units)
            if let calendar = time.calendar { array.attributes["calendar"] = .string(calendar) }
        }
        return ArrayPlan(path: path, array: array, content: .values(elements))
    }

    private static let meaningfulAttributes = [
        "units", "calendar", "scale_factor", "add_offset", "_Unsigned", "_FillValue", "missing_value",
        "bounds",
        "climatology",
    ]
}
