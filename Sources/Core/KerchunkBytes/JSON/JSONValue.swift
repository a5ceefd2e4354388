// SPDX-License-Identifier: Apache-2.0
// A JSON document in memory. References are scanned in columns instead; this is for metadata.

/// Any JSON value; objects keep their order.
public enum JSONValue: Sendable {
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
    public static func strings(_ values: some Sequence<String>) -> JSONValue {
        .array(values.map { .string($0) })
    }

    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var number: JSONNumber? { if case .number(let value) = self { value } else { nil } }
    public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }
}

extension JSONValue: Hashable {
    /// Texts are equal where their bytes are.
    public static func == (one: JSONValue, other: JSONValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.number(let one), .number(let other)): one == other
        case (.string(let one), .string(let other)): one.isExactly(other)
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .number(let value): hasher.combine(value)
        case .string(let value): hasher.combine(ExactText(value))
        case .array(let value): hasher.combine(value)
        case .object(let value): hasher.combine(value)
        }
    }
}

/// Names and values in their order; names are unique by their bytes, and equality ignores the order.
public struct JSONObject: Sendable {
    private var pairs: [(name: String, value: JSONValue)] = []
    /// Where each name is; kept only for large objects, as small ones are searched faster than hashed.
    private var places: [ExactText: Int]?
    private static let searchedCount = 16

    public init() {}

    /// A later pair with the same name replaces the earlier one.
    public init(_ pairs: some Sequence<(String, JSONValue)>) {
        for (name, value) in pairs { self[name] = value }
    }

    public var names: [String] { pairs.map(\.name) }
    public var count: Int { pairs.count }
    public var isEmpty: Bool { pairs.isEmpty }

    public subscript(name: String) -> JSONValue? {
        get { place(of: name).map { pairs[$0].value } }
        set {
            let place = place(of: name)
            switch (place, newValue) {
            case (let place?, let value?): pairs[place].value = value
            case (let place?, nil):
                pairs.remove(at: place)
                places = nil
                indexIfLarge()
            case (nil, let value?):
                pairs.append((name, value))
                if places == nil { indexIfLarge() } else { places?[name] = pairs.count - 1 }
            case (nil, nil): break
            }
        }
    }

    private func place(of name: String) -> Int? {
        if let places { return places[name] }
        return pairs.firstIndex { $0.name.isExactly(name) }
    }

    private mutating func indexIfLarge() {
        guard pairs.count > Self.searchedCount else { return }
        places = Dictionary(uniqueKeysWithValues: zip(pairs.lazy.map { ExactText($0.name) }, pairs.indices))
    }
}

extension JSONObject: Sequence {
    public func makeIterator() -> IndexingIterator<[(name: String, value: JSONValue)]> {
        pairs.makeIterator()
    }
}

extension JSONObject: Hashable {
    /// Whether both are copies of one object, and so equal.
    package func isCopy(of other: JSONObject) -> Bool {
        // SAFETY: the addresses are compared and not used.
        unsafe pairs.withUnsafeBufferPointer { own in
            unsafe other.pairs.withUnsafeBufferPointer {
                unsafe own.baseAddress == $0.baseAddress && own.count == $0.count
            }
        }
    }

    public static func == (one: JSONObject, other: JSONObject) -> Bool {
        if one.isCopy(of: other) { return true }
        return one.count == other.count && one.pairs.allSatisfy { other[$0.name] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(Dictionary(uniqueKeysWithValues: pairs.map { (ExactText($0.name), $0.value) }))
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .number(.integer(value)) }
    public init(floatLiteral value: Double) { self = .real(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
