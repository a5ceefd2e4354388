// SPDX-License-Identifier: Apache-2.0
// What messages may show: URLs without secrets, text without characters that terminals act upon.

/// Schemes of object stores: keys may have any characters, also those that end a path elsewhere.
private let keyed: Set = ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl"]

/// `text` without passwords, query and fragment where it is a URL, or a chain that ends in one: those may be secrets.
public func shownURL(_ text: String) -> String {
    guard let mark = text.firstRange(ofASCII: "://"), !text.hasPrefix("file:") else { return text }
    let start = mark.upperBound
    if let link = text.firstRange(ofASCII: "::"), text[link.upperBound...].firstRange(ofASCII: "://") != nil {
        return text[..<link.upperBound] + shownURL(String(text[link.upperBound...]))
    }
    var rest = text[start...]
    if keyed.contains(text[..<mark.lowerBound].lowercased()) {
        // A container may stand before "@" (abfs://container@account…), and a key may have "?".
        rest = withoutUser(rest) { $0.utf8.contains(UInt8(ascii: ":")) }
        if let query = rest.firstRange(ofASCII: "?"), isSigned(rest[query.upperBound...]) {
            rest = rest[..<query.lowerBound]
        }
    } else {
        rest = withoutUser(rest.prefix { $0 != "?" && $0 != "#" }) { _ in true }
    }
    return String(text[..<start] + rest)
}

/// `rest` of a URL behind its scheme, without what stands before "@" in its first part, where `isSecret` says so.
private func withoutUser(_ rest: Substring, where isSecret: (Substring) -> Bool) -> Substring {
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@"), isSecret(host[..<at]) else { return rest }
    return rest[rest.index(after: at)...]
}

/// Whether a query lets whoever has it in.
private func isSigned(_ query: Substring) -> Bool {
    let query = query.lowercased()
    return ["signature=", "sig=", "token=", "credential=", "key="].contains {
        query.firstRange(ofASCII: $0) != nil
    }
}

/// `text`, a sentence, with each URL in it as `shownURL` gives it.
public func withoutSecrets(_ text: String) -> String {
    guard text.firstRange(ofASCII: "://") != nil else { return text }
    var shown = ""
    var rest = text[...]
    while let mark = rest.firstRange(ofASCII: "://") {
        let isOfScheme: (Unicode.Scalar) -> Bool = {
            $0.isASCII && ($0.properties.isAlphabetic || "0123456789+-.:".unicodeScalars.contains($0))
        }
        let scalars = rest.unicodeScalars
        let schemeLength = scalars[..<mark.lowerBound].reversed().prefix(while: isOfScheme).count
        let start = scalars.index(mark.lowerBound, offsetBy: -schemeLength)
        var end = scalars[mark.upperBound...].firstIndex { endsURL($0) } ?? rest.endIndex
        // What ends a sentence ends the URL in it.
        while end > mark.upperBound, ",;.:)]".unicodeScalars.contains(scalars[scalars.index(before: end)]) {
            end = scalars.index(before: end)
        }
        shown += rest[..<start] + shownURL(String(rest[start..<end]))
        rest = rest[end...]
    }
    return shown + rest
}

private func endsURL(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || scalar == "\"" || scalar == "<" || scalar == ">" || scalar == "`"
}

/// `text` with escapes, as Python writes them, for characters that a terminal acts upon or that turn the order of others
/// around: `\x1b`, `\u202e`.
/// - Parameter keepsLines: whether line breaks stay.
public func withoutControls(_ text: String, keepsLines: Bool = false) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n" where keepsLines: shown.append(scalar)
        case "\n": shown.append(contentsOf: "\\n".unicodeScalars)
        case "\r": shown.append(contentsOf: "\\r".unicodeScalars)
        case "\t": shown.append(contentsOf: "\\t".unicodeScalars)
        case _ where scalar.isActedUpon:
            let digits = String(scalar.value, radix: 16)
            let (mark, width) =
                scalar.value < 0x100 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
            let zeros = String(repeating: "0", count: width - digits.utf8.count)
            shown.append(contentsOf: (mark + zeros + digits).unicodeScalars)
        default: shown.append(scalar)
        }
    }
    return String(shown)
}

/// JSON that stays JSON, with escapes for what `withoutControls` escapes.
public func terminalJSON(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 >= 0x7F }) else { return text }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if scalar.value >= 0x7F, scalar.isActedUpon {
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                shown.append(
                    contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
                        .unicodeScalars)
            }
        } else {
            shown.append(scalar)
        }
    }
    return String(shown)
}

/// A sentence as messages may show it: without secrets in its URLs, and without control characters. Line breaks stay where
/// two blanks follow, which is how our own lists begin their lines.
public func shownText(_ text: String) -> String {
    var shown = ""
    for (index, part) in withoutSecrets(text).unicodeScalars.split(
        separator: "\n", omittingEmptySubsequences: false
    )
    .enumerated() {
        let line = withoutControls(String(part))
        shown += (index == 0 ? "" : line.hasPrefix("  ") ? "\n" : "\\n") + line
    }
    return shown
}

extension Unicode.Scalar {
    /// Whether a terminal, or the order of text, changes by this.
    fileprivate var isActedUpon: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // Joiners are letters of Persian and of emoji.
        case .format: value != 0x200C && value != 0x200D
        default: false
        }
    }
}
