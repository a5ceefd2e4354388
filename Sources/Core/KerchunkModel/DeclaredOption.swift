// SPDX-License-Identifier: Apache-2.0
// What can be chosen for one form of reference sets, as commands, Python and plans name it.

public import KerchunkBytes
public import KerchunkModel

/// An option of a form, whatever the type of its values.
public protocol DeclaredFormOption: Sendable {
    /// `record_size`.
    var name: String { get }
    /// Throws for what is no value of this option.
    func check(_ value: JSONValue) throws(KerchunkError)
    /// The name and `value`, or the standard one, as text.
    func text(_ value: JSONValue?) -> String
}

/// An option of a form: `options[JSONForm.isPretty] = true`.
public struct FormOption<Value: Sendable>: DeclaredFormOption {
    public let name: String
    /// The value where none is given.
    public let standard: Value
    /// What values are: `true or false`.
    private let expected: String
    private let decode: @Sendable (JSONValue) -> Value?
    let encode: @Sendable (Value) -> JSONValue

    public func check(_ value: JSONValue) throws(KerchunkError) {
        if decode(value) == nil {
            let text = value.serialized().prefix(200)
            throw KerchunkError(.usage, "\"\(name)\" is \(expected), not \(text)")
        }
    }

    public func text(_ value: JSONValue?) -> String {
        name + "=" + encode(self.value(value)).serialized()
    }

    func value(_ json: JSONValue?) -> Value { json.flatMap(decode) ?? standard }
}

extension FormOption<Bool> {
    public init(_ name: String, _ standard: Bool = false) {
        self.init(
            name: name, standard: standard, expected: "true or false", decode: { $0.bool },
            encode: { .bool($0) })
    }
}

extension FormOption<UInt64> {
    public init(_ name: String, _ standard: UInt64, in range: ClosedRange<UInt64>) {
        self.init(
            name: name, standard: standard,
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            decode: { $0.number?.uint64.flatMap { range.contains($0) ? $0 : nil } },
            encode: { .integer($0) })
    }
}

extension FormOption<String?> {
    /// A text; nil by default.
    public init(_ name: String) {
        self.init(
            name: name, standard: nil, expected: "a text",
            decode: { $0.isNull ? .some(nil) : $0.string.map { .some($0) } },
            encode: { $0.map { .string($0) } ?? .null })
    }
}
