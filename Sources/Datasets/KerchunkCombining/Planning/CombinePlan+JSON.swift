// SPDX-License-Identifier: Apache-2.0
// Plans as JSON, so that they can be kept, read and sent to workers. Arrays are described as Zarr v2 does.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

extension CombinePlan {
    /// The form of the document; it changes with what it says.
    private static let version: Int64 = 2

    public var json: JSONObject {
        [
            "plan": .integer(Self.version),
            "inputs": .array(
                zip(inputs, stamps).map { name, stamp in
                    var object = stamp.json
                    object["name"] = .string(name)
                    return .object(object)
                }),
            "groups": .array(
                groups.map { ["path": .string($0.path), "attributes": .object($0.attributes)] }),
            "axes": .array(axes.map { .object($0.json) }),
            "arrays": .array(arrays.map { .object($0.json) }),
            "decisions": .strings(decisions),
            "differences": .array(differences.map(Self.json)),
            "issues": .array(issues.map(Self.json)),
        ]
    }

    private static func json(_ issue: Issue) -> JSONValue {
        ["object": .string(issue.object), "reason": .string(issue.reason)]
    }

    /// - Throws: for a document that is no plan, or of another form.
    public init(json: JSONObject) throws(KerchunkError) {
        guard case .integer(Self.version) = json["plan"]?.number else {
            throw KerchunkError(.unsupported, "not a plan, or made by another version")
        }
        let document = PlanReader(json)
        var inputs: [String] = []
        var stamps: [SourceStamp] = []
        for input in try document.objects("inputs") {
            inputs.append(try input.text("name"))
            stamps.append(SourceStamp(input.members))
        }
        var groups: [(path: String, attributes: JSONObject)] = []
        for group in try document.objects("groups") {
            groups.append((try group.text("path"), try group.object("attributes").members))
        }
        var axes: [AxisPlan] = []
        for axis in try document.objects("axes") { axes.append(try AxisPlan(axis, inputCount: inputs.count)) }
        var arrays: [ArrayPlan] = []
        for array in try document.objects("arrays") {
            arrays.append(try ArrayPlan(array, inputCount: inputs.count))
        }
        func issues(_ name: String) throws(KerchunkError) -> [Issue] {
            var issues: [Issue] = []
            for issue in try document.objects(name) {
                issues.append(Issue(object: try issue.text("object"), reason: try issue.text("reason")))
            }
            return issues
        }
        self.init(
            inputs: inputs, stamps: stamps, groups: groups, axes: axes, arrays: arrays,
            decisions: (json["decisions"]?.array ?? []).compactMap(\.string),
            differences: try issues("differences"), issues: try issues("issues"))
    }
}

/// Members of a plan, each of which is there and of its kind.
private struct PlanReader {
    let members: JSONObject

    init(_ members: JSONObject) { self.members = members }

    private func wrong(_ name: String, _ expected: String) -> KerchunkError {
        KerchunkError(.malformed, "the plan has no \"\(name)\" that is \(expected)")
    }

    func text(_ name: String) throws(KerchunkError) -> String {
        guard let text = members[name]?.string else { throw wrong(name, "a string") }
        return text
    }

    func object(_ name: String) throws(KerchunkError) -> PlanReader {
        guard let object = members[name]?.object else { throw wrong(name, "an object") }
        return PlanReader(object)
    }

    func objects(_ name: String) throws(KerchunkError) -> [PlanReader] {
        guard let list = members[name]?.array else { throw wrong(name, "a list of objects") }
        let objects = list.compactMap(\.object)
        guard objects.count == list.count else { throw wrong(name, "a list of objects") }
        return objects.map(PlanReader.init)
    }

    func number(_ name: String) throws(KerchunkError) -> UInt64 {
        guard let number = members[name]?.number?.uint64 else { throw wrong(name, "a number") }
        return number
    }

    func numbers(_ name: String) throws(KerchunkError) -> [UInt64] {
        guard let list = members[name]?.array else { throw wrong(name, "a list of numbers") }
        return try Self.numbers(.array(list), name)
    }

    static func numbers(_ json: JSONValue, _ name: String) throws(KerchunkError) -> [UInt64] {
        let list = json.array ?? []
        let numbers = list.compactMap { $0.number?.uint64 }
        guard json.array != nil, numbers.count == list.count else {
            throw KerchunkError(.malformed, "the plan has no \"\(name)\" that is a list of numbers")
        }
        return numbers
    }

    /// Runs as triples: start, count, position.
    func pieces(_ name: String) throws(KerchunkError) -> [[AxisPiece]] {
        guard let list = members[name]?.array else { throw wrong(name, "a list of runs") }
        var pieces: [[AxisPiece]] = []
        for item in list {
            let numbers = try Self.numbers(item, name)
            guard numbers.count % 3 == 0 else { throw wrong(name, "a list of runs") }
            var runs: [AxisPiece] = []
            for start in stride(from: 0, to: numbers.count, by: 3) {
                guard numbers[start].adding(numbers[start + 1]) != nil,
                    numbers[start + 2].adding(numbers[start + 1]) != nil
                else { throw wrong(name, "a list of runs") }
                runs.append(
                    AxisPiece(start: numbers[start], count: numbers[start + 1], position: numbers[start + 2]))
            }
            pieces.append(runs)
        }
        return pieces
    }
}

private func json(_ pieces: [[AxisPiece]]) -> JSONValue {
    .array(pieces.map { runs in .integers(runs.flatMap { [$0.start, $0.count, $0.position] }) })
}

extension AxisPlan {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "dimension": .string(dimension), "scope": .string(scope), "length": .integer(length),
            "pieces": KerchunkCombining.json(pieces),
        ]
        object["values"] = values.map { .object($0.json) }
        return object
    }

    fileprivate init(_ document: PlanReader, inputCount: Int) throws(KerchunkError) {
        let values = try document.members["values"]?.object.map { members throws(KerchunkError) in
            try AxisValues(json: members)
        }
        let pieces = try document.pieces("pieces")
        guard pieces.count == inputCount else {
            throw KerchunkError(
                .malformed,
                "the plan has \(counted(pieces.count, "place")) for \(counted(inputCount, "input"))")
        }
        self.init(
            dimension: try document.text("dimension"), scope: try document.text("scope"),
            length: try document.number("length"), values: values, pieces: pieces,
            converted: Array(repeating: nil, count: inputCount))
    }
}

extension ArrayPlan {
    fileprivate var json: JSONObject {
        var object = array.document
        object["path"] = .string(path)
        switch content {
        case .values(let bytes):
            object["values"] = .string(base64(bytes))
            if !valueInputs.isEmpty { object["inputs"] = .integers(valueInputs.map { UInt64($0) }) }
        case .copied(let part): object["copied"] = .object(part.json)
        case .joined(let join):
            object["axes"] = .array(
                join.axes.map {
                    ["number": .integer($0.number), "starts": .integers($0.starts), "new": .bool($0.isNew)]
                })
            object["parts"] = .array(
                join.parts.map { part in
                    var object = part.source.json
                    object["runs"] = KerchunkCombining.json(part.runs)
                    return .object(object)
                })
            object["cells"] = .array(join.cells.map { .integer($0) })
        }
        return object
    }

    fileprivate init(_ document: PlanReader, inputCount: Int) throws(KerchunkError) {
        path = try document.text("path")
        array = try VirtualArray(document: document.members)
        if let values = document.members["values"]?.string {
            guard let bytes = decodeBase64(Array(values.utf8)) else {
                throw KerchunkError(.malformed, "the plan has values that are not base64")
            }
            content = .values(bytes)
            if document.members["inputs"] != nil {
                valueInputs = try document.numbers("inputs").compactMap { Int(exactly: $0) }
            }
        } else if document.members["copied"] != nil {
            content = .copied(try ArrayPart(try document.object("copied"), inputCount: inputCount))
        } else {
            content = .joined(try Join(document, rank: array.shape.count, inputCount: inputCount))
        }
    }
}

extension ArrayPlan.ArrayPart {
    fileprivate var json: JSONObject {
        var object: JSONObject = [
            "input": .integer(input), "path": .string(path), "grid": .integers(gridShape),
        ]
        if splitFactor > 1 { object["split"] = .integer(splitFactor) }
        return object
    }

    fileprivate init(_ document: PlanReader, inputCount: Int) throws(KerchunkError) {
        guard let input = Int(exactly: try document.number("input")), input < inputCount else {
            throw KerchunkError(.malformed, "the plan refers to an input that it does not have")
        }
        self.init(
            input: input, path: try document.text("path"), gridShape: try document.numbers("grid"),
            splitFactor: document.members["split"] == nil ? 1 : max(1, try document.number("split")))
    }
}

extension ArrayPlan.Join {
    fileprivate init(_ document: PlanReader, rank: Int, inputCount: Int) throws(KerchunkError) {
        axes = []
        var cellCount = 1
        for axis in try document.objects("axes") {
            let starts = try axis.numbers("starts")
            guard let number = Int(exactly: try axis.number("number")), number < rank, starts.count > 1,
                zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), starts.first == 0,
                axes.last.map({ $0.number < number }) ?? true,
                let count = cellCount.multiplied(by: starts.count - 1)
            else { throw KerchunkError(.malformed, "the plan has an invalid axis") }
            cellCount = count
            axes.append(
                ArrayPlan.JoinedAxis(
                    number: number, starts: starts, isNew: axis.members["new"]?.bool ?? false))
        }
        parts = []
        for part in try document.objects("parts") {
            let runs = try part.pieces("runs")
            guard runs.count == axes.count, runs.allSatisfy({ !$0.isEmpty }) else {
                throw KerchunkError(.malformed, "the plan has an invalid part")
            }
            parts.append(
                ArrayPlan.Part(source: try ArrayPlan.ArrayPart(part, inputCount: inputCount), runs: runs))
        }
        cells = []
        for value in document.members["cells"]?.array ?? [] {
            guard case .integer(let cell) = value.number, (-1..<Int64(parts.count)).contains(cell) else {
                throw KerchunkError(.malformed, "the plan has a cell that no part fills")
            }
            cells.append(Int32(cell))
        }
        guard !axes.isEmpty, cells.count == cellCount else {
            throw KerchunkError(.malformed, "the plan has \(cells.count) cells, not \(cellCount)")
        }
    }
}
