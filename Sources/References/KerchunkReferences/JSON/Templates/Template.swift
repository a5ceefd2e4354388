// SPDX-License-Identifier: Apache-2.0
// A text with expressions in double braces, and what they are worth.
// Spec: kerchunk, "References specification", version 1; what fsspec renders with Jinja.

import KerchunkBytes
import KerchunkModel

/// A template, read once and rendered as often as is asked for.
struct Template {
    private enum Part {
        case text(String)
        case expression(TemplateExpression)
    }

    private let parts: [Part]
    private let text: String
    /// A rendered text of more bytes is no key or URL.
    private static let largestText = 1 << 16

    init(_ text: String) throws(KerchunkError) {
        self.text = text
        guard text.utf8.count <= Self.largestText else {
            throw .template(text, "it has more than \(Self.largestText) bytes")
        }
        var parts: [Part] = []
        var rest = text[...]
        // Jinja drops one line end behind a template.
        if rest.hasSuffix("\n") { rest.removeLast() }
        if rest.contains("{%") || rest.contains("{#") {
            throw .template(text, "only expressions in double braces are supported")
        }
        while let open = rest.firstRange(ofASCII: "{{") {
            var before = rest[..<open.lowerBound]
            guard let close = Self.end(of: rest[open.upperBound...]) else {
                throw .template(text, "double braces are not closed")
            }
            var inside = rest[open.upperBound..<close]
            rest = rest[rest.index(close, offsetBy: 2)...]
            if inside.hasPrefix("-") {
                inside.removeFirst()
                while before.last?.isWhitespace == true { before.removeLast() }
            } else if inside.hasPrefix("+") {
                inside.removeFirst()
            }
            if inside.hasSuffix("-") {
                inside.removeLast()
                rest = rest.drop { $0.isWhitespace }
            }
            if !before.isEmpty { parts.append(.text(String(before))) }
            parts.append(.expression(try TemplateExpression(parsing: inside)))
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        self.parts = parts
    }

    /// Where the closing braces are, those inside quotation marks apart.
    private static func end(of text: Substring) -> Substring.Index? {
        var quote: Character?
        var isEscaped = false
        var place = text.startIndex
        while place < text.endIndex {
            let character = text[place]
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if text[place...].hasPrefix("}}") {
                return place
            }
            place = text.index(after: place)
        }
        return nil
    }

    /// - Parameters:
    ///   - names: what the expressions may use.
    ///   - templates: those that take arguments.
    func rendered(
        _ names: [ExactText: TemplateValue], _ templates: ReferenceTemplates? = nil
    ) throws(KerchunkError) -> String {
        var rendered = ""
        let evaluation = TemplateEvaluation(template: text, names: names, templates: templates)
        for part in parts {
            switch part {
            case .text(let text): rendered += text
            case .expression(let expression):
                let value = try evaluation.value(of: expression)
                if case .list = value { throw .template(text, "a list is not a string") }
                rendered += value.rendered
            }
            guard rendered.utf8.count <= Self.largestText else {
                throw .template(text, "it expands to more than \(Self.largestText) bytes")
            }
        }
        return rendered
    }
}
