// SPDX-License-Identifier: Apache-2.0
// What Parquet sets cannot hold, left out with a reason.

public import KerchunkModel

extension VirtualDataset {
    /// The same dataset without what no reader would find in a Parquet set, and what that is.
    public func fittingParquet() -> (dataset: VirtualDataset, issues: [Issue]) {
        var issues: [Issue] = []
        var fitting = self
        fitting.root = root.withoutHiddenMembers(path: "", &issues)
        if let keys = looseKeys {
            issues.append(keys.issue("and Parquet can only hold arrays; JSON keeps it"))
            fitting.looseKeys = nil
        }
        return (fitting, issues)
    }
}

extension VirtualGroup {
    fileprivate func withoutHiddenMembers(path: String, _ issues: inout [Issue]) -> VirtualGroup {
        var kept = self
        for (name, member) in members {
            let memberPath = keyPrefix(ofPath: path) + name
            if ParquetLayout.hidesChunks(name) {
                kept[name] = nil
                issues.append(
                    Issue(
                        object: "/" + memberPath,
                        reason: "in Parquet fsspec treats its name as that of metadata and finds no chunks",
                        remedy: "JSON can hold it"))
            } else if case .group(let group) = member {
                let rest = group.withoutHiddenMembers(path: memberPath, &issues)
                if rest.names != group.names { kept[name] = .group(rest) }
            }
        }
        return kept
    }
}
