// SPDX-License-Identifier: Apache-2.0
// URLs as messages may show them.

/// Schemes of object stores: their URLs hold no secret, and keys may have any characters.
private let keyed: Set = ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl"]

/// `text` without passwords, query and fragment where it is a URL, or a chain that ends in one: those may be secrets.
public func shownURL(_ text: String) -> String {
    guard let mark = text.firstRange(ofASCII: "://"), !text.hasPrefix("file:") else { return text }
    let start = mark.upperBound
    if let link = text.firstRange(ofASCII: "::"), text[link.upperBound...].firstRange(ofASCII: "://") != nil {
        return text[..<link.upperBound] + shownURL(String(text[link.upperBound...]))
    }
    if keyed.contains(text[..<mark.lowerBound].lowercased()) { return text }
    var rest = text[start...].prefix { $0 != "?" && $0 != "#" }
    let host = rest.prefix { $0 != "/" }
    if let at = host.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    return String(text[..<start] + rest)
}
