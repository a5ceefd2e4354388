// SPDX-License-Identifier: Apache-2.0
// Expressions of templates: the part of Jinja that reference sets use. All else is refused.
// Spec: Jinja, "Template Designer Documentation", Expressions; precedence as in its parser.

import KerchunkModel

indirect enum TemplateExpression {
    case constant(TemplateValue)
    case name(String)
    case negated(TemplateExpression)
    /// `+ - ~ * / // % **`
    case combined(TemplateExpression, String, TemplateExpression)
    case list([TemplateExpression])
    /// A named template with arguments: `f(c='x')`.
    case template(String, arguments: [Argument])
    /// `value|filter(…)` and `value.method(…)`.
    case applied(String, isMethod: Bool, to: TemplateExpression, arguments: [Argument])

    struct Argument {
        /// Nil where it is given by its place.
        let name: String?
        let value: TemplateExpression
    }

    /// - Parameter text: what stands between the braces.
    init(parsing text: Substring) throws(KerchunkError) {
        var parser = TemplateParser(text: String(text), tokens: try TemplateToken.tokens(of: text))
        self = try parser.whole()
    }
}

/// Reads tokens by recursive descent.
private struct TemplateParser {
    let text: String
    let tokens: [TemplateToken]
    private var next = 0
    private var depth = 0
    private static let maximumDepth = 64

    init(text: String, tokens: [TemplateToken]) {
        self.text = text
        self.tokens = tokens
    }

    private func error(_ problem: String) -> KerchunkError { .template(text, problem) }

    mutating func whole() throws(KerchunkError) -> TemplateExpression {
        let expression = try sum()
        guard next == tokens.count else {
            throw error("only arithmetic, named templates and a few filters are supported")
        }
        return expression
    }

    private mutating func takeSymbol(_ symbols: [String]) -> String? {
        guard next < tokens.count, case .symbol(let symbol) = tokens[next], symbols.contains(symbol) else {
            return nil
        }
        next += 1
        return symbol
    }

    private mutating func take(_ symbol: String) throws(KerchunkError) {
        guard takeSymbol([symbol]) != nil else { throw error("a \"\(symbol)\" is missing") }
    }

    private mutating func sum() throws(KerchunkError) -> TemplateExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth)") }
        var left = try joined()
        while let symbol = takeSymbol(["+", "-"]) { left = .combined(left, symbol, try joined()) }
        return left
    }

    private mutating func joined() throws(KerchunkError) -> TemplateExpression {
        var left = try product()
        while let symbol = takeSymbol(["~"]) { left = .combined(left, symbol, try product()) }
        return left
    }

    private mutating func product() throws(KerchunkError) -> TemplateExpression {
        var left = try power()
        while let symbol = takeSymbol(["*", "/", "//", "%"]) { left = .combined(left, symbol, try power()) }
        return left
    }

    private mutating func power() throws(KerchunkError) -> TemplateExpression {
        var left = try unary(takesFilters: true)
        while let symbol = takeSymbol(["**"]) {
            left = .combined(left, symbol, try unary(takesFilters: true))
        }
        return left
    }

    private mutating func unary(takesFilters: Bool) throws(KerchunkError) -> TemplateExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nested deeper than \(Self.maximumDepth)") }
        var value: TemplateExpression
        switch takeSymbol(["-", "+"]) {
        case "-": value = .negated(try unary(takesFilters: false))
        case "+": value = try unary(takesFilters: false)
        default: value = try primary()
        }
        while takeSymbol(["."]) != nil {
            guard next < tokens.count, case .name(let method) = tokens[next] else {
                throw error("a method name is missing")
            }
            next += 1
            try take("(")
            value = .applied(method, isMethod: true, to: value, arguments: try arguments())
        }
        while takesFilters, takeSymbol(["|"]) != nil {
            guard next < tokens.count, case .name(let filter) = tokens[next] else {
                throw error("a filter name is missing")
            }
            next += 1
            let given = takeSymbol(["("]) != nil ? try arguments() : []
            value = .applied(filter, isMethod: false, to: value, arguments: given)
        }
        return value
    }

    private mutating func primary() throws(KerchunkError) -> TemplateExpression {
        guard next < tokens.count else { throw error("a value is missing") }
        let token = tokens[next]
        next += 1
        switch token {
        case .integer(let value): return .constant(.integer(value))
        case .real(let value): return .constant(.real(value))
        case .text(var content):
            // Texts behind each other are one.
            while next < tokens.count, case .text(let more) = tokens[next] {
                content += more
                next += 1
            }
            return .constant(.text(content))
        case .name(let name):
            guard takeSymbol(["("]) != nil else { return .name(name) }
            return .template(name, arguments: try arguments())
        case .symbol("("):
            var items: [TemplateExpression] = []
            var isList = false
            while takeSymbol([")"]) == nil {
                items.append(try sum())
                if takeSymbol([","]) != nil {
                    isList = true
                } else {
                    try take(")")
                    break
                }
            }
            if !isList, let only = items.first { return only }
            return .list(items)
        case .symbol(let symbol): throw error("\"\(symbol)\", expected a value")
        }
    }

    /// The arguments behind an opening bracket.
    private mutating func arguments() throws(KerchunkError) -> [TemplateExpression.Argument] {
        var arguments: [TemplateExpression.Argument] = []
        while takeSymbol([")"]) == nil {
            var name: String?
            if next + 1 < tokens.count, case .name(let word) = tokens[next], tokens[next + 1] == .symbol("=")
            {
                name = word
                next += 2
            }
            arguments.append(.init(name: name, value: try sum()))
            if takeSymbol([","]) == nil {
                try take(")")
                break
            }
        }
        return arguments
    }
}
