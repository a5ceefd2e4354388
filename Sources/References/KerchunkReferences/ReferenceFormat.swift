// SPDX-License-Identifier: Apache-2.0
// Which form a reference set has, by its path.
// Spec: fsspec, `ReferenceFileSystem.__init__`, which takes a path for Parquet by the same rule.

import KerchunkStorage

/// The forms of reference sets.
public enum ReferenceFormat: Hashable, Sendable {
    case json
    case parquet

    /// The form of a set at `path`, which need not be there yet: Parquet where the path has no `.json` and ends in
    /// `parq`, `parquet` or `/`, or is a directory.
    public init(path: String) {
        let endings = ["parq", "parquet", "/"]
        var isDirectory = false
        if case .local(let path) = Location(path) {
            isDirectory = Platform.statusIfAny(path)?.isDirectory == true
        }
        self =
            !path.contains(".json") && (isDirectory || endings.contains(where: path.hasSuffix))
            ? .parquet : .json
    }
}
