// SPDX-License-Identifier: Apache-2.0
// What stands against references that a scan gives: whether others will be able to read through them.

import KerchunkModel
import KerchunkReferences
import KerchunkStorage

/// Looks at the URLs that references name, and at the server behind the scanned file.
enum SourceProspects {
    /// Members of queries that are, or come with, a credential: in lower case, as signed URLs of object stores and web
    /// servers have them.
    private static let credentials: Set<String> = [
        "x-amz-signature", "x-amz-credential", "x-amz-security-token", "awsaccesskeyid", "signature", "sig",
        "x-goog-signature", "x-goog-credential", "googleaccessid", "x-oss-signature", "ossaccesskeyid",
        "q-signature", "x-cos-security-token", "key-pair-id", "token", "access_token", "auth_token",
        "authtoken", "id_token", "sessiontoken", "session_token", "security-token", "jwt", "hmac", "hdnts",
        "hdnea", "hdntl", "__token__", "api_key", "apikey", "api-key", "x-api-key", "subscription-key",
        "password",
        "passwd", "pwd", "secret", "client_secret", "authorization", "auth", "bearer", "credential",
        "credentials",
        "private_token", "private-token", "accesskey", "access_key", "access_key_id", "secret_access_key",
    ]

    static func issues(
        _ dataset: VirtualDataset, scanned source: any ByteSource
    ) throws -> [Issue] {
        var issues: [Issue] = []
        let isWithoutParts = try source.isRemote && !source.givesParts
        var suspects: [(row: SourceIndex, reason: String)] = []
        var row: UInt32 = 0
        dataset.sources.forEachSource { known in
            if let secret = secret(in: known.url) { suspects.append((SourceIndex(row: row), secret)) }
            row += 1
        }
        guard isWithoutParts || !suspects.isEmpty else { return [] }
        // What is embedded, or has no chunks, needs no reading.
        let named = try sources(of: dataset)
        if isWithoutParts, named.contains(where: { dataset.sources[$0].url == source.placement?.url }) {
            issues.append(
                Issue(
                    object: "/",
                    reason:
                        "the server does not serve parts of files (it ignores the header \"Range\"), so no chunk can be read through these references",
                    remedy: "copy the file to this machine, or to a server that does, and scan it there"))
        }
        for (row, secret) in suspects where named.contains(row) {
            issues.append(
                Issue(
                    object: "/",
                    reason:
                        "the URL contains \(secret), which everyone can read in the references, and which makes them stop working when it expires: \(shownURL(dataset.sources[row].url))",
                    remedy:
                        "scan the file under a permanent URL, such as s3:// with credentials, or change the URLs with \"kerchunk rename\""
                ))
        }
        return issues
    }

    /// What in `url` is a secret, in words; nil where nothing is.
    static func secret(in url: String) -> String? {
        guard url.lowercased().hasPrefix("http"), let mark = url.firstRange(ofASCII: "://") else {
            return nil
        }
        let rest = url[mark.upperBound...]
        let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = host.lastIndex(of: "@"), host[..<at].contains(":") {
            return "a password"
        }
        guard let query = rest.firstIndex(of: "?") else { return nil }
        for pair in rest[rest.index(after: query)...].split(whereSeparator: {
            $0 == "&" || $0 == ";" || $0 == "#"
        }) {
            let name = pair.prefix { $0 != "=" }
            if name.count < pair.count, credentials.contains(name.lowercased()) {
                return "a credential in its query (\(name))"
            }
        }
        return nil
    }

    /// The sources that chunks lie in.
    private static func sources(of dataset: VirtualDataset) throws -> Set<SourceIndex> {
        var named: Set<SourceIndex> = []
        try dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { _, manifest in
                manifest.forEachPresent(
                    onRange: { _, source, _, _ in named.insert(source) },
                    onOther: { if case .wholeFile(let source) = $1 { named.insert(source) } })
            }
        }
        return named
    }
}
