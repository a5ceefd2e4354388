// SPDX-License-Identifier: Apache-2.0
// What a user names as an input or output: a path, a URL, or a chain of them.

/// A parsed path or URL.
public enum Location: Hashable, Sendable {
    /// A path of this machine, as it was given.
    case local(path: String)
    /// Anything with a scheme other than `file`.
    case remote(scheme: String, text: String)
    /// A member of a container, as fsspec chains them: `tar://member.nc::https://host/archive.tar`.
    indirect case member(scheme: String, path: String, of: Location)

    /// Links of a chain that stand before a file that holds others.
    private static let containers: Set<String> = ["tar", "zip"]
    /// Links of a chain that ask for a cache: the file is what comes after them.
    private static let caches: Set<String> = ["simplecache", "filecache", "blockcache", "cached"]

    public init(_ text: String) {
        if let link = text.firstRange(of: "::") {
            let first = text[..<link.lowerBound]
            let rest = String(text[link.upperBound...])
            let (scheme, path) = Self.parts(first)
            if Self.caches.contains(scheme ?? String(first)) {
                self = Location(rest)
                return
            }
            if let scheme, Self.containers.contains(scheme) {
                self = .member(scheme: scheme, path: String(path), of: Location(rest))
                return
            }
        }
        switch Self.parts(text[...]) {
        case ("file", let path): self = .local(path: String(path))
        case (let scheme?, _): self = .remote(scheme: scheme, text: text)
        case (nil, _): self = .local(path: text)
        }
    }

    /// The scheme in lower case, and what comes after it.
    private static func parts(_ text: Substring) -> (scheme: String?, rest: Substring) {
        guard let colon = text.firstRange(of: "://"), !text[..<colon.lowerBound].contains("/") else {
            return (nil, text)
        }
        return (text[..<colon.lowerBound].lowercased(), text[colon.upperBound...])
    }

    /// Whether the bytes come over a network.
    public var isRemote: Bool {
        switch self {
        case .local: false
        case .remote: true
        case .member(_, _, let outer): outer.isRemote
        }
    }
}
