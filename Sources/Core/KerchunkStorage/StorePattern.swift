// SPDX-License-Identifier: Apache-2.0
// Patterns for objects of stores.

import KerchunkModel

/// A URL with `*`, `?` and `[…]` inside the parts of its path, and `**` for any number of folders.
public struct StorePattern: Sendable {
    private let pattern: String
    /// Scheme and bucket: what no pattern may stand in.
    private let start: String
    private let components: [String]
    /// Listings at once: waiting for answers takes no processor.
    private static let width = 16

    /// Whether `url` has a pattern; a `?` before `NAME=VALUE` is none.
    public static func isPattern(_ url: String) -> Bool {
        let path = url.firstRange(ofASCII: "://").map { url[$0.upperBound...] } ?? url[...]
        if let mark = path.lastIndex(of: "?"), path[mark...].contains("=") {
            return LocalStore.isPattern(String(path[..<mark])) || hasBraces(String(path[..<mark]))
        }
        return LocalStore.isPattern(String(path)) || hasBraces(String(path))
    }

    /// - Throws: kind `usage` where the bucket is a pattern, too.
    public init(_ pattern: String) throws {
        let scheme = pattern.firstRange(ofASCII: "://")?.upperBound ?? pattern.startIndex
        let path = pattern[scheme...].drop { $0 == "/" }
        let slash = path.firstIndex(of: "/") ?? path.endIndex
        let hasBucket = !pattern.hasPrefix("memory:") || slash != path.endIndex
        guard !hasBucket || !Self.isPattern(String(path[..<slash])) else {
            throw KerchunkError(
                .usage, "the bucket name cannot be a pattern", url: pattern)
        }
        // What has no bucket, as in memory, has one part only.
        let end = slash == path.endIndex ? path.startIndex : path.index(after: slash)
        self.pattern = pattern
        start = String(pattern[..<end])
        components = path[end...].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }

    /// The objects that the pattern means, sorted. Listed is one level at a time where a part is a pattern, and all that lies
    /// below `**`.
    public func matches(in store: any ObjectStore) throws -> [String] {
        var folders = [start]
        var depth = 0
        while depth < components.count {
            let component = components[depth]
            let isLast = depth == components.count - 1
            if component == "**" {
                let rest = PathPattern(components[depth...].joined(separator: "/"))
                return try together(folders) { folder in
                    try store.list(prefix: folder).map(\.key).filter { key in
                        !key.hasSuffix("/") && rest.matches(String(key.dropFirst(folder.count)))
                    }
                }
            }
            // Parts without a pattern need no listing, but for the last.
            if !LocalStore.isPattern(component), !isLast {
                folders = folders.map { $0 + component + "/" }
                depth += 1
                continue
            }
            let literal = String(component.prefix { !"*?[".contains($0) })
            folders = try together(folders) { folder in
                let level = try store.listLevel(prefix: folder + literal)
                let names = isLast ? level.objects.map(\.key) : level.folders
                return names.filter { name in
                    let part = name.dropFirst(folder.count)
                    return LocalStore.matches(String(isLast ? part : part.dropLast()), component)
                }
            }
            depth += 1
        }
        return folders
    }

    private func together(
        _ folders: [String], _ list: @escaping @Sendable (String) throws -> [String]
    ) throws -> [String] {
        var found: [String] = []
        for result in WorkerPool(width: Self.width).map(
            folders.count,
            { index in
                Result { try list(folders[index]) }
            })
        {
            found += try result.get()
        }
        return found.sorted()
    }
}
