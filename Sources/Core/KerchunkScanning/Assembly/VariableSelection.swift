// SPDX-License-Identifier: Apache-2.0
// Which variables a user asked for.

package import KerchunkModel
import KerchunkStorage

/// The patterns of `ScanOptions.included` and `excluded`.
package struct VariableSelection: Sendable {
    private let patterns: NamePatterns

    package init(_ options: ScanOptions) {
        patterns = NamePatterns(included: options.included, excluded: options.excluded)
    }

    /// Whether every variable is wanted.
    var isAll: Bool { patterns.included.isEmpty && patterns.excluded.isEmpty }

    /// The wanted names that fit nothing of what a scan found, nor of what it had to leave out.
    package func unmatched(by dataset: VirtualDataset, _ issues: [Issue]) -> [String] {
        guard !patterns.included.isEmpty else { return [] }
        let paths = dataset.root.arrayPaths + issues.map(\.object)
        return patterns.included.filter { name in !paths.contains { NamePatterns.matches($0, name) } }
    }

    /// Whether a variable is wanted. A pattern is held against paths and bare names.
    /// - Parameters:
    ///   - path: in the file: `/a/b/tas`.
    ///   - shown: the same with names as they are here.
    func includes(_ path: String, shownAs shown: String) -> Bool {
        if isAll { return true }
        func fits(_ pattern: String) -> Bool {
            NamePatterns.matches(path, pattern) || NamePatterns.matches(shown, pattern)
        }
        return (patterns.included.isEmpty || patterns.included.contains(where: fits))
            && !patterns.excluded.contains(where: fits)
    }
}
