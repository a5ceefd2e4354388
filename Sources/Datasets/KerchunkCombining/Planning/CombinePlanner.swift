// SPDX-License-Identifier: Apache-2.0
// From summaries of all inputs to a plan, or to one error with all that stands against it.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Plans a combination.
public struct CombinePlanner: Sendable {
    /// Reads whole arrays of an input, in the byte order of their types.
    public typealias ValueReader =
        @Sendable (_ input: Int, _ arrays: [VariableSummary]) throws(KerchunkError) -> [Bytes]

    let request: CombineRequest
    let values: ValueReader
    let pool: WorkerPool

    public init(request: CombineRequest, pool: WorkerPool = .cores, values: @escaping ValueReader) {
        self.request = request
        self.pool = pool
        self.values = values
    }

    /// - Throws: one error with all incompatibilities.
    public func plan(_ inputs: [InputSummary]) throws(KerchunkError) -> CombinePlan {
        guard !inputs.isEmpty else { throw KerchunkError(.usage, "no input is given") }
        let choice = try DimensionChoice(request: request, inputs: inputs).choose()
        var run = PlanningRun(request: request, inputs: inputs, dimensions: choice.dimensions)
        run.decisions = choice.decisions
        run.planAxes()
        if let error = run.problems.error { throw error }
        run.planVariables()
        if let error = run.problems.error { throw error }
        try readValues(&run)
        run.compareIndexes()
        if let error = run.problems.error { throw error }
        return run.finished()
    }

    /// Reads what is to be joined as values, and what must be the same everywhere: each input once.
    private func readValues(_ run: inout PlanningRun) throws(KerchunkError) {
        let wanted = run.wantedValues()
        guard !wanted.isEmpty else { return }
        var references: [String: Bytes] = [:]
        for (path, occurrence) in run.comparedReferences() {
            references[path] = try read(occurrence.input, [occurrence.variable], run.names)[0]
        }
        let inputs = wanted.keys.sorted()
        let lists = inputs.map { wanted[$0] ?? [] }
        let known = references
        let names = run.names
        let results: [Result<[Bytes?], KerchunkError>] = pool.map(inputs.count) { index in
            do throws(KerchunkError) {
                let list = lists[index]
                let bytes = try read(inputs[index], list.map(\.variable), names)
                // Of what is only compared nothing is kept.
                return .success(
                    zip(list, bytes).map { wanted, bytes in
                        wanted.comparedWith.map { known[$0] == bytes } == true ? nil : bytes
                    })
            } catch {
                return .failure(error)
            }
        }
        var found = FoundValues()
        for (index, result) in results.enumerated() {
            for (wanted, bytes) in zip(lists[index], try result.get()) {
                if let path = wanted.comparedWith {
                    if bytes != nil { found.different[path, default: []].append(inputs[index]) }
                } else {
                    found.loaded[inputs[index], default: [:]][wanted.variable.path] = bytes
                }
            }
        }
        try run.take(found)
    }

    private func read(
        _ input: Int, _ variables: [VariableSummary], _ names: [String]
    ) throws(KerchunkError) -> [Bytes] {
        do throws(KerchunkError) {
            return try values(input, variables)
        } catch {
            throw error.locating(url: names[input])
        }
    }
}

/// An array of an input that must be read.
struct WantedValues {
    let variable: VariableSummary
    /// The variable of the output whose values it must have; nil where it is joined.
    var comparedWith: String?
}

/// What reading gave.
struct FoundValues {
    /// By input and path.
    var loaded: [Int: [String: Bytes]] = [:]
    /// By variable of the output: inputs with other values.
    var different: [String: [Int]] = [:]
}

/// One planning, step by step.
struct PlanningRun {
    let request: CombineRequest
    let inputs: [InputSummary]
    /// The joined dimensions, outermost first.
    let dimensions: [String]
    var problems = CombineProblems()
    var decisions: [String] = []
    var differences: [Issue] = []
    var issues: [Issue] = []
    private(set) var axes: [AxisPlan] = []
    var arrays: [ArrayPlan] = []
    private(set) var loadings: [ValueLoading] = []
    private(set) var comparisons: [Comparison] = []
    let names: [String]

    /// A variable without joined dimensions that several inputs have.
    struct Comparison {
        let path: String
        let occurrences: [Occurrence]
        /// Whether its values are known from the summaries.
        var isIndex: Bool { occurrences[0].variable.isIndex }
    }

    /// Names of dimensions of any variable.
    private let dimensionNames: Set<String>
    /// Names of variables that others name as their coordinates.
    private let auxiliaryNames: Set<String>

    init(request: CombineRequest, inputs: [InputSummary], dimensions: [String]) {
        self.request = request
        self.inputs = inputs
        self.dimensions = dimensions
        names = inputs.map(\.name)
        var schemas: [ObjectIdentifier: VariableSchema] = [:]
        for variable in inputs.lazy.flatMap(\.variables) {
            schemas[ObjectIdentifier(variable.schema)] = variable.schema
        }
        dimensionNames = Set(schemas.values.flatMap { $0.array.dimensionNames ?? [] })
        auxiliaryNames = Set(
            schemas.values.flatMap { schema in
                schema.array.attributes["coordinates"]?.string?.split(separator: " ").map(String.init) ?? []
            })
    }

    // MARK: Axes

    mutating func planAxes() {
        for dimension in dimensions {
            for scope in scopes(of: dimension) {
                let extents = inputs.map { extent(of: dimension, scope, $0) }
                let planner = AxisPlanner(dimension: dimension, scope: scope, request: request, names: names)
                if let axis = planner.plan(extents, &problems) {
                    axes.append(axis)
                    decide(axis)
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
        for variable in input.variables where scope.isEmpty || variable.path.hasPrefix(scope + "/") {
            if let axis = variable.axis(dimension), axis < variable.shape.count {
                return .length(variable.shape[axis])
            }
        }
        return .absent
    }

    /// The axis of `dimension` for variables of `group`: that of the nearest group which has one.
    private func axis(_ dimension: String, for group: String) -> AxisPlan? {
        axes.filter { axis in
            axis.dimension == dimension
                && (axis.scope.isEmpty || axis.scope == group || group.hasPrefix(axis.scope + "/"))
        }.max { $0.scope.utf8.count < $1.scope.utf8.count }
    }

    // MARK: Variables

    mutating func planVariables() {
        var occurrences: [String: [Occurrence]] = [:]
        var order: [String] = []
        for (index, input) in inputs.enumerated() {
            for variable in input.variables {
                let path = outputPath(variable, input)
                if occurrences[path] == nil { order.append(path) }
                occurrences[path, default: []].append(Occurrence(input: index, variable: variable))
            }
        }
        for axis in axes {
            let path = axis.scope.isEmpty ? axis.dimension : axis.scope + "/" + axis.dimension
            if occurrences[path] == nil, axis.values != nil { order.append(path) }
        }
        for path in order { plan(path, occurrences[path] ?? []) }
    }

    /// Where a variable goes: its own place, or what the coordinate `var` says.
    private func outputPath(_ variable: VariableSummary, _ input: InputSummary) -> String {
        guard let name = input.outputName, !isCoordinate(variable), !isIdentical(variable.path),
            !dimensions.contains(variable.name)
        else { return variable.path }
        return variable.group.isEmpty ? name : variable.group + "/" + name
    }

    private func isIdentical(_ path: String) -> Bool {
        CombineNames(request.identicalDimensions).contain(path)
    }

    /// Whether a variable places others rather than being placed: it is named as a dimension or in `coordinates`.
    private func isCoordinate(_ variable: VariableSummary) -> Bool {
        switch request.semantics {
        case .xarray: variable.isIndex || auxiliaryNames.contains(variable.name)
        case .kerchunk: dimensionNames.contains(variable.name)
        }
    }

    private mutating func plan(_ path: String, _ occurrences: [Occurrence]) {
        let group = VariableSummary.group(of: path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let axis = axis(name, for: group), axis.scope == group, axis.values != nil {
            if let array = coordinate(axis, path, occurrences) {
                arrays.append(array)
            } else {
                problems.add(variable: path, "cannot hold the joined values", remedy: nil)
            }
            return
        }
        guard let first = occurrences.first else { return }
        if isIdentical(path) {
            arrays.append(copied(path, first))
            return
        }
        let own = first.variable.schema.array.dimensionNames ?? []
        let joined = dimensions.filter { own.contains($0) }.compactMap { axis($0, for: group) }
        let gained = gains(first.variable) ? gainedDimensions(own).compactMap { axis($0, for: group) } : []
        if joined.isEmpty, gained.isEmpty {
            planStatic(path, occurrences)
        } else if let join = VariableJoin(
            path: path, occurrences: occurrences, gained: gained, joined: joined, names: names,
            problems: &problems)
        {
            plan(join)
        }
    }

    private func gains(_ variable: VariableSummary) -> Bool { !isCoordinate(variable) }

    /// Joined dimensions that a variable lacks and is to gain.
    private func gainedDimensions(_ own: [String]) -> [String] {
        dimensions.filter { dimension in
            guard !own.contains(dimension) else { return false }
            return request.semantics == .kerchunk || !dimensionNames.contains(dimension)
        }
    }

    // MARK: Variables without a joined dimension

    private mutating func planStatic(_ path: String, _ occurrences: [Occurrence]) {
        let first = occurrences[0]
        let reference = first.variable.schema.array
        var isSame = true
        for other in occurrences.dropFirst() {
            var found: [Difference] = []
            if other.variable.schema !== first.variable.schema {
                found = Compatibility.differences(reference, other.variable.schema.array, request.overrides)
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
                    remedy: Self.staticRemedy(path))
            }
        }
        if occurrences.count < inputs.count {
            switch request.absences {
            case .union: break
            case .intersection:
                issues.append(
                    Issue(
                        object: "/" + path,
                        reason: "left out, as \(inputs.count - occurrences.count) inputs lack it"))
                return
            // Without a joined dimension it is as true of the others as of those that have it.
            case .error: break
            }
        }
        arrays.append(copied(path, first))
        if isSame, occurrences.count > 1, compares(first.variable) {
            guard first.variable.isIndex || isSmallEnough(first.variable) else {
                decisions.append(
                    "/\(path) is taken from \(names[first.input]); it is too large to be compared")
                return
            }
            comparisons.append(Comparison(path: path, occurrences: occurrences))
        }
        noteAttributes(path, occurrences)
    }

    /// Whether the values of a variable are held against those of the other inputs.
    private func compares(_ variable: VariableSummary) -> Bool {
        variable.isIndex ? !request.overrides.contains(.coordinates) : !request.overrides.contains(.values)
    }

    /// Whether values are compared without being asked for: up to 16 MiB.
    private func isSmallEnough(_ variable: VariableSummary) -> Bool {
        let array = variable.schema.array
        guard !array.dataType.isObject, let size = ValueLoading.size(variable.shape, array.dataType) else {
            return false
        }
        return size <= 1 << 24
    }

    private func copied(_ path: String, _ first: Occurrence) -> ArrayPlan {
        var array = first.variable.schema.array
        array.shape = first.variable.shape
        let grid = zip(array.shape, array.chunkShape).map { $0.dividedRoundingUp(by: $1) }
        return ArrayPlan(
            path: path, array: array,
            content: .copied(
                ArrayPlan.ArrayPart(input: first.input, path: first.variable.path, gridShape: grid)))
    }

    // MARK: Joined variables

    private mutating func plan(_ join: VariableJoin) {
        var differences: [(Difference, Occurrence)] = []
        let reference = join.occurrences[0]
        var checked: [ObjectIdentifier: [Difference]] = [:]
        for occurrence in join.occurrences.dropFirst()
        where occurrence.variable.schema !== reference.variable.schema {
            let id = ObjectIdentifier(occurrence.variable.schema)
            let other = occurrence.variable.schema.array
            let found =
                checked[id]
                ?? Compatibility.differences(join.reference, other, request.overrides)
                + Compatibility.chunkDifferences(join.reference, other)
            checked[id] = found
            differences += found.map { ($0, occurrence) }
        }
        let cells = join.cells(request, names, &problems)
        var fill = join.reference.fillValue
        switch settleGaps(join, cells, &fill) {
        case .drop: return
        case .fill, .none: break
        }
        let inherited = inheritedTimes(join)
        let chunkShape = join.chunkShape(join.reference)
        var reason: String?
        if let (difference, occurrence) = differences.first {
            reason = difference.text(names[reference.input], names[occurrence.input])
        } else if inherited.contains(where: { $0 != nil }) {
            reason = "its times are converted with those of its coordinate"
        } else if let misalignment = join.misalignment(cells, chunkShape: chunkShape, names) {
            reason = misalignment
        }
        var array = join.reference
        array.shape = join.shape
        array.dimensionNames = join.dimensionNames
        array.fillValue = fill
        noteAttributes(join.path, join.occurrences)
        guard let reason else {
            array.chunkShape = chunkShape
            arrays.append(
                ArrayPlan(
                    path: join.path, array: array,
                    content: .joined(join.linked(cells, chunkShape: chunkShape))))
            return
        }
        if let loading = loading(join, cells, differences.map(\.0), inherited, reason) {
            loadings.append(loading)
            decisions.append("/\(join.path) is read and written inline: \(reason)")
            // Keeps the place among the other variables.
            arrays.append(ArrayPlan(path: join.path, array: array, content: .values(Bytes())))
            return
        }
        if differences.isEmpty, request.subchunks, let split = Splitting(join, cells) {
            array.chunkShape = split.chunkShape
            arrays.append(
                ArrayPlan(
                    path: join.path, array: array,
                    content: .joined(
                        join.linked(cells, chunkShape: split.chunkShape, splitFactor: split.factor))))
            decisions.append("/\(join.path): chunks are cut into \(split.factor) parts: \(reason)")
            return
        }
        report(join, differences, reason)
    }

    private mutating func report(
        _ join: VariableJoin, _ differences: [(Difference, Occurrence)], _ reason: String
    ) {
        guard !differences.isEmpty else {
            let raw =
                join.reference.codecs.isEmpty && !request.subchunks ? ", or --subchunk cuts its chunks" : ""
            problems.add(
                variable: join.path, reason, kind: "alignment",
                remedy: "--load \(join.path) reads its values\(raw)")
            return
        }
        for (difference, occurrence) in differences {
            problems.add(
                variable: join.path,
                difference.text(names[join.occurrences[0].input], names[occurrence.input]),
                kind: difference.what, check: difference.check,
                remedy: difference.isLoadable ? "--load \(join.path) reads its values" : nil)
        }
    }

    private enum Gaps { case none, fill, drop }

    /// What becomes of cells that no input fills.
    private mutating func settleGaps(_ join: VariableJoin, _ cells: Cells, _ fill: inout FillValue) -> Gaps {
        let others = inputs.indices.compactMap { input -> (input: Int, pieces: [[AxisPiece]])? in
            let pieces = join.axes.map { $0.plan.pieces[input] }
            return pieces.contains { $0.isEmpty } ? nil : (input, pieces)
        }
        let absence = join.absence(cells, others)
        guard absence.hasGaps else { return .none }
        if let lacking = absence.lacking {
            switch request.absences {
            case .intersection:
                issues.append(
                    Issue(
                        object: "/" + join.path,
                        reason: "left out, as inputs such as \(names[lacking]) lack it"))
                return .drop
            case .error:
                problems.add(
                    variable: join.path,
                    "is not in \(names[lacking]), but in \(names[join.occurrences[0].input])",
                    remedy: "--absent union keeps it with gaps, --absent intersection leaves it out")
                return .drop
            case .union: break
            }
        }
        if let wanted = request.fillValues.first(where: { CombineNames([$0.key]).contain(join.path) })?.value
        {
            guard let coding = try? ElementCoding(join.reference.dataType),
                let bytes = coding.elements([wanted])
            else {
                problems.add(
                    variable: join.path,
                    "cannot have the fill value \(wanted): its type is \(join.reference.dataType.v2Name.serialized())",
                    remedy: nil)
                return .fill
            }
            fill = .element(Bytes(bytes))
            return .fill
        }
        guard fill == .none else { return .fill }
        if case .float = join.reference.dataType, let coding = try? ElementCoding(join.reference.dataType),
            let bytes = coding.elements([.real(.nan)])
        {
            fill = .element(Bytes(bytes))
            return .fill
        }
        problems.add(
            variable: join.path,
            "has gaps where no input lies, and no fill value that could stand for them",
            remedy: "--fill-value \(join.path)=VALUE gives one")
        return .fill
    }

    /// By occurrence: the units of a bounds variable, which are those of its coordinate, where these are converted.
    private func inheritedTimes(_ join: VariableJoin) -> [(from: TimeUnits, to: TimeUnits)?] {
        let own = join.reference.attributes["units"]?.string
        return join.occurrences.map { occurrence in
            for axis in join.axes {
                guard let new = axis.plan.values?.time, let old = axis.plan.converted[occurrence.input] else {
                    continue
                }
                if own == nil, bounds(of: axis.plan).contains(occurrence.variable.name) { return (old, new) }
            }
            return nil
        }
    }

    /// Variables that a coordinate names as its bounds; they have its units.
    private func bounds(of axis: AxisPlan) -> [String] {
        let path = axis.scope.isEmpty ? axis.dimension : axis.scope + "/" + axis.dimension
        for input in inputs {
            guard let variable = input.variables.first(where: { $0.path == path }) else { continue }
            return ["bounds", "climatology"].compactMap { variable.schema.array.attributes[$0]?.string }
        }
        return []
    }

    /// Nil where the variable is too large to be read, or reading would not help.
    private func loading(
        _ join: VariableJoin, _ cells: Cells, _ differences: [Difference],
        _ inherited: [(from: TimeUnits, to: TimeUnits)?], _ reason: String
    ) -> ValueLoading? {
        guard differences.allSatisfy(\.isLoadable), !join.reference.dataType.isObject,
            let size = ValueLoading.size(join.shape, join.reference.dataType),
            size <= request.loadThreshold || CombineNames(request.loaded).contain(join.path)
        else { return nil }
        var times = inherited
        if !request.overrides.contains(.units) {
            for (index, occurrence) in join.occurrences.enumerated() {
                let one = units(join.reference)
                let other = units(occurrence.variable.schema.array)
                switch (one, other) {
                case (nil, nil): break
                case (let new?, let old?):
                    if old.means(new) { break }
                    guard TimeConversion(from: old, to: new) != nil else { return nil }
                    times[index] = (old, new)
                default: return nil
                }
            }
        }
        if differences.contains(where: { $0.check == .units }), times.allSatisfy({ $0 == nil }) { return nil }
        return ValueLoading(join: join, cells: cells, times: times, reason: reason)
    }

    private func units(_ array: VirtualArray) -> TimeUnits? {
        array.attributes["units"]?.string.map {
            TimeUnits(units: $0, calendar: array.attributes["calendar"]?.string)
        }
    }

    private mutating func noteAttributes(_ path: String, _ occurrences: [Occurrence]) {
        var noted: Set<String> = []
        var seen: Set<ObjectIdentifier> = []
        let first = occurrences[0].variable.schema
        for occurrence in occurrences.dropFirst() where occurrence.variable.schema !== first {
            guard seen.insert(ObjectIdentifier(occurrence.variable.schema)).inserted else { continue }
            let names = Compatibility.otherAttributes(
                first.array.attributes, occurrence.variable.schema.array.attributes)
            for name in names where noted.insert(name).inserted {
                differences.append(
                    Issue(
                        object: "/" + path,
                        reason:
                            "the attribute \"\(name)\" differs, as in \(self.names[occurrence.input]); that of the first input is kept"
                    ))
            }
        }
    }

}
