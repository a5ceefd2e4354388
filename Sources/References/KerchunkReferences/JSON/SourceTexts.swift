// SPDX-License-Identifier: Apache-2.0
// Sources by their URLs as they stand in the text of a reference set: escaped, and with templates.

import KerchunkBytes
import KerchunkModel

/// The sources of a reference set, and what is known of the texts that mean them.
struct SourceTexts: ~Copyable {
    /// How a URL is written.
    enum Form {
        /// ASCII that is the URL itself, templates or not.
        case plain
        /// The same, but with a brace, so that templates may change it.
        case braced
        case other

        /// - Parameter hasEscapes: whether the JSON string `text` holds any.
        init(of text: Span<UInt8>, hasEscapes: Bool) {
            self = hasEscapes ? .other : .plain
            for place in 0..<text.count {
                if text[place] >= 0x80 { self = .other }
                if text[place] == UInt8(ascii: "{"), self == .plain { self = .braced }
            }
        }
    }

    let table = SourceTable()
    private(set) var templates = ReferenceTemplates()
    /// Texts like `{{name}}`, and what stands for each of them.
    private var braces = ByteTable()
    private var expansions: [[UInt8]] = []
    /// URLs that take longer to understand, and their sources.
    private var others = ByteTable()
    private var otherSources: [SourceIndex] = []
    /// The text that was expanded last, what stands for it, and room behind that for the rest of a URL.
    private var opening: [UInt8] = []
    private var expanded: [UInt8] = []
    private var expandedCount = 0

    private static let keptText = 1 << 20
    /// Half of what a template may make.
    private static let longestExpansion = 1 << 15

    mutating func use(_ templates: ReferenceTemplates) {
        self.templates = templates
        others.removeAll()
        otherSources = []
        braces.removeAll()
        expansions = []
        opening = []
        for name in templates.plain.keys.map(\.text) where isIdentifier(name) {
            let text = "{{\(name)}}"
            guard let expansion = try? Array(templates.expanding(text).utf8),
                expansion.count <= Self.longestExpansion
            else { continue }
            let key = Array(text.utf8)
            _ = braces.add(key.span, key.indices)
            expansions.append(expansion)
        }
    }

    /// The source that the bytes `range` of `text` mean; nil where that is neither plain nor known.
    mutating func source(of text: Span<UInt8>, _ range: Range<Int>, _ form: Form) -> SourceIndex? {
        if form == .plain || (form == .braced && templates.isEmpty) { return table.intern(text, range) }
        if form == .braced, let source = expandedSource(of: text, range) { return source }
        return others.number(of: text, range).map { otherSources[$0] }
    }

    /// The source of a URL like `{{name}}file`, as sets with templates have them.
    private mutating func expandedSource(of text: Span<UInt8>, _ range: Range<Int>) -> SourceIndex? {
        guard range.count <= Self.longestExpansion, startsWithOpening(text, range) || open(text, range) else {
            return nil
        }
        let start = range.lowerBound + opening.count
        let moved = expandedCount - start
        let count = range.upperBound + moved
        if count > expanded.count { expanded += Array(repeating: 0, count: count) }
        var bytes = expanded.mutableSpan
        var hasBrace = false
        for place in start..<range.upperBound {
            bytes[place + moved] = text[place]
            hasBrace = hasBrace || text[place] == UInt8(ascii: "{")
        }
        return hasBrace ? nil : table.intern(expanded.span, 0..<count)
    }

    private func startsWithOpening(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !opening.isEmpty, opening.count <= range.count else { return false }
        for place in opening.indices where text[range.lowerBound + place] != opening[place] { return false }
        return true
    }

    /// Makes the template that `text` starts with the opening; false where it is none.
    private mutating func open(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var end = range.lowerBound
        while end < range.upperBound, text[end] != UInt8(ascii: "}") { end += 1 }
        end += 2
        guard end <= range.upperBound, let number = braces.number(of: text, range.lowerBound..<end) else {
            return false
        }
        opening = [UInt8](copying: text.extracting(range.lowerBound..<end))
        expanded = expansions[number]
        expandedCount = expanded.count
        return true
    }

    /// The source that the JSON string `token` means.
    /// - Parameter errorOffset: where the reference stands that a wrong template is in.
    mutating func source(
        _ token: JSONScanner.StringToken, _ scanner: borrowing JSONScanner, errorOffset: UInt64
    ) throws -> SourceIndex {
        let text = scanner.withBytes(token.range) { [UInt8](copying: $0) }
        let form = Form(of: text.span, hasEscapes: token.hasEscapes)
        if let known = source(of: text.span, text.indices, form) { return known }
        let url: String
        do {
            url = try templates.expanding(try scanner.text(of: token))
        } catch var error as KerchunkError {
            error.offset = errorOffset
            throw error
        }
        let source = table.intern(url)
        if others.textCount > Self.keptText {
            others.removeAll()
            otherSources = []
        }
        _ = others.add(text.span, text.indices)
        otherSources.append(source)
        return source
    }
}

/// Whether expressions name a template `name` by this very text.
private func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, first == UInt8(ascii: "_") || isLetter(first) else { return false }
    return name.utf8.count <= 64
        && name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
}

private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
