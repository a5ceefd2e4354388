// SPDX-License-Identifier: Apache-2.0
// Which variables a user wants.

package import KerchunkModel
import KerchunkStorage

/// Names or paths of variables, with `*` and `?`: those that are wanted, and those that are not.
package struct VariableFilter: Sendable {
    /// All are wanted where it is empty.
    package let included: [String]
    package let excluded: [String]

    package init(included: [String], excluded: [String] = []) {
        self.included = included
        self.excluded = excluded
    }

    /// Whether the variable at `path` (`a/b/tas`) is wanted. A pattern is held against the path and the bare name.
    package func accepts(_ path: String) -> Bool {
        (included.isEmpty || included.contains { Self.matches(path, $0) })
            && !excluded.contains { Self.matches(path, $0) }
    }

    package static func matches(_ path: String, _ pattern: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let bare = pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern
        return LocalStore.matches(path, bare) || LocalStore.matches(name, bare)
    }

    /// `group` without unwanted arrays, and without groups that so become empty.
    package func filtered(_ group: VirtualGroup, path: String = "") -> VirtualGroup {
        var kept = group
        for (name, member) in group.members {
            let memberPath = path.isEmpty ? name : path + "/" + name
            switch member {
            case .array: if !accepts(memberPath) { kept[name] = nil }
            case .group(let child):
                let rest = filtered(child, path: memberPath)
                kept[name] = rest.names.isEmpty && !child.names.isEmpty ? nil : .group(rest)
            }
        }
        return kept
    }

    /// Throws unless each pattern names a variable of `root`.
    package func check(against root: VirtualGroup) throws(KerchunkError) {
        var paths: [String] = []
        root.forEachArray { path, _ in paths.append(path) }
        for pattern in included + excluded where !paths.contains(where: { Self.matches($0, pattern) }) {
            let list =
                paths.prefix(20).map { "/" + $0 }.joined(separator: ", ") + (paths.count > 20 ? ", …" : "")
            throw KerchunkError(.usage, "no variable matches \"\(pattern)\"; there are: \(list)")
        }
    }
}
