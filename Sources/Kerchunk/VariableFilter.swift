// SPDX-License-Identifier: Apache-2.0
// Which variables a user wants.

import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// The patterns of `ScanOptions.included` and `excluded`, for scanners that leave them to us.
struct VariableFilter {
    let included: [String]
    let excluded: [String]

    init(_ options: ScanOptions) {
        included = options.included
        excluded = options.excluded
    }

    /// Whether the variable at `path` (`a/b/tas`) is wanted. A pattern is held against the path and the bare name.
    func accepts(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        func matches(_ pattern: String) -> Bool {
            let bare = pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern
            return LocalStore.matches(path, bare) || LocalStore.matches(name, bare)
        }
        return (included.isEmpty || included.contains(where: matches)) && !excluded.contains(where: matches)
    }

    func apply(to result: inout ScanResult) {
        guard !included.isEmpty || !excluded.isEmpty else { return }
        result.dataset.root = filtered(result.dataset.root, path: "")
    }

    /// `group` without unwanted arrays, and without groups that so become empty.
    private func filtered(_ group: VirtualGroup, path: String) -> VirtualGroup {
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
}
