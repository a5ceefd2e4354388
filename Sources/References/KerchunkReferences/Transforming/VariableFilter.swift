// SPDX-License-Identifier: Apache-2.0
// Which variables of a reference set a user wants.

import KerchunkModel
import KerchunkStorage

/// Names or paths of variables, with `*` and `?`: those that are wanted, and those that are not.
struct VariableFilter: Sendable {
    private let patterns: NamePatterns

    init(included: [String], excluded: [String] = []) {
        patterns = NamePatterns(included: included, excluded: excluded)
    }

    func accepts(_ path: String) -> Bool { patterns.includes(path) }

    /// `group` without unwanted arrays, and without groups that so become empty.
    func filtered(_ group: VirtualGroup) -> VirtualGroup { group.keepingArrays(where: accepts) }

    /// Throws unless each pattern names a variable of `root`.
    func check(against root: VirtualGroup) throws(KerchunkError) {
        var paths: [String] = []
        root.forEachArray { path, _ in paths.append(path) }
        for pattern in patterns.included + patterns.excluded
        where !paths.contains(where: { NamePatterns.matches($0, pattern) }) {
            let hint = NearNames(paths.map { "/" + $0 }).hint(for: pattern)
            throw KerchunkError(.usage, "no variable matches \"\(pattern)\"\(hint)")
        }
    }
}
