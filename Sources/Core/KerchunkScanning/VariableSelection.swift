// SPDX-License-Identifier: Apache-2.0
// Which variables a user asked for.

import KerchunkStorage

/// The patterns of `ScanOptions.included` and `excluded`.
public struct VariableSelection: Sendable {
    private let patterns: NamePatterns

    public init(_ options: ScanOptions) {
        patterns = NamePatterns(included: options.included, excluded: options.excluded)
    }

    /// Whether every variable is wanted.
    public var isAll: Bool { patterns.included.isEmpty && patterns.excluded.isEmpty }

    /// Whether the variable at `path` (`/a/b/tas`, or without the first slash) is wanted. A pattern is held against the
    /// path and against the bare name.
    public func includes(_ path: String) -> Bool { isAll || patterns.includes(path) }
}
