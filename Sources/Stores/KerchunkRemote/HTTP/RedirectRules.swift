// SPDX-License-Identifier: Apache-2.0
// Where redirects may lead, and what goes there.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// What is asked of a redirect before it is followed.
enum RedirectRules {
    /// Names under which machines in clouds are told who they are.
    private static let metadataHosts: Set = [
        "metadata.google.internal", "metadata.goog", "metadata", "instance-data",
        "instance-data.ec2.internal",
    ]

    /// Why nobody should go from `start` to `target`; nil where that is fine.
    /// - Parameter carriesCredentials: whether the request to `start` told who asks.
    static func refusal(from start: String, to target: String, carriesCredentials: Bool) -> KerchunkError? {
        guard target.lowercased().hasPrefix("http://") || target.lowercased().hasPrefix("https://") else {
            return KerchunkError(
                .permission, "the server redirects to \"\(shownURL(target))\", which is not a web address")
        }
        if URLText.origin(start) != URLText.origin(target), isLinkLocal(URLText.host(target)) {
            return linkLocal
        }
        let isDowngrade = isEncrypted(start) && !isEncrypted(target)
        if isDowngrade, carriesCredentials || shownURL(target) != target {
            return KerchunkError(
                .permission,
                "the server redirects from https to http with credentials, which others could then read; the redirect is not followed"
            )
        }
        return nil
    }

    static let linkLocal = KerchunkError(
        .permission,
        "the server redirects to a link-local address, where cloud machines get their credentials; the redirect is not followed"
    )

    static func isEncrypted(_ url: String) -> Bool { url.lowercased().hasPrefix("https://") }

    /// Whether `host` stands for an address of this machine's link; names may lead there nevertheless, which is seen when they
    /// are connected to.
    static func isLinkLocal(_ host: String) -> Bool {
        // A zone may follow an address.
        let name = String(host.prefix { $0 != "%" })
        return metadataHosts.contains(name) || Curl.isLinkLocal(name)
    }
}

extension URLText {
    /// The host of a URL in lower case, without brackets and a stop at its end.
    static func host(_ url: String) -> String {
        let origin = origin(url)
        guard let start = origin.firstRange(ofASCII: "://")?.upperBound else { return origin }
        var host = decoded(origin[start...])
        if host.hasPrefix("[") {
            host = String(host.dropFirst().prefix { $0 != "]" })
        } else {
            host = String(host.prefix { $0 != ":" })
        }
        while host.hasSuffix(".") { host.removeLast() }
        return host
    }
}

extension HTTPRequest {
    /// What in the request tells who asks, longest first: a server may send it back, and nobody else may see it then.
    var secrets: [String] {
        var secrets: [String] = []
        if let mark = url.firstRange(ofASCII: "?") {
            let query = String(url[mark.upperBound...])
            secrets += [query, URLText.decoded(query)]
            for part in query.split(separator: "&") {
                guard let equals = part.firstRange(ofASCII: "="),
                    !Self.ofListings.contains(String(part[..<equals.lowerBound]))
                else { continue }
                let value = String(part[equals.upperBound...])
                secrets += [value, URLText.decoded(value)]
            }
        }
        for header in headers where header.mayBeSecret {
            secrets += [header.value] + header.value.split(separator: " ").dropFirst().map(String.init)
            guard header.value.hasPrefix("Basic "), let bytes = decodeBase64(header.value.dropFirst(6).utf8),
                let text = bytes.utf8Text, let colon = text.firstRange(ofASCII: ":")
            else { continue }
            secrets += [text, String(text[colon.upperBound...])]
        }
        // Shorter ones are words that are in any sentence.
        return secrets.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// Parts of queries by which stores ask for lists and uploads.
    private static let ofListings: Set = [
        "list-type", "encoding-type", "prefix", "delimiter", "comp", "restype", "partNumber", "versionId",
    ]
}

extension HTTPHeader {
    /// Whether it says what is asked for, not who asks.
    var isHarmless: Bool {
        Self.harmless.contains { $0.isEqualIgnoringCase(name) }
    }

    /// Whether nobody but the server may see it. What stores are told of dates, versions and payers is in their own words, too.
    var mayBeSecret: Bool {
        let name = name.lowercased()
        let isOfStore = ["x-amz-", "x-ms-", "x-goog-", "date", "host"].contains { name.hasPrefix($0) }
        return !isHarmless && !(isOfStore && name.firstRange(ofASCII: "token") == nil)
    }

    private static let harmless = [
        "Range", "Accept", "Content-Type", "If-Match", "Accept-Encoding", "User-Agent", "Expect",
    ]
}

/// `text` without any of `secrets`, longest first.
func without(_ secrets: [String], _ text: String) -> String {
    secrets.reduce(text) { $0.replacing($1, with: "***") }
}
