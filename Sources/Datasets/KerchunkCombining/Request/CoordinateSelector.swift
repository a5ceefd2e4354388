// SPDX-License-Identifier: Apache-2.0
// Where the coordinate values of an input come from, and how users write that down.

import KerchunkBytes
public import KerchunkModel

/// How to find the values that an input has along a dimension.
public enum CoordinateSelector: Sendable {
    /// The values of a variable: `data:time`.
    case data(String)
    /// The same as times, so that units may differ among inputs: `cf:time`.
    case time(String)
    /// An attribute of the root group: `attr:experiment`.
    case attribute(String)
    /// An attribute of a variable: `vattr:tas:level`.
    case variableAttribute(variable: String, name: String)
    /// The place of the input among all inputs, from 0: `index`.
    case index
    /// The name of the one variable that is not a coordinate: `varname`.
    case variableName
    /// What a regular expression finds in the input's name: its first group, or all: `regex:_(\d+)\.nc`.
    case pattern(String)
    /// The same as a date in the form of `strptime`: `date:%Y%m%d:_(\d{8})`.
    case datePattern(String, form: String)
    /// The same of the texts in a variable: `date:%Y-%m-%d_%H:%M:%S:Times`.
    case dateVariable(String, form: String)
    /// The same value for all inputs: `value:5`.
    case constant(CoordinateKey)
    /// A value for each input: `list:1990,2000`.
    case list([[CoordinateKey]])
    /// Values that a function gives.
    case function(@Sendable (SelectedInput) throws -> AxisValues)

    /// The selector that `text` writes down; a text of no known form is a constant.
    public init(parsing text: String) throws(KerchunkError) {
        func rest(_ prefix: String) -> String? {
            text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
        }
        if text == "index" || text == "INDEX" {
            self = .index
        } else if text == "varname" || text == "VARNAME" {
            self = .variableName
        } else if let name = rest("data:") {
            self = .data(try Self.named(name, text))
        } else if let name = rest("cf:") {
            self = .time(try Self.named(name, text))
        } else if let name = rest("attr:") {
            self = .attribute(try Self.named(name, text))
        } else if let names = rest("vattr:") {
            guard let colon = names.firstIndex(of: ":"), colon != names.startIndex else {
                throw KerchunkError(.usage, "the selector \"\(text)\" is not of the form vattr:VARIABLE:NAME")
            }
            self = .variableAttribute(
                variable: String(names[..<colon]),
                name: try Self.named(String(names[names.index(after: colon)...]), text))
        } else if let pattern = rest("regex:") {
            self = .pattern(try FileNamePattern(pattern).text)
        } else if let form = rest("date:") {
            guard let (form, place) = Self.split(form) else {
                throw KerchunkError(
                    .usage,
                    "the selector \"\(text)\" is not of the form date:FORM:PATTERN or date:FORM:VARIABLE")
            }
            // A pattern that is but a name could not find a date.
            if let first = place.first, first.isLetter || first == "_" || first == "/",
                place.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "/" })
            {
                self = .dateVariable(place, form: form)
            } else {
                self = .datePattern(try FileNamePattern(place).text, form: form)
            }
        } else if let list = rest("list:") {
            self = .list(
                list.split(separator: ",", omittingEmptySubsequences: false).map {
                    [CoordinateKey(text: String($0))]
                })
        } else {
            self = .constant(CoordinateKey(text: rest("value:") ?? text))
        }
    }

    /// The form of a date, and what stands behind it: after the last directive that a colon follows.
    private static func split(_ text: String) -> (form: String, rest: String)? {
        var end = text.endIndex
        while let percent = text[..<end].lastIndex(of: "%") {
            let directive = text.index(after: percent)
            if directive < text.endIndex,
                let colon = text[text.index(after: directive)...].firstIndex(of: ":")
            {
                return (String(text[..<colon]), String(text[text.index(after: colon)...]))
            }
            end = percent
        }
        return nil
    }

    /// The variable whose values it takes; nil for other selectors.
    package var variable: String? {
        switch self {
        case .data(let name), .time(let name), .dateVariable(let name, _): name
        default: nil
        }
    }

    private static func named(_ name: String, _ text: String) throws(KerchunkError) -> String {
        if name.isEmpty { throw KerchunkError(.usage, "the selector \"\(text)\" names nothing") }
        return name
    }
}

/// What a function that selects coordinate values is given.
public struct SelectedInput: Sendable {
    /// From 0.
    public let index: Int
    public let name: String
    public let dimension: String
    public let dataset: VirtualDataset
}

extension CoordinateKey {
    /// A whole number or a real one where `text` is one, else the text.
    public init(text: String) {
        if let whole = Int64(text) {
            self = .integer(whole)
        } else if let real = Double(text) {
            self = .real(real)
        } else {
            self = .text(text)
        }
    }

    /// The scalar that `json` holds; nil for others.
    init?(json: JSONValue) {
        switch json {
        case .string(let text): self = .text(text)
        case .bool(let value): self = .integer(value ? 1 : 0)
        case .number(.integer(let value)): self = .integer(value)
        case .number(let number): self = .real(number.double)
        default: return nil
        }
    }
}
