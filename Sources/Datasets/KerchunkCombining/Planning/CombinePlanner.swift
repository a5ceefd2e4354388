// SPDX-License-Identifier: Apache-2.0
// From summaries of all inputs to a plan, or to one error with all that stands against it.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// How the arrays of inputs are read while planning.
public struct InputReading: Sendable {
    /// Whole arrays of an input, in the byte order of their types.
    public typealias Values =
        @Sendable (_ input: Int, _ arrays: [VariableSummary]) throws(KerchunkError) -> [Bytes]
    /// Whether some chunk of an input's array is missing.
    public typealias Survey = @Sendable (_ input: Int, VariableSummary) throws(KerchunkError) -> Bool

    let values: Values
    let hasMissingChunks: Survey

    public init(values: @escaping Values, hasMissingChunks: @escaping Survey) {
        self.values = values
        self.hasMissingChunks = hasMissingChunks
    }
}

/// Plans a combination.
public struct CombinePlanner: Sendable {
    let request: CombineRequest
    let pool: WorkerPool
    let codecs: CodecDirectory
    let reading: InputReading

    /// - Parameters:
    ///   - codecs: knows which of their settings chunks of one array may differ in.
    public init(
        request: CombineRequest, pool: WorkerPool = .cores, codecs: CodecDirectory,
        reading: InputReading
    ) {
        self.request = request
        self.pool = pool
        self.codecs = codecs
        self.reading = reading
    }

    /// - Throws: one error with all incompatibilities.
    public func plan(_ inputs: [InputSummary]) throws(KerchunkError) -> CombinePlan {
        guard !inputs.isEmpty else { throw KerchunkError(.usage, "no input was given") }
        let choice = try DimensionChoice(request: request, inputs: inputs).choose()
        var run = PlanningRun(
            request: request, inputs: inputs, dimensions: choice.dimensions,
            codecs: codecs, reading: reading)
        run.decisions = choice.decisions
        run.planAxes()
        try run.planVariables()
        run.compareIndexes()
        if run.problems.isEmpty {
            try readValues(&run)
        } else {
            // What is still to be compared is told with the rest, where it can be read.
            run.forgetLoadings()
            try? readValues(&run)
        }
        if let error = run.problems.error { throw error }
        return run.finished()
    }

    /// Reads what is to be joined as values, and what must be the same everywhere: each input once.
    private func readValues(_ run: inout PlanningRun) throws(KerchunkError) {
        let wanted = run.wantedValues()
        var found = FoundValues()
        if !wanted.isEmpty {
            var references: [ExactText: (bytes: Bytes, array: VirtualArray)] = [:]
            for (path, occurrence) in run.comparedReferences() {
                references[path] = (
                    try read(occurrence.input, [occurrence.variable], run.names)[0],
                    occurrence.variable.schema.array
                )
            }
            let inputs = wanted.keys.sorted()
            let lists = inputs.map { wanted[$0] ?? [] }
            let known = references
            let names = run.names
            let shared = run.shared
            let canvases = try readCanvases(run)
            let results: [Result<[Outcome], KerchunkError>] = pool.map(inputs.count) { index in
                do throws(KerchunkError) {
                    let list = lists[index]
                    let bytes = try read(inputs[index], list.map(\.variable), names)
                    var outcomes: [Outcome] = []
                    // Of what is only compared nothing is kept.
                    for (wanted, bytes) in zip(list, bytes) {
                        if let path = wanted.comparedWith, let one = known[path] {
                            let comparison = ValueComparison(
                                one: one.array, other: wanted.variable.schema.array)
                            outcomes.append(comparison.isSame(one.bytes, bytes) ? .same : .different)
                        } else if let (number, sharer) = wanted.shared {
                            let cell = try shared[number].disagreement(
                                bytes, of: sharer, with: canvases[number])
                            outcomes.append(
                                cell.map { .disagrees(.init(places: number, sharer: sharer, cell: $0)) }
                                    ?? .same)
                        } else {
                            outcomes.append(.loaded(bytes))
                        }
                    }
                    return .success(outcomes)
                } catch {
                    return .failure(error)
                }
            }
            for (index, result) in results.enumerated() {
                for (wanted, outcome) in zip(lists[index], try result.get()) {
                    switch outcome {
                    case .same: break
                    case .different:
                        found.different[wanted.comparedWith ?? "", default: []].append(inputs[index])
                    case .disagrees(let disagreement): found.disagreements.append(disagreement)
                    case .loaded(let bytes):
                        found.loaded[inputs[index], default: [:]][wanted.variable.path] = bytes
                    }
                }
            }
        }
        run.take(found)
    }

    /// What came of one array that was read.
    private enum Outcome: Sendable {
        case same, different
        case disagrees(FoundValues.Disagreement)
        case loaded(Bytes)
    }

    /// By number of the places that several inputs share: the values that they are held against.
    private func readCanvases(_ run: PlanningRun) throws(KerchunkError) -> [SharedPlaces.Canvas] {
        let wanted = run.sharedReferences()
        let shared = run.shared
        let names = run.names
        let results: [Result<Bytes, KerchunkError>] = pool.map(wanted.count) { index in
            Result { () throws(KerchunkError) in
                let occurrence = shared[wanted[index].places].join.occurrences[wanted[index].owner]
                return try read(occurrence.input, [occurrence.variable], names)[0]
            }
        }
        var values = [[Int: Bytes]](repeating: [:], count: shared.count)
        for (wanted, result) in zip(wanted, results) {
            values[wanted.places][wanted.owner] = try result.get()
        }
        var canvases: [SharedPlaces.Canvas] = []
        for (places, values) in zip(shared, values) { canvases.append(try places.canvas(values)) }
        return canvases
    }

    private func read(
        _ input: Int, _ variables: [VariableSummary], _ names: [String]
    ) throws(KerchunkError) -> [Bytes] {
        do throws(KerchunkError) {
            return try reading.values(input, variables)
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
    /// The places of the output that it must have the values of, and which occurrence it is; nil where it is joined.
    var shared: (places: Int, sharer: Int)?
}

/// What reading gave.
struct FoundValues {
    /// By input and path.
    var loaded: [Int: [ExactText: Bytes]] = [:]
    /// By variable of the output: inputs with other values.
    var different: [ExactText: [Int]] = [:]
    var disagreements: [Disagreement] = []

    /// An occurrence that says something else of a cell than the one that fills it.
    struct Disagreement: Sendable {
        let places: Int
        let sharer: Int
        let cell: Int
    }
}
