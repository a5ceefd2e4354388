// SPDX-License-Identifier: Apache-2.0
// A JSON document in memory. References are scanned in columns instead; this is for metadata.

/// Any JSON value; objects keep their order.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(value)) }
    public static func real(_ value: Double) -> JSONValue { .number(.real(value)) }
    public static func integers(_ values: some Sequence<UInt64>) -> JSONValue {
        .array(values.map { .integer($0) })
    }
    public static func strings(_ values: some Sequence<String>) -> JSONValue { .array(values.map { .string($0) }) }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }
}

/// Names and values in their order; names are unique, and equality ignores the order.
public struct JSONObject: Sendable {
    public private(set) var names: [String] = []
    private var values: [String: JSONValue] = [:]

    public init() {}

    /// A later pair with the same name replaces the earlier one.
    public init(_ pairs: some Sequence<(String, JSONValue)>) {
        for (name, value) in pairs { self[name] = value }
    }

    public var count: Int { names.count }
    public var isEmpty: Bool { names.isEmpty }

    public subscript(name: String) -> JSONValue? {
        get { values[name] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: name) == nil { names.append(name) }
            } else if values.removeValue(forKey: name) != nil {
                names.removeAll { $0 == name }
            }
        }
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> AnyIterator<(name: String, value: JSONValue)> {
        var iterator = names.makeIterator()
        let values = values
        return AnyIterator {
            guard let name = iterator.next(), let value = values[name] else { return nil }
            return (name, value)
        }
    }
}

extension JSONObject: Hashable {
    public static func == (one: JSONObject, other: JSONObject) -> Bool { one.values == other.values }
    public func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .number(.integer(value)) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
