// SPDX-License-Identifier: Apache-2.0
// URLs as messages may show them.

/// `text` without passwords, query and fragment where it is a URL, or a chain that ends in one: those may be secrets.
public func shownURL(_ text: String) -> String {
    guard let start = text.firstRange(of: "://")?.upperBound, !text.hasPrefix("file:") else { return text }
    if let link = text.firstRange(of: "::"), text[link.upperBound...].firstRange(of: "://") != nil {
        return text[..<link.upperBound] + shownURL(String(text[link.upperBound...]))
    }
    var rest = text[start...].prefix { $0 != "?" && $0 != "#" }
    let host = rest.prefix { $0 != "/" }
    if let at = host.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    return String(text[..<start] + rest)
}
