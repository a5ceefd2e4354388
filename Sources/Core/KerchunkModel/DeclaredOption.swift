// SPDX-License-Identifier: Apache-2.0
// What can be chosen for one format of files or one form of reference sets, as commands, Python and plans name it.

public import KerchunkBytes

/// An option that a format or form declares, whatever the type of its values.
public protocol DeclaredOption: Sendable {
    /// `record_size`.
    var name: String { get }
    /// What it is for, in a sentence.
    var summary: String { get }
    /// What its values are: `true or false`.
    var expected: String { get }
    /// Its name, summary and standard value, and what its values are, for interfaces that list options.
    var json: JSONValue { get }
    /// Throws for what is no value of this option.
    func check(_ value: JSONValue) throws(KerchunkError)
    /// `value` as this option keeps it; nil where that is the standard one.
    func kept(_ value: JSONValue) -> JSONValue?
    /// The name and `value`, or the standard one, as text.
    func text(_ value: JSONValue?) -> String
}

/// An option whose values are of one type: `options[JSONForm.isPretty] = true`.
public struct TypedOption<Value: Sendable>: DeclaredOption {
    public let name: String
    /// The value where none is given.
    public let standard: Value
    public let summary: String
    public let expected: String
    /// `flag`, `integer`, `text` or `choice`.
    private let type: String
    /// What `json` says beside the type: bounds, choices.
    private let details: JSONObject
    private let decode: @Sendable (JSONValue) -> Value?
    private let encode: @Sendable (Value) -> JSONValue

    public func check(_ value: JSONValue) throws(KerchunkError) {
        if decode(value) == nil {
            let text = value.serialized().prefix(200)
            throw KerchunkError(.usage, "\"\(name)\" must be \(expected), not \(text)")
        }
    }

    public func kept(_ value: JSONValue) -> JSONValue? {
        let value = encode(self.value(value))
        // Not `nil`, which is JSON's null here.
        return value == encode(standard) ? Optional.none : value
    }

    public func text(_ value: JSONValue?) -> String {
        name + "=" + encode(self.value(value)).serialized()
    }

    public var json: JSONValue {
        var members: JSONObject = [
            "name": .string(name), "type": .string(type), "default": encode(standard),
            "summary": .string(summary),
        ]
        for name in details.names { members[name] = details[name] }
        return .object(members)
    }

    fileprivate func value(_ json: JSONValue?) -> Value { json.flatMap(decode) ?? standard }
    fileprivate func json(_ value: Value) -> JSONValue { encode(value) }
}

extension TypedOption<Bool> {
    public init(_ name: String, _ standard: Bool, _ summary: String) {
        self.init(
            name: name, standard: standard, summary: summary, expected: "true or false", type: "flag",
            details: [:], decode: { $0.bool }, encode: { .bool($0) })
    }
}

extension TypedOption<UInt64> {
    public init(_ name: String, _ standard: UInt64, in range: ClosedRange<UInt64>, _ summary: String) {
        self.init(
            name: name, standard: standard, summary: summary,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", type: "integer",
            details: ["minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)],
            decode: { $0.number?.uint64.flatMap { range.contains($0) ? $0 : nil } },
            encode: { .integer($0) })
    }
}

extension TypedOption<String?> {
    /// A text; nil by default.
    public init(_ name: String, _ summary: String) {
        self.init(
            name: name, standard: nil, summary: summary, expected: "a string", type: "text", details: [:],
            decode: { $0.isNull ? .some(nil) : $0.string.map { .some($0) } },
            encode: { $0.map { .string($0) } ?? .null })
    }
}

extension TypedOption where Value: CaseIterable & RawRepresentable<String> {
    /// One of the cases of an enumeration, by their raw values.
    public init(_ name: String, _ standard: Value, _ summary: String) {
        let choices = Value.allCases.map(\.rawValue)
        self.init(
            name: name, standard: standard, summary: summary,
            expected: "one of \(choices.map { "\"\($0)\"" }.joined(separator: ", "))", type: "choice",
            details: ["choices": .strings(choices)],
            decode: { $0.string.flatMap { Value(rawValue: $0) } }, encode: { .string($0.rawValue) })
    }
}

/// Values of declared options, by their names. Standard values are not kept, so that equal choices are equal.
public struct OptionValues: Hashable, Sendable, CustomStringConvertible {
    private var values: [String: JSONValue] = [:]

    public init() {}

    public subscript<Value>(_ option: TypedOption<Value>) -> Value {
        get { option.value(values[option.name]) }
        set { values[option.name] = option.kept(option.json(newValue)) }
    }

    /// Sets an option by its name.
    /// - Throws: kind `usage` where the value is none of the option's.
    public mutating func set(_ option: any DeclaredOption, _ value: JSONValue) throws(KerchunkError) {
        try option.check(value)
        values[option.name] = option.kept(value)
    }

    /// The values of `options`, standard ones included, as text: outputs that are made with others differ.
    public func text(of options: [any DeclaredOption]) -> String {
        options.map { $0.text(values[$0.name]) }.joined(separator: " ")
    }

    /// The values that are not the standard ones, by the names of their options.
    package var sorted: [(name: String, value: JSONValue)] {
        values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The same for equal values in every process.
    public var description: String {
        sorted.map { "\($0.name)=\($0.value.serialized())" }.joined(separator: " ")
    }
}
