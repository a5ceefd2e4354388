// SPDX-License-Identifier: Apache-2.0
// What a user may have meant by a name that is not there.

/// Names that there are, for whoever gave another one.
package struct NearNames: Sendable {
    private let known: [String]
    private static let shown = 20

    package init(_ known: some Sequence<String>) { self.known = Array(known) }

    /// What follows on "there is no …": the names that differ from `name` by a few letters, or else all of them.
    package func hint(for name: String) -> String {
        let near = near(name)
        if !near.isEmpty { return "; did you mean " + Self.quoted(near, like: name) + "?" }
        guard !known.isEmpty else { return "" }
        return "; there are: " + known.prefix(Self.shown).joined(separator: ", ")
            + (known.count > Self.shown ? ", …" : "")
    }

    /// The same where a list of all names is of no use.
    package func shortHint(for name: String) -> String {
        let near = near(name)
        return near.isEmpty ? "" : "; did you mean " + Self.quoted(near, like: name) + "?"
    }

    /// The names that differ from `name` by a few letters, the nearest first; at most three. Where paths are known, their
    /// last parts count, too.
    package func near(_ name: String) -> [String] {
        let wanted = Array(Self.bare(name).lowercased())
        // One letter is as near to any other.
        let limit = wanted.count < 2 ? 0 : max(1, wanted.count / 3)
        var found: [(name: String, distance: Int)] = []
        for candidate in known {
            let path = Array(Self.bare(candidate).lowercased())
            var best = Self.distance(wanted, path, limit: limit)
            if let slash = path.lastIndex(of: "/"), !wanted.contains("/") {
                best = min(best, Self.distance(wanted, Array(path[(slash + 1)...]), limit: limit))
            }
            if best <= limit { found.append((candidate, best)) }
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    private static func bare(_ name: String) -> Substring {
        name.hasPrefix("/") ? name.dropFirst() : name[...]
    }

    /// Names as the user writes them: with a slash in front, or without.
    private static func quoted(_ names: [String], like name: String) -> String {
        let quoted = names.map { "\"\(name.hasPrefix("/") ? $0[...] : bare($0))\"" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }

    /// Letters to be inserted, removed, replaced or swapped with the next to make one text of the other; any number above
    /// `limit` where it is more.
    private static func distance(_ one: [Character], _ other: [Character], limit: Int) -> Int {
        guard abs(one.count - other.count) <= limit else { return limit + 1 }
        var before: [Int] = []
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var next = [index + 1]
            for column in other.indices {
                var best = min(
                    row[column] + (letter == other[column] ? 0 : 1), row[column + 1] + 1, next[column] + 1)
                if index > 0, column > 0, letter == other[column - 1], one[index - 1] == other[column] {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, row) = (row, next)
        }
        return row[other.count]
    }
}
