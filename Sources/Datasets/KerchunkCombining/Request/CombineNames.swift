// SPDX-License-Identifier: Apache-2.0
// Variables that a request names.

import KerchunkStorage

/// Names or paths of variables, with `*` and `?`; none where it is empty.
struct CombineNames: Sendable {
    let patterns: [String]

    init(_ patterns: [String]) { self.patterns = patterns }

    /// Whether the variable at `path` (`tas`, `a/b/tas`) is one of them.
    func contain(_ path: String) -> Bool { patterns.contains { NamePatterns.matches(path, $0) } }
}
