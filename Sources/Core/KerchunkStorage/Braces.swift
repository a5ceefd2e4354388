// SPDX-License-Identifier: Apache-2.0
// Alternatives in patterns, as shells have them: `{2020,2021}`.

package import KerchunkModel

/// Whether `pattern` has alternatives: braces with a comma.
package func hasBraces(_ pattern: String) -> Bool { firstBraces(pattern[...]) != nil }

/// The patterns that `pattern` stands for, in the order of its alternatives; itself where it has none.
/// - Throws: kind `limit` where they are more than 10,000.
package func expandingBraces(_ pattern: String) throws(KerchunkError) -> [String] {
    var pending = [pattern[...]]
    var done: [String] = []
    while let next = pending.popLast() {
        guard let braces = firstBraces(next) else {
            done.append(String(next))
            continue
        }
        for part in braces.parts.reversed() {
            pending.append(next[..<braces.range.lowerBound] + part + next[braces.range.upperBound...])
        }
        guard done.count + pending.count <= 10_000 else {
            throw KerchunkError(.limit, "the pattern \"\(pattern)\" has more than 10,000 alternatives")
        }
    }
    return done
}

/// The first braces that enclose a comma of their own, and what the commas part.
private func firstBraces(_ text: Substring) -> (range: Range<Substring.Index>, parts: [Substring])? {
    var start = text.startIndex
    while let open = text[start...].firstIndex(of: "{") {
        var depth = 0
        var parts: [Substring] = []
        var part = text.index(after: open)
        var index = open
        while index < text.endIndex {
            let next = text.index(after: index)
            switch text[index] {
            case "{": depth += 1
            case "," where depth == 1:
                parts.append(text[part..<index])
                part = next
            case "}":
                depth -= 1
                if depth == 0, !parts.isEmpty {
                    return (open..<next, parts + [text[part..<index]])
                }
            default: break
            }
            if depth == 0 { break }
            index = next
        }
        start = text.index(after: open)
    }
    return nil
}
