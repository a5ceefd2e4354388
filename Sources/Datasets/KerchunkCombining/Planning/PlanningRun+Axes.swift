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
                let planner = AxisPlanner(dimension: dimension, scope: scope, request: request, names: names)
                let own = inputs.map { extent(of: dimension, scope, $0) }
                let dates = extentsOfDates(dimension, scope, own)
                guard !noteUnread(dimension, scope),
                    var axis = planner.plan(dates?.extents ?? own, &problems),
                    isPlaceable(axis)
                else {
                    failedDimensions.insert(dimension)
                    continue
                }
                axis.isImplied = dates != nil
                if isOuter(dimension, scope) {
                    decisions.append(
                        "\"\(dimension)\" is ordered by the coordinate of a group above, which is not in the output; --coord \(dimension)=data:\(dimension) includes it"
                    )
                    axis.values = nil
                } else {
                    decide(axis, dates?.variable)
                }
                axes.append(axis)
            }
        }
    }

    /// Dates in texts that say where inputs lie along a dimension without a coordinate; nil unless all have them.
    private func extentsOfDates(
        _ dimension: String, _ scope: String, _ own: [AxisPlanner.Extent]
    ) -> (variable: String, extents: [AxisPlanner.Extent])? {
        guard scope.isEmpty, request.order == .coordinates else { return nil }
        var variable: String?
        var extents: [AxisPlanner.Extent] = []
        for (input, extent) in zip(inputs, own) {
            switch extent {
            case .absent: extents.append(extent)
            case .values: return nil
            case .length:
                guard let dates = input.dates(along: dimension), variable ?? dates.variable == dates.variable
                else { return nil }
                variable = dates.variable
                extents.append(.values(dates.values))
            }
        }
        return variable.map { ($0, extents) }
    }

    /// Tells of coordinates that could not be read; in the given order they need not be.
    private mutating func noteUnread(_ dimension: String, _ scope: String) -> Bool {
        guard request.order == .coordinates, rule(dimension) == nil else { return false }
        let path = scope.isEmpty ? dimension : scope + "/" + dimension
        let unread = inputs.filter { $0.unread[path] != nil }
        for input in unread {
            problems.add(
                dimension, "the coordinate of \(input.name) cannot be read: \(input.unread[path] ?? "")",
                kind: "unread",
                remedy: "--order input concatenates the inputs in the order given, without comparing them")
        }
        return !unread.isEmpty
    }

    /// Whether it is known which inputs lie beside each other along one of several dimensions.
    private mutating func isPlaceable(_ axis: AxisPlan) -> Bool {
        guard axis.values == nil, dimensions.count > 1, axis.pieces.count(where: { !$0.isEmpty }) > 1 else {
            return true
        }
        problems.add(
            axis.dimension,
            "has no coordinate, so it is unknown which inputs are neighbours along it, since they also differ along other dimensions",
            remedy: "leave it out of --concat-dim, or add a coordinate to the inputs")
        return false
    }

    private mutating func decide(_ axis: AxisPlan, _ dates: String?) {
        if let dates {
            decisions.append(
                "\"\(axis.dimension)\" has no coordinate: inputs are placed by the dates in /\(dates)")
        }
        if request.overrides.contains(.units) { noteUnits(axis) }
        if axis.values == nil {
            decisions.append(
                "\"\(axis.dimension)\" has no coordinate: inputs follow each other in the order given"
            )
        }
        let other = axis.converted.compactMap { $0 }.count
        if other > 0, let time = axis.values?.time {
            decisions.append(
                "the times of \(other) input\(other == 1 ? "" : "s") along \"\(axis.dimension)\" are converted to \"\(time.units)\""
            )
        }
    }

    /// Tells of times that were not converted, as the user wishes, and how far they are off.
    private mutating func noteUnits(_ axis: AxisPlan) {
        var first: (time: TimeUnits?, input: Int)?
        for (index, input) in inputs.enumerated() {
            guard case .values(let values) = extent(of: axis.dimension, axis.scope, input) else { continue }
            guard let known = first else {
                first = (values.time, index)
                continue
            }
            if values.time == known.time { continue }
            if let one = values.time, let other = known.time,
                one.means(other) || TimeConversion(from: one, to: other)?.isPossible ?? false
            {
                continue
            }
            decisions.append(
                "numbers of \(names[index]) along \"\(axis.dimension)\" (\(values.time?.text ?? "without units")) are read as \(known.time?.text ?? "numbers without units") of \(names[known.input]), because of --override units: \(Difference.errorOfTimes(known.time, values.time) ?? "unconverted")"
            )
            return
        }
    }

    /// The groups that have a coordinate of their own for `dimension`; the root where none has.
    private func scopes(of dimension: String) -> [String] {
        if request.coordinates.contains(where: { $0.dimension.isExactly(dimension) }) { return [""] }
        var scopes: [String] = []
        var seen: Set<ExactText> = []
        for input in inputs {
            for variable in input.variables where variable.isIndex && variable.name.isExactly(dimension) {
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
        for variable in input.variables
        where scope.isEmpty || variable.path.utf8.starts(with: (scope + "/").utf8) {
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
            axis.dimension.isExactly(dimension)
                && (axis.scope.isEmpty || axis.scope.isExactly(group)
                    || group.utf8.starts(with: (axis.scope + "/").utf8))
        }.max { $0.scope.utf8.count < $1.scope.utf8.count }
    }

    // MARK: Coordinates

    /// The rule of the request that gives a dimension's values; nil where its own variable does.
    private func rule(_ dimension: String) -> CoordinateSelector? {
        request.coordinates.last { $0.dimension.isExactly(dimension) }?.selector
    }

    /// The variable that a coordinate's values were read from; nil where they come from elsewhere.
    private func origin(of axis: AxisPlan, _ path: String) -> String? {
        switch rule(axis.dimension) {
        case nil: return path
        case .data(let variable), .time(let variable):
            let name = String(variable.drop { $0 == "/" })
            return inputs.contains { $0.variables.contains { $0.path.isExactly(name) } } ? name : path
        default: return nil
        }
    }

    /// Values of a coordinate are joined as numbers, which must mean the same.
    mutating func checkMeaning(of axis: AxisPlan, _ path: String, _ occurrences: [Occurrence]) {
        guard let origin = origin(of: axis, path) else { return }
        // Units of times were converted, and packed numbers unpacked.
        let hasTimes = axis.values?.time != nil || axis.converted.contains { $0 != nil }
        var first: (schema: VariableSchema, input: Int)?
        for (index, input) in inputs.enumerated() {
            guard let schema = input.variables.first(where: { $0.path.isExactly(origin) })?.schema else {
                continue
            }
            let other = schema.array
            guard let known = first else {
                first = (schema, index)
                continue
            }
            if schema === known.schema { continue }
            for difference in Compatibility.differences(known.schema.array, other, request.overrides)
            where difference.check == .units && !hasTimes {
                problems.add(
                    variable: path, difference.text(names[known.input], names[index]), kind: difference.what,
                    check: difference.check,
                    consequence: difference.consequence(names[known.input], names[index]))
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
            dimensionNames: [axis.dimension], chunks: MemoryManifest.empty(.scalar))
        if values.type == .text { array.codecs = [TextContainer.codec] }
        if let name = values.characterDimension, case .fixedBytes(let length) = values.type {
            array.shape.append(UInt64(length))
            array.chunkShape.append(UInt64(length))
            array.dataType = .fixedBytes(length: 1)
            array.dimensionNames?.append(characterDimension(name, length))
        }
        let origin = origin(of: axis, path)
        let known =
            origin.flatMap { origin in
                inputs.lazy.compactMap { $0.variables.first { $0.path.isExactly(origin) } }.first
            } ?? occurrences.first?.variable
        if let known = known?.schema.array {
            array.attributes = known.attributes
            if origin == nil {
                // They say what other numbers mean.
                for name in Self.meaningfulAttributes { array.attributes[name] = nil }
            } else if known.dataType == array.dataType {
                array.missing = known.missing
            }
            if values.packing == nil, Packing(of: known) != nil {
                for name in ValueAttributes.packing + ValueAttributes.masking {
                    array.attributes[name] = nil
                }
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

    /// The dimension along characters of the output: that of the inputs, where it has this length everywhere.
    private func characterDimension(_ name: String, _ length: Int) -> String {
        let isFree = inputs.allSatisfy { input in
            input.variables.allSatisfy { variable in
                variable.axis(name).map { variable.shape[$0] == UInt64(length) } ?? true
            }
        }
        return isFree ? name : "string\(length)"
    }

    private static let meaningfulAttributes = ValueAttributes.all + ["bounds", "climatology"]
}
