// SPDX-License-Identifier: Apache-2.0
// The words of template expressions. Spec: Jinja, "Template Designer Documentation", Expressions.

import KerchunkModel

/// What an expression is made of.
enum TemplateToken: Equatable {
    case name(String)
    case integer(Int)
    case real(Double)
    case text(String)
    /// An operator or a bracket.
    case symbol(String)

    /// Words of one expression; what is made of them is gone through recursively.
    private static let largestCount = 256

    /// The tokens of `text`.
    static func tokens(of text: Substring) throws(KerchunkError) -> [TemplateToken] {
        var tokens: [TemplateToken] = []
        var rest = text
        while let character = rest.first {
            guard tokens.count < largestCount else {
                throw KerchunkError.template(String(text), "it has more than \(largestCount) tokens")
            }
            if character.isWhitespace {
                rest.removeFirst()
            } else if character.isASCII, character.isLetter || character == "_" {
                let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                rest = rest.dropFirst(name.count)
                tokens.append(.name(String(name)))
            } else if character.isASCII, character.isNumber {
                tokens.append(try number(&rest))
            } else if character == "'" || character == "\"" {
                tokens.append(.text(try quoted(&rest)))
            } else {
                let symbol = ["**", "//"].first { rest.hasPrefix($0) } ?? String(character)
                guard symbol.count == 2 || "+-*/%~()|,=.".contains(character) else {
                    throw KerchunkError.template(String(text), "\"\(character)\" is not supported")
                }
                rest = rest.dropFirst(symbol.count)
                tokens.append(.symbol(symbol))
            }
        }
        return tokens
    }

    private static func number(_ rest: inout Substring) throws(KerchunkError) -> TemplateToken {
        let whole = rest.prefix { $0.isASCII && ($0.isNumber || $0 == "_") }
        var after = rest.dropFirst(whole.count)
        if after.first == ".", let digit = after.dropFirst().first, digit.isASCII, digit.isNumber {
            let fraction = after.dropFirst().prefix { $0.isASCII && $0.isNumber }
            after = after.dropFirst(1 + fraction.count)
            let spelled = whole.filter { $0 != "_" } + "." + fraction
            guard let value = Double(spelled) else {
                throw KerchunkError.template(spelled, "not a number")
            }
            rest = after
            return .real(value)
        }
        guard let value = Int(whole.filter { $0 != "_" }) else {
            throw KerchunkError.template(String(whole), "not a number of 64 bits")
        }
        rest = after
        return .integer(value)
    }

    private static func quoted(_ rest: inout Substring) throws(KerchunkError) -> String {
        let whole = rest
        let quote = rest.removeFirst()
        var content = ""
        while let character = rest.popFirst() {
            if character == quote { return content }
            guard character == "\\" else {
                content.append(character)
                continue
            }
            switch rest.popFirst() {
            case "n": content.append("\n")
            case "t": content.append("\t")
            case "\\": content.append("\\")
            case "'": content.append("'")
            case "\"": content.append("\"")
            default: throw KerchunkError.template(String(whole), "an unknown escape")
            }
        }
        throw KerchunkError.template(String(whole), "a string without a closing quotation mark")
    }
}

extension KerchunkError {
    /// A template that cannot be followed, and why.
    static func template(_ template: String, _ problem: String) -> KerchunkError {
        let shown = template.count > 200 ? template.prefix(200) + "…" : template[...]
        return KerchunkError(
            .unsupported, "the template \"\(shown)\" of the reference set cannot be expanded: \(problem)")
    }
}
