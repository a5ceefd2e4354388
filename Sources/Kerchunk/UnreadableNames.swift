// SPDX-License-Identifier: Apache-2.0
// What zarr-python cannot address, found before anything is written.

import KerchunkModel
import KerchunkScanning

/// Turns members of a scanned dataset that no reader could open by their names into issues.
enum UnreadableNames {
    static func leaveOut(of result: inout ScanResult) {
        var issues: [Issue] = []
        result.dataset.root = readable(result.dataset.root, path: "", &issues).standardized(keepsFill: true)
        result.issues += issues
    }

    private static func readable(_ group: VirtualGroup, path: String, _ issues: inout [Issue]) -> VirtualGroup
    {
        var kept = group
        for (name, member) in group.members {
            let memberPath = path + "/" + name
            if let reason = unreadable(name) {
                kept[name] = nil
                issues.append(Issue(object: memberPath, reason: reason))
                continue
            }
            guard case .group(let child) = member else { continue }
            let before = issues.count
            let rest = readable(child, path: memberPath, &issues)
            if issues.count > before { kept[name] = .group(rest) }
        }
        return kept
    }

    /// Why zarr-python cannot open a member of this name; nil where it can.
    private static func unreadable(_ name: String) -> String? {
        if name.isEmpty { return "its name is empty, so it cannot be opened" }
        if name.utf8.contains(UInt8(ascii: "\\")) {
            return "zarr takes the backslash in its name for a slash, so it cannot be opened"
        }
        if name == "." || name == ".." { return "zarr takes its name for a folder, so it cannot be opened" }
        return nil
    }
}
