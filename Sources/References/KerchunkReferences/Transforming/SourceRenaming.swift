// SPDX-License-Identifier: Apache-2.0
// Other names for the files that references point to.

import KerchunkBytes
public import KerchunkModel

/// What becomes of each URL. Only the URLs of references change, not those in attributes.
public struct SourceRenaming: Sendable {
    private let wholes: [ExactText: String]
    private let prefixes: [(old: String, new: String)]

    /// - Parameters:
    ///   - wholes: URLs, and what they become; these come first, and of equal ones the last counts.
    ///   - prefixes: how URLs start, and what that becomes; the longest that fits counts.
    public init(_ wholes: [(old: String, new: String)], prefixes: [(old: String, new: String)] = []) {
        self.wholes = Dictionary(wholes.map { (ExactText($0.old), $0.new) }) { _, last in last }
        self.prefixes = prefixes.sorted { $0.old.utf8.count > $1.old.utf8.count }
    }

    public func renamed(_ url: String) -> String {
        if let whole = wholes[url] { return whole }
        guard let prefix = prefixes.first(where: { url.utf8.starts(with: $0.old.utf8) }) else { return url }
        return prefix.new + String(decoding: url.utf8.dropFirst(prefix.old.utf8.count), as: UTF8.self)
    }

    /// Old URLs and prefixes that fit none of `urls`.
    public func unused(among urls: [String]) -> [String] {
        let known = Set(exactly: urls)
        return wholes.keys.filter { !known.contains($0) }.sorted().map(\.text)
            + prefixes.map(\.old).filter { prefix in !urls.contains { $0.utf8.starts(with: prefix.utf8) } }
    }
}

extension VirtualDataset {
    /// The same dataset with its sources renamed. Of the recorded state only the size stays for those that were.
    public func renamingSources(_ renaming: SourceRenaming) -> VirtualDataset {
        remapped { renaming.renamed($0) }
    }
}
