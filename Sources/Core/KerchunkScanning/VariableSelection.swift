// SPDX-License-Identifier: Apache-2.0
// Which variables a user asked for.

import KerchunkStorage

/// The patterns of `ScanOptions.included` and `excluded`.
public struct VariableSelection: Sendable {
    private let included: [String]
    private let excluded: [String]

    public init(_ options: ScanOptions) {
        included = options.included
        excluded = options.excluded
    }

    /// Whether every variable is wanted.
    public var isAll: Bool { included.isEmpty && excluded.isEmpty }

    /// Whether the variable at `path` (`/a/b/tas`, or without the first slash) is wanted. A pattern is held against the
    /// path and against the bare name.
    public func includes(_ path: String) -> Bool {
        if isAll { return true }
        let path = path.hasPrefix("/") ? String(path.dropFirst()) : path
        let name = path.split(separator: "/").last.map(String.init) ?? path
        func matches(_ pattern: String) -> Bool {
            let bare = pattern.hasPrefix("/") ? String(pattern.dropFirst()) : pattern
            return LocalStore.matches(path, bare) || LocalStore.matches(name, bare)
        }
        return (included.isEmpty || included.contains(where: matches)) && !excluded.contains(where: matches)
    }
}
