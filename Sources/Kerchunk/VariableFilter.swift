// SPDX-License-Identifier: Apache-2.0
// Only the variables that a user wants.

import KerchunkModel
import KerchunkScanning

/// Takes unwanted variables out of a result, for scanners that leave that to us.
struct VariableFilter {
    private let selection: VariableSelection

    init(_ options: ScanOptions) { selection = VariableSelection(options) }

    func apply(to result: inout ScanResult) {
        guard !selection.isAll else { return }
        result.dataset.root = filtered(result.dataset.root, path: "")
    }

    /// `group` without unwanted arrays, and without groups that so become empty.
    private func filtered(_ group: VirtualGroup, path: String) -> VirtualGroup {
        var kept = group
        for (name, member) in group.members {
            let memberPath = path.isEmpty ? name : path + "/" + name
            switch member {
            case .array: if !selection.includes(memberPath) { kept[name] = nil }
            case .group(let child):
                let rest = filtered(child, path: memberPath)
                kept[name] = rest.names.isEmpty && !child.names.isEmpty ? nil : .group(rest)
            }
        }
        return kept
    }
}
