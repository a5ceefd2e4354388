// SPDX-License-Identifier: Apache-2.0
// Which files a reference set may name: one that comes over a network, none of this machine.

package import KerchunkModel
import KerchunkStorage

/// What is believed of reference sets that others have made.
public struct SourceTrust: Sendable {
    /// Whether sets that come over a network may name files of this machine.
    public var allowsLocal = false
    /// The protocol of names in references that have none, as readers are told it: `s3`. Nil where these are paths.
    public var bareProtocol: String?

    public init(allowsLocal: Bool = false) { self.allowsLocal = allowsLocal }

    /// Protocols behind which is another machine. All others may lead to files or memory of this one.
    private static let networks: Set<String> = [
        "http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "wasb", "wasbs", "ftp",
        "sftp", "ssh",
        "smb", "hdfs", "webhdfs", "arrow_hdfs", "webdav", "hf", "github", "gist", "oci", "ocilake", "oss",
        "obs", "cos",
        "tos", "r2", "b2", "gdrive", "gdrive_fsspec", "dropbox", "box", "dbfs", "osf", "root", "xrootd",
        "pelican",
        "osdf", "ipfs", "ipns", "swift",
    ]

    /// Whether the set at `location` comes over a network, by itself or in an archive.
    static func isForeign(_ location: String) -> Bool {
        switch Location(LocationChain.outerFile(of: location)) {
        case .local: false
        // What is in memory, this process has put there.
        case .remote(let scheme, _): scheme != "memory"
        }
    }

    /// Whether a reader of `url` may end up with something of this machine.
    package func isLocal(_ url: String) -> Bool {
        // The last part of a chain is what is opened first, and none of the others may be of this machine either.
        var rest = url[...]
        var parts: [Substring] = []
        while let mark = rest.firstRange(ofASCII: "::") {
            parts.append(rest[..<mark.lowerBound])
            rest = rest[mark.upperBound...]
        }
        for part in parts where part.firstRange(ofASCII: "://") != nil {
            let scheme = part.prefix { $0 != ":" }.lowercased()
            if ArchiveKind(rawValue: scheme) == nil, !Self.networks.contains(scheme) { return true }
        }
        guard let mark = rest.firstRange(ofASCII: "://"), !rest[..<mark.lowerBound].contains("/") else {
            let bare = parts.isEmpty ? bareProtocol?.lowercased() : nil
            return bare.map { !Self.networks.contains($0) } ?? true
        }
        return !Self.networks.contains(rest[..<mark.lowerBound].lowercased())
    }

    /// Throws for a file that a set may not name.
    func admit(_ url: String) throws(KerchunkError) {
        guard !allowsLocal, isLocal(url) else { return }
        throw KerchunkError(
            .permission,
            "the reference set comes over a network and names a local file, \"\(shownURL(url))\", which is not read; "
                + "--trust-local allows that, if you know who made the set")
    }

    /// Throws where a plan from `location` names inputs that it may not name.
    package func check(inputs: [String], from location: String) throws(KerchunkError) {
        guard !allowsLocal, Self.isForeign(location) else { return }
        for input in inputs { try admit(input) }
    }

    /// Throws where `dataset`, all of whose sources are known, is from `location` and names files that it may not name.
    package func check(_ dataset: VirtualDataset, from location: String) throws(KerchunkError) {
        guard !allowsLocal, Self.isForeign(location) else { return }
        try dataset.sources.forEachSource { source throws(KerchunkError) in try admit(source.url) }
    }
}
