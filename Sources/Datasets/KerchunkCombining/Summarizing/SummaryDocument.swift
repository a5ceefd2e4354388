// SPDX-License-Identifier: Apache-2.0
// Summaries as JSON, so that inputs can be looked at in batches, by many workers, and planned together.
// Arrays are described as Zarr v2 does. Descriptions, groups and coordinate values that inputs share are written once.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

/// Summaries of some of the inputs.
public struct SummaryDocument: Sendable {
    public var summaries: [InputSummary]
    /// By input that has some: what of it could not be used. It is not written.
    public var inputIssues: [(name: String, issues: [Issue])] = []
    /// Inputs that could not be used and were left out, and why. They are not written.
    public var leftOut: [(name: String, error: KerchunkError)] = []
    private static let version: Int64 = 4

    public init(_ summaries: [InputSummary]) { self.summaries = summaries }

    /// Several documents as one, in this order; what they have in common is shared.
    public init(joining documents: [SummaryDocument]) {
        var known: [ExactText: VariableSchema] = [:]
        var same: [ObjectIdentifier: VariableSchema] = [:]
        func shared(_ schema: VariableSchema) -> VariableSchema {
            if let found = same[ObjectIdentifier(schema)] { return found }
            let text = JSONValue.object(schema.array.document).serialized()
            let first = known[text] ?? schema
            known[text] = first
            same[ObjectIdentifier(schema)] = first
            return first
        }
        summaries = documents.flatMap(\.summaries).map { summary in
            InputSummary(
                name: summary.name, stamp: summary.stamp, sources: summary.sources, groups: summary.groups,
                variables: summary.variables.map {
                    VariableSummary(path: $0.path, shape: $0.shape, schema: shared($0.schema))
                },
                indexes: summary.indexes, selected: summary.selected, outer: summary.outer,
                outputName: summary.outputName,
                unread: summary.unread)
        }
    }

    /// Documents that are each written once, and called by their number.
    private struct Numbered {
        var all: [JSONValue] = []
        private var numbers: [ExactText: Int] = [:]

        mutating func number(of value: JSONValue) -> JSONValue {
            let text = value.serialized()
            if let known = numbers[text] { return .integer(known) }
            numbers[text] = all.count
            all.append(value)
            return .integer(all.count - 1)
        }
    }

    public var json: JSONObject {
        var schemas: [JSONValue] = []
        var numbers: [ObjectIdentifier: Int] = [:]
        func number(of schema: VariableSchema) -> Int {
            if let known = numbers[ObjectIdentifier(schema)] { return known }
            numbers[ObjectIdentifier(schema)] = schemas.count
            schemas.append(.object(schema.array.document))
            return schemas.count - 1
        }
        var values = Numbered()
        var groups = Numbered()
        func valueNumbers(_ all: [ExactText: AxisValues]) -> JSONValue {
            .object(
                JSONObject(
                    all.sorted { $0.key < $1.key }.map {
                        ($0.key.text, values.number(of: .object($0.value.json)))
                    }))
        }
        let inputs: [JSONValue] = summaries.map { summary in
            var object = summary.stamp.json
            object["name"] = .string(summary.name)
            object["sources"] = .array(
                summary.sources.map { source in
                    var members = source.stamp.json
                    members["url"] = .string(source.url)
                    return .object(members)
                })
            object["groups"] = .array(
                summary.groups.map {
                    groups.number(of: ["path": .string($0.path), "attributes": .object($0.attributes)])
                })
            object["variables"] = .array(
                summary.variables.map {
                    [
                        "path": .string($0.path), "shape": .integers($0.shape),
                        "schema": .integer(number(of: $0.schema)),
                    ]
                })
            object["indexes"] = valueNumbers(summary.indexes)
            object["selected"] = valueNumbers(summary.selected)
            if !summary.outer.isEmpty { object["outer"] = valueNumbers(summary.outer) }
            object["output_name"] = summary.outputName.map { .string($0) }
            object["unread"] = .object(JSONObject(summary.unread.map { ($0.key.text, .string($0.value)) }))
            return .object(object)
        }
        return [
            "summaries": .integer(Self.version), "schemas": .array(schemas), "groups": .array(groups.all),
            "values": .array(values.all), "inputs": .array(inputs),
        ]
    }

    /// What inputs call by number.
    private struct Shared {
        var schemas: [VariableSchema] = []
        var groups: [(path: String, attributes: JSONObject)] = []
        var values: [AxisValues] = []
    }

    /// - Throws: for a document that is no such list.
    public init(json: JSONObject) throws(KerchunkError) {
        guard case .integer(Self.version) = json["summaries"]?.number, let inputs = json["inputs"]?.array,
            let descriptions = json["schemas"]?.array, let groups = json["groups"]?.array,
            let values = json["values"]?.array
        else { throw KerchunkError(.unsupported, "not a list of summaries, or made by another version") }
        var shared = Shared()
        for description in descriptions {
            shared.schemas.append(VariableSchema(try VirtualArray(document: description.object ?? [:])))
        }
        for group in groups {
            guard let path = group.object?["path"]?.string else { throw Self.malformed }
            shared.groups.append((path, group.object?["attributes"]?.object ?? [:]))
        }
        for value in values { shared.values.append(try AxisValues(json: value.object ?? [:])) }
        summaries = []
        for input in inputs { summaries.append(try Self.summary(input.object ?? [:], shared)) }
    }

    private static let malformed = KerchunkError(
        .malformed, "the list of summaries has an invalid input")

    /// The row that `number` is.
    private static func row<Row>(_ number: JSONValue?, of rows: [Row]) throws(KerchunkError) -> Row {
        guard let number = number?.number?.uint64, number < UInt64(rows.count) else { throw malformed }
        return rows[Int(number)]
    }

    private static func summary(
        _ members: JSONObject, _ shared: Shared
    ) throws(KerchunkError) -> InputSummary {
        guard let name = members["name"]?.string else { throw malformed }
        var variables: [VariableSummary] = []
        for variable in members["variables"]?.array ?? [] {
            let object = variable.object ?? [:]
            let shape = object["shape"]?.array?.compactMap { $0.number?.uint64 }
            guard let path = object["path"]?.string, let shape else { throw malformed }
            let schema = try row(object["schema"], of: shared.schemas)
            guard schema.array.shape.count == shape.count else { throw malformed }
            variables.append(VariableSummary(path: path, shape: shape, schema: schema))
        }
        var groups: [(path: String, attributes: JSONObject)] = []
        for number in members["groups"]?.array ?? [] { groups.append(try row(number, of: shared.groups)) }
        func values(_ name: String) throws(KerchunkError) -> [ExactText: AxisValues] {
            var values: [ExactText: AxisValues] = [:]
            for (path, value) in members[name]?.object ?? [:] {
                values[path] = try row(value, of: shared.values)
            }
            return values
        }
        return InputSummary(
            name: name, stamp: SourceStamp(members),
            sources: (members["sources"]?.array ?? []).compactMap { source in
                guard let url = source.object?["url"]?.string else { return nil }
                return SourceTable.Source(url: url, stamp: SourceStamp(source.object ?? [:]))
            },
            groups: groups,
            variables: variables, indexes: try values("indexes"), selected: try values("selected"),
            outer: try values("outer"),
            outputName: members["output_name"]?.string,
            unread: Dictionary(
                uniqueKeysWithValues: (members["unread"]?.object ?? [:]).map {
                    (ExactText($0.name), $0.value.string ?? "")
                }))
    }
}

extension AxisValues {
    /// The values in base64, as elements of their type.
    var json: JSONObject {
        var object: JSONObject = ["dtype": type.v2Name]
        if let elements = (try? ElementCoding(type))?.elements(keys, isRounding: true) {
            object["values"] = .string(base64(elements))
        }
        if let time {
            object["units"] = .string(time.units)
            object["calendar"] = time.calendar.map { .string($0) }
        }
        object["packing"] = packing.map { .object($0.json) }
        object["characters"] = characterDimension.map { .string($0) }
        return object
    }

    init(json: JSONObject) throws(KerchunkError) {
        guard let name = json["dtype"], let text = json["values"]?.string,
            let bytes = decodeBase64(Array(text.utf8))
        else { throw KerchunkError(.malformed, "the list has values that are not base64") }
        var type = try DataType(v2Name: name)
        // Its name does not tell texts from other objects, which coordinates cannot be.
        if type == .object { type = .text }
        self.init(
            keys: try ElementCoding(type).keys(bytes), type: type,
            time: json["units"]?.string.map { TimeUnits(units: $0, calendar: json["calendar"]?.string) })
        packing = json["packing"]?.object.map(Packing.init)
        characterDimension = json["characters"]?.string
    }
}
