// SPDX-License-Identifier: Apache-2.0
// Summaries as JSON, so that inputs can be looked at in batches, by many workers, and planned together.
// Arrays are described as Zarr v2 does; those that are alike are described once.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

/// Summaries of some of the inputs.
public struct SummaryDocument: Sendable {
    public var summaries: [InputSummary]
    private static let version: Int64 = 1

    public init(_ summaries: [InputSummary]) { self.summaries = summaries }

    public var json: JSONObject {
        var schemas: [JSONValue] = []
        var numbers: [ObjectIdentifier: Int] = [:]
        func number(of schema: VariableSchema) -> Int {
            if let known = numbers[ObjectIdentifier(schema)] { return known }
            numbers[ObjectIdentifier(schema)] = schemas.count
            schemas.append([
                "array": .object(V2Documents.array(schema.array)),
                "attributes": .object(V2Documents.attributes(schema.array)),
            ])
            return schemas.count - 1
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
                summary.groups.map { ["path": .string($0.path), "attributes": .object($0.attributes)] })
            object["variables"] = .array(
                summary.variables.map {
                    [
                        "path": .string($0.path), "shape": .integers($0.shape),
                        "schema": .integer(number(of: $0.schema)),
                    ]
                })
            object["indexes"] = Self.json(summary.indexes)
            object["selected"] = Self.json(summary.selected)
            object["output_name"] = summary.outputName.map { .string($0) }
            object["unread"] = .object(JSONObject(summary.unread.map { ($0.key, .string($0.value)) }))
            return .object(object)
        }
        return [
            "summaries": .integer(Self.version), "schemas": .array(schemas), "inputs": .array(inputs),
        ]
    }

    private static func json(_ values: [String: AxisValues]) -> JSONValue {
        .object(JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, .object($0.value.json)) }))
    }

    /// - Throws: for a document that is no such list.
    public init(json: JSONObject) throws(KerchunkError) {
        guard case .integer(Self.version) = json["summaries"]?.number, let inputs = json["inputs"]?.array,
            let descriptions = json["schemas"]?.array
        else { throw KerchunkError(.unsupported, "this is no list of summaries, or one of another version") }
        var schemas: [VariableSchema] = []
        for description in descriptions {
            let members = description.object ?? [:]
            schemas.append(
                VariableSchema(
                    try V2Documents.read(
                        members["array"]?.object ?? [:], attributes: members["attributes"]?.object ?? [:]
                    ).array))
        }
        summaries = []
        for input in inputs { summaries.append(try Self.summary(input.object ?? [:], schemas)) }
    }

    private static func summary(
        _ members: JSONObject, _ schemas: [VariableSchema]
    ) throws(KerchunkError) -> InputSummary {
        let malformed = KerchunkError(.malformed, "the list of summaries has an input that makes no sense")
        guard let name = members["name"]?.string else { throw malformed }
        var variables: [VariableSummary] = []
        for variable in members["variables"]?.array ?? [] {
            let object = variable.object ?? [:]
            let shape = object["shape"]?.array?.compactMap { $0.number?.uint64 }
            guard let path = object["path"]?.string, let shape,
                let number = object["schema"]?.number?.uint64, number < UInt64(schemas.count)
            else { throw malformed }
            variables.append(VariableSummary(path: path, shape: shape, schema: schemas[Int(number)]))
        }
        func values(_ name: String) throws(KerchunkError) -> [String: AxisValues] {
            var values: [String: AxisValues] = [:]
            for (path, value) in members[name]?.object ?? [:] {
                values[path] = try AxisValues(json: value.object ?? [:])
            }
            return values
        }
        return InputSummary(
            name: name, stamp: SourceStamp(members),
            sources: (members["sources"]?.array ?? []).compactMap { source in
                guard let url = source.object?["url"]?.string else { return nil }
                return SourceTable.Source(url: url, stamp: SourceStamp(source.object ?? [:]))
            },
            groups: (members["groups"]?.array ?? []).compactMap { group in
                guard let path = group.object?["path"]?.string else { return nil }
                return (path, group.object?["attributes"]?.object ?? [:])
            },
            variables: variables, indexes: try values("indexes"), selected: try values("selected"),
            outputName: members["output_name"]?.string,
            unread: Dictionary(
                uniqueKeysWithValues: (members["unread"]?.object ?? [:]).map {
                    ($0.name, $0.value.string ?? "")
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
        return object
    }

    init(json: JSONObject) throws(KerchunkError) {
        guard let name = json["dtype"], let text = json["values"]?.string,
            let bytes = decodeBase64(Array(text.utf8))
        else { throw KerchunkError(.malformed, "there are values that are not in base64") }
        var type = try DataType(v2Name: name)
        // Its name does not tell texts from other objects, which coordinates cannot be.
        if type == .object { type = .text }
        self.init(
            keys: try ElementCoding(type).keys(bytes), type: type,
            time: json["units"]?.string.map { TimeUnits(units: $0, calendar: json["calendar"]?.string) })
    }
}
