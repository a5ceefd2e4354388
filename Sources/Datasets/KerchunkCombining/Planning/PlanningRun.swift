// SPDX-License-Identifier: Apache-2.0
// One planning: which variables of the inputs become which of the output.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// One planning, step by step.
struct PlanningRun {
    let request: CombineRequest
    let inputs: [InputSummary]
    /// The joined dimensions, outermost first.
    let dimensions: [String]
    let codecs: CodecDirectory
    let reading: InputReading
    var problems = CombineProblems()
    var decisions: [String] = []
    /// Those of the decisions that may not be what was meant, or cost values.
    var warnings: [String] = []
    var differences: [Issue] = []
    var issues: [Issue] = []
    /// What is taken from one input, though another has it, too.
    var dropped: Set<DroppedValues> = []
    var axes: [AxisPlan] = []
    /// Joined dimensions with problems of their own.
    var failedDimensions: Set<ExactText> = []
    var arrays: [ArrayPlan] = []
    var loadings: [ValueLoading] = []
    var comparisons: [Comparison] = []
    var shared: [SharedPlaces] = []
    let names: [String]

    /// A variable without joined dimensions that several inputs have.
    struct Comparison {
        let path: String
        let occurrences: [Occurrence]
        /// Whether its values are known from the summaries.
        var isIndex: Bool { occurrences[0].variable.isIndex }
    }

    /// Names of dimensions of any variable.
    let dimensionNames: Set<ExactText>
    /// Names of variables that others name as their coordinates.
    private let auxiliaryNames: Set<ExactText>

    init(
        request: CombineRequest, inputs: [InputSummary], dimensions: [String],
        codecs: CodecDirectory, reading: InputReading
    ) {
        self.request = request
        self.inputs = inputs
        self.dimensions = dimensions
        self.codecs = codecs
        self.reading = reading
        names = inputs.map(\.name)
        var schemas: [ObjectIdentifier: VariableSchema] = [:]
        for variable in inputs.lazy.flatMap(\.variables) {
            schemas[ObjectIdentifier(variable.schema)] = variable.schema
        }
        dimensionNames = Set(exactly: schemas.values.flatMap { $0.array.dimensionNames ?? [] })
        auxiliaryNames = Set(
            exactly: schemas.values.flatMap { schema in
                schema.array.attributes["coordinates"]?.string?.split(separator: " ").map(String.init) ?? []
            })
    }

    // MARK: Variables

    mutating func planVariables() throws(KerchunkError) {
        var occurrences: [ExactText: [Occurrence]] = [:]
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
            if occurrences[path] == nil, axis.values != nil, !axis.isImplied { order.append(path) }
        }
        for path in order { try plan(path, occurrences[path] ?? []) }
    }

    /// Where a variable goes: its own place, or what the coordinate `var` says.
    private func outputPath(_ variable: VariableSummary, _ input: InputSummary) -> String {
        guard let name = input.outputName, !isCoordinate(variable), !isIdentical(variable.path),
            !dimensions.containsExactly(variable.name)
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

    private mutating func plan(_ path: String, _ occurrences: [Occurrence]) throws(KerchunkError) {
        let group = VariableSummary.group(of: path)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if let axis = axis(name, for: group), axis.scope == group, axis.values != nil,
            !axis.isImplied
        {
            checkMeaning(of: axis, path, occurrences)
            if let array = coordinate(axis, path, occurrences) {
                arrays.append(array)
            } else {
                problems.add(variable: path, "cannot hold the concatenated values", remedy: nil)
            }
            return
        }
        guard let first = occurrences.first else { return }
        let own = first.variable.schema.array.dimensionNames ?? []
        if isIdentical(path) {
            if let joined = dimensions.first(where: { own.containsExactly($0) }) {
                problems.add(
                    variable: path,
                    "is to be taken from the first input, but has the concatenated dimension \"\(joined)\"",
                    remedy: "leave it out of --identical-dim")
            }
            arrays.append(copied(path, first))
            return
        }
        if own.contains(where: { failedDimensions.contains($0) }) {
            // What is wrong with a coordinate was told with its dimension.
            if first.variable.isIndex { return }
            report(path, first: first.input, metadataDifferences(occurrences))
            return
        }
        let joined = dimensions.filter { own.containsExactly($0) }.compactMap { axis($0, for: group) }
        let gained = gains(first.variable) ? gainedDimensions(own).compactMap { axis($0, for: group) } : []
        if joined.isEmpty, gained.isEmpty {
            planStatic(path, occurrences)
        } else if let join = VariableJoin(
            path: path, occurrences: occurrences, gained: gained, joined: joined, names: names,
            problems: &problems)
        {
            try plan(join)
        }
    }

    private func gains(_ variable: VariableSummary) -> Bool { !isCoordinate(variable) }

    /// Joined dimensions that a variable lacks and is to gain.
    private func gainedDimensions(_ own: [String]) -> [String] {
        dimensions.filter { dimension in
            guard !own.containsExactly(dimension) else { return false }
            return request.semantics == .kerchunk || !dimensionNames.contains(dimension)
        }
    }

    mutating func noteAttributes(_ path: String, _ occurrences: [Occurrence]) {
        var noted: Set<ExactText> = []
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
