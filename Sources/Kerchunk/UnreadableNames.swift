// SPDX-License-Identifier: Apache-2.0
// What zarr-python cannot address or Zarr v3 cannot say, found before anything is written.

import KerchunkModel
import KerchunkScanning

/// Turns members of a scanned dataset that no reader could open into issues.
struct ZarrRepresentation {
    /// Zarr version: 2 or 3.
    let format: Int

    func apply(to result: inout ScanResult) {
        var issues: [Issue] = []
        result.dataset.root = representable(result.dataset.root, path: "", &issues).standardized(
            forZarr: format)
        result.issues += issues
    }

    private func representable(_ group: VirtualGroup, path: String, _ issues: inout [Issue]) -> VirtualGroup {
        var kept = group
        for (name, member) in group.members {
            let memberPath = path + "/" + name
            if let reason = unreadable(name) {
                kept[name] = nil
                issues.append(Issue(object: memberPath, reason: reason))
                continue
            }
            switch member {
            case .group(let child):
                let before = issues.count
                let rest = representable(child, path: memberPath, &issues)
                if issues.count > before { kept[name] = .group(rest) }
            case .array(let array):
                guard format == 3 else { continue }
                do throws(KerchunkError) {
                    _ = try V3Documents.array(array)
                } catch {
                    kept[name] = nil
                    issues.append(
                        Issue(
                            object: memberPath, reason: error.message,
                            remedy: "--zarr-format 2 may represent it"))
                }
            }
        }
        return kept
    }

    /// Why zarr-python cannot open a member of this name; nil where it can.
    private func unreadable(_ name: String) -> String? {
        if name.isEmpty { return "its name is empty, so it cannot be opened" }
        if name.utf8.contains(UInt8(ascii: "\\")) {
            return "zarr takes the backslash in its name for a slash, so it cannot be opened"
        }
        if name == "." || name == ".." { return "zarr takes its name for a folder, so it cannot be opened" }
        return nil
    }
}
