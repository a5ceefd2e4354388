// SPDX-License-Identifier: Apache-2.0
// A bucket of a service that speaks S3's language.
// Spec: Amazon S3 API Reference; Cloud Storage XML API.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Requests to one bucket. The client puts credentials into them.
struct ObjectBucket: Sendable {
    /// URL of the bucket, without a slash at the end.
    let url: String
    let client: HTTPClient
    /// Headers that the user wants to go with each request.
    private let headers: [HTTPHeader]
    /// Bytes of a document that a service answers with: a page of a listing has a thousand keys.
    static let documentLimit = 16 << 20

    init(url: String, signer: any RequestSigner, _ access: StorageAccess) throws(KerchunkError) {
        self.url = url
        client = try HTTPClient(access, signer: signer)
        headers = try access.options.httpHeaders()
    }

    /// - Parameters:
    ///   - key: nil for the bucket itself, without a slash at its end.
    ///   - name: what errors call it.
    func request(
        _ method: String, _ key: String?, query: [(name: String, value: String)] = [], body: Bytes? = nil,
        name: String
    ) -> HTTPRequest {
        var text = url + (key.map { "/" + uriEncoded($0, keepsSlash: true) } ?? "")
        if !query.isEmpty { text += "?" + queryText(query) }
        var request = HTTPRequest(method, text, headers: headers, body: body, wholeLimit: Self.documentLimit)
        if body != nil { request.setHeader("Content-Type", "application/octet-stream") }
        request.name = name
        return request
    }

    /// The answer to `request` as a document.
    func document(_ request: HTTPRequest) throws(KerchunkError) -> XMLElement {
        let response = try client.send(request)
        guard response.isSuccess else { throw response.failure.at(request.name) }
        guard !response.isCut else {
            throw KerchunkError(
                .limit, "the server's response has more than \(Self.documentLimit) bytes", url: request.name)
        }
        do {
            return try XMLElement(parsing: response.body)
        } catch {
            throw error.at(request.name)
        }
    }
}

/// Makes requests to buckets.
protocol BucketService: Sendable {
    /// - Throws: kind `usage` or `unsupported` for names that no bucket can have here.
    func bucket(_ name: String, _ access: StorageAccess) throws -> ObjectBucket
}
