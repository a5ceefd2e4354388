// SPDX-License-Identifier: Apache-2.0
// Signatures of requests to S3, and to services that speak its language.
// Spec: Amazon S3 API Reference, "Signature Calculations for the Authorization Header" (AWS4-HMAC-SHA256).

import KerchunkBytes
import KerchunkModel

/// Who signs: a pair of keys, and a token where they are for a while only.
package struct AccessKeys: Hashable, Sendable {
    package var id: String
    package var secret: String
    package var token: String?

    package init(id: String, secret: String, token: String? = nil) {
        self.id = id
        self.secret = secret
        self.token = token
    }
}

/// Signs requests for one region of one service. The path of a URL counts as it is: its characters must be encoded once.
package struct AWS4Signature: Sendable {
    let keys: AccessKeys
    let region: String
    var service = "s3"

    package init(keys: AccessKeys, region: String) {
        self.keys = keys
        self.region = region
    }

    /// Headers that libcurl or a machine on the way may change.
    private static let unsigned = [
        "accept-encoding", "authorization", "connection", "content-length", "expect", "transfer-encoding",
        "user-agent",
    ]

    /// Adds the headers that say who asks, and for what.
    package func sign(_ request: inout HTTPRequest, at time: UTCTime) {
        let payload = Bytes(SHA256.hash(request.body ?? Bytes())).hexadecimal
        request.setHeader("x-amz-date", time.compact)
        request.setHeader("x-amz-content-sha256", payload)
        if let token = keys.token { request.setHeader("x-amz-security-token", token) }

        let url = Parts(request.url)
        var headers: [String: [String]] = ["host": [url.host]]
        for header in request.headers where !Self.unsigned.contains(header.name.lowercased()) {
            let value = header.value.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
            headers[header.name.lowercased(), default: []].append(value)
        }
        let names = headers.keys.sorted()
        let lines = names.map { "\($0):\((headers[$0] ?? []).joined(separator: ","))\n" }.joined()
        let signed = names.joined(separator: ";")
        let canonical = [request.method, url.path, url.query, lines, signed, payload].joined(separator: "\n")

        let scope = "\(time.compactDate)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(time.compact)\n\(scope)\n" + Bytes(SHA256.hash(canonical)).hexadecimal
        var key = Array("AWS4\(keys.secret)".utf8)
        for part in [time.compactDate, region, service, "aws4_request"] {
            key = SHA256.authenticationCode(part, key: key)
        }
        let signature = Bytes(SHA256.authenticationCode(text, key: key)).hexadecimal
        request.setHeader(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=\(keys.id)/\(scope), SignedHeaders=\(signed), Signature=\(signature)"
        )
    }

    /// What of a URL is signed.
    private struct Parts {
        /// With the port where it is not the usual one.
        let host: String
        let path: String
        /// Items in the order of their names.
        let query: String

        init(_ url: String) {
            let origin = URLText.origin(url)
            host = String(origin[(origin.firstRange(ofASCII: "://")?.upperBound ?? origin.startIndex)...])
            let rest = url[(url.firstRange(ofASCII: "://")?.upperBound ?? url.startIndex)...]
                .drop { $0 != "/" && $0 != "?" }
            let path = rest.prefix { $0 != "?" }
            self.path = path.isEmpty ? "/" : String(path)
            query = sortedQuery(
                rest.dropFirst(path.count + 1).split(separator: "&").map { item in
                    let name = item.prefix { $0 != "=" }
                    return (String(name), String(item.dropFirst(name.count + 1)))
                })
        }
    }
}
