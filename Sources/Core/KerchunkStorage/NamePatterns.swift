// SPDX-License-Identifier: Apache-2.0
// Variables by their names, as users choose them.

/// Names or paths of variables, with `*` and `?`: those that are wanted, and those that are not.
package struct NamePatterns: Sendable {
    /// All are wanted where it is empty.
    package let included: [String]
    package let excluded: [String]

    package init(included: [String], excluded: [String]) {
        self.included = included
        self.excluded = excluded
    }

    /// Whether the variable at `path` (`/a/b/tas`, or without the first slash) is wanted.
    package func includes(_ path: String) -> Bool {
        (included.isEmpty || included.contains { Self.matches(path, $0) })
            && !excluded.contains { Self.matches(path, $0) }
    }

    /// Whether `pattern` fits the path, or the bare name.
    package static func matches(_ path: String, _ pattern: String) -> Bool {
        let path = path.hasPrefix("/") ? String(path.dropFirst()) : path
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let bare = pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern
        return LocalStore.matches(path, bare) || LocalStore.matches(name, bare)
    }
}
