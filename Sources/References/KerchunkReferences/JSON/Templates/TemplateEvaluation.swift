// SPDX-License-Identifier: Apache-2.0
// What template expressions are worth.

import KerchunkBytes
import KerchunkModel

struct TemplateEvaluation {
    /// Named in errors.
    let template: String
    let names: [ExactText: TemplateValue]
    let templates: ReferenceTemplates?

    private func error(_ problem: String) -> KerchunkError { .template(template, problem) }

    func value(of expression: TemplateExpression) throws(KerchunkError) -> TemplateValue {
        switch expression {
        case .constant(let value): return value
        case .name(let name):
            if let value = names[name] ?? templates?.plain[name] { return value }
            throw error(
                templates?.hasArguments(name) == true
                    ? "\"\(name)\" needs arguments" : "unknown name \"\(name)\"")
        case .negated(let inner):
            switch try value(of: inner) {
            case .integer(let value):
                guard value != .min else { throw error("a number of more than 64 bits") }
                return .integer(-value)
            case .real(let value): return .real(-value)
            default: throw error("a minus before something that is not a number")
            }
        case .combined(let left, let symbol, let right):
            let (one, other) = (try value(of: left), try value(of: right))
            guard let result = TemplateValue.combine(one, symbol, other) else {
                throw error("\"\(symbol)\" has no result here")
            }
            return try bounded(result)
        case .list(let items):
            var values: [TemplateValue] = []
            for item in items { values.append(try value(of: item)) }
            return .list(values)
        case .template(let name, let arguments):
            guard let templates, templates.hasArguments(name) else {
                throw error("\"\(name)\" is not a template with arguments")
            }
            let (given, named) = try values(of: arguments)
            guard given.isEmpty else { throw error("arguments of \"\(name)\" need names") }
            return .text(try templates.rendered(name, named))
        case .applied(let name, let isMethod, let inner, let arguments):
            let (given, named) = try values(of: arguments)
            let value = try value(of: inner)
            guard
                let result = isMethod
                    ? Self.method(name, value, given, named) : Self.filter(name, value, given, named)
            else { throw error("\"\(name)\" is not supported here") }
            return try bounded(result)
        }
    }

    /// Texts grow by joining; what is far too long is stopped on the way.
    private func bounded(_ value: TemplateValue) throws(KerchunkError) -> TemplateValue {
        if case .text(let text) = value, text.utf8.count > 1 << 16 {
            throw error("it expands to more than \(1 << 16) bytes")
        }
        return value
    }

    private func values(
        of arguments: [TemplateExpression.Argument]
    ) throws(KerchunkError) -> (given: [TemplateValue], named: [ExactText: TemplateValue]) {
        var given: [TemplateValue] = []
        var named: [ExactText: TemplateValue] = [:]
        for argument in arguments {
            let value = try value(of: argument.value)
            if let name = argument.name { named[name] = value } else { given.append(value) }
        }
        return (given, named)
    }

    // Spec: Jinja, "List of Builtin Filters".
    private static func filter(
        _ name: String, _ value: TemplateValue, _ given: [TemplateValue], _ named: [ExactText: TemplateValue]
    ) -> TemplateValue? {
        guard named.isEmpty else { return nil }
        switch (name, value, given) {
        case ("format", .text(let format), _): return percentFormatted(format, .list(given)).map { .text($0) }
        case ("string", .list, _): return nil
        case ("string", _, []): return .text(value.rendered)
        case ("int", .integer, []): return value
        case ("int", .real(let number), []):
            return Int(exactly: number.rounded(.towardZero)).map { .integer($0) }
        case ("int", .text(let text), []): return Int(text).map { .integer($0) }
        case ("abs", .integer(let number), []): return Int(exactly: number.magnitude).map { .integer($0) }
        case ("upper", .text(let text), []): return .text(text.uppercased())
        case ("lower", .text(let text), []): return .text(text.lowercased())
        case ("replace", .text(let text), _): return replaced(text, given)
        default: return nil
        }
    }

    private static func method(
        _ name: String, _ value: TemplateValue, _ given: [TemplateValue], _ named: [ExactText: TemplateValue]
    ) -> TemplateValue? {
        guard case .text(let text) = value else { return nil }
        if name == "format" { return braceFormatted(text, given, named).map { .text($0) } }
        guard named.isEmpty else { return nil }
        switch (name, given.first) {
        case ("upper", nil): return .text(text.uppercased())
        case ("lower", nil): return .text(text.lowercased())
        case ("replace", _): return replaced(text, given)
        case ("zfill", .integer(let width)) where given.count == 1 && width <= 256:
            let sign = text.hasPrefix("-") || text.hasPrefix("+") ? text.prefix(1) : ""
            let zeros = String(repeating: "0", count: max(0, width - text.count))
            return .text(sign + zeros + text.dropFirst(sign.count))
        default: return nil
        }
    }

    private static func replaced(_ text: String, _ given: [TemplateValue]) -> TemplateValue? {
        guard given.count == 2, case .text(let old) = given[0], case .text(let new) = given[1], !old.isEmpty
        else { return nil }
        guard text.utf8.count.multiplied(by: new.utf8.count + 1) ?? .max <= 1 << 20 else { return nil }
        return .text(text.replacing(old, with: new))
    }
}
