// SPDX-License-Identifier: Apache-2.0
// Names of files inside archives, as fsspec chains them: `zip://a.nc::tar://b.zip::s3://bucket/x.tar`.
// Truth: fsspec's documentation, "URL chaining": the innermost file comes first.

public import KerchunkModel

/// Kinds of archives whose members have their bytes in one piece.
public enum ArchiveKind: String, Hashable, Sendable, CaseIterable {
    case tar, zip
}

/// A file behind archives, or behind caches that are passed over.
public struct LocationChain: Hashable, Sendable {
    /// One archive, and what of it is meant.
    public struct Step: Hashable, Sendable {
        public let kind: ArchiveKind
        /// A name, or a pattern; empty for the archive as a whole.
        public let member: String

        public init(_ kind: ArchiveKind, _ member: String) {
            self.kind = kind
            self.member = member
        }
    }

    /// The file that is not inside another one: a path or URL.
    public let outer: String
    /// The archive in `outer` first.
    public let steps: [Step]

    public init(outer: String, steps: [Step]) {
        self.outer = outer
        self.steps = steps
    }

    /// Parts of a chain that keep copies for later, which a few reads of a file have no use for.
    private static let caches: Set<String> = ["simplecache", "filecache", "blockcache", "cached"]
    /// Parts that may only stand last; what follows belongs to their own name.
    private static let files: Set<String> = [
        "file", "local", "http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "memory",
    ]

    /// - Returns: nil where `text` is a plain path or URL.
    /// - Throws: kind `usage` for parts that are not known.
    public init?(_ text: String) throws(KerchunkError) {
        try Platform.checkName(text)
        guard text.utf8.contains(UInt8(ascii: ":")) else { return nil }
        var steps: [Step] = []
        var rest = Substring(text)
        var isChain = false
        while let mark = rest.firstRange(ofASCII: "::") {
            let part = rest[..<mark.lowerBound]
            guard let (scheme, name) = Self.scheme(of: part), !Self.files.contains(scheme) else { break }
            if let kind = ArchiveKind(rawValue: scheme) {
                steps.append(Step(kind, name))
            } else if !Self.caches.contains(scheme) {
                throw KerchunkError(
                    .usage,
                    "unknown part \"\(scheme)\" in the name; known are tar:// and zip://, and simplecache, "
                        + "filecache and blockcache, which are ignored", url: text)
            }
            isChain = true
            rest = rest[mark.upperBound...]
        }
        guard isChain || Self.startsWithArchive(rest) else { return nil }
        guard !rest.isEmpty, !Self.startsWithArchive(rest) else {
            throw KerchunkError(
                .usage,
                "the name does not say where the archive is; write tar://MEMBER::ARCHIVE for a file in an archive",
                url: text)
        }
        outer = String(rest)
        self.steps = steps.reversed()
    }

    /// Scheme and rest of a part: `tar://a.nc`, or a bare `simplecache`; nil for paths.
    private static func scheme(of part: Substring) -> (scheme: String, name: String)? {
        if let mark = part.firstRange(ofASCII: "://") {
            let scheme = part[..<mark.lowerBound]
            guard !scheme.isEmpty, scheme.allSatisfy({ $0.isLetter || $0.isNumber || "+-.".contains($0) })
            else { return nil }
            return (String(scheme), String(part[mark.upperBound...]))
        }
        guard !part.isEmpty, part.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
        else { return nil }
        return (String(part), "")
    }

    private static func startsWithArchive(_ text: Substring) -> Bool {
        ArchiveKind.allCases.contains { text.hasPrefix($0.rawValue + "://") }
    }

    /// As it is written: the innermost member first.
    public var text: String {
        steps.reversed().map { "\($0.kind.rawValue)://\($0.member)::" }.joined() + outer
    }

    /// The chain that leads to the archive of the last step; nil where there is no step.
    public var container: LocationChain? {
        steps.isEmpty ? nil : LocationChain(outer: outer, steps: steps.dropLast())
    }

    /// The file that the bytes of `location` lie in: the outer one of a chain, else `location` itself.
    public static func outerFile(of location: String) -> String {
        (try? LocationChain(location))?.outer ?? location
    }
}
