// SPDX-License-Identifier: Apache-2.0
// How S3, and what speaks its language, takes objects.
// Spec: Amazon S3 API Reference, "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload".

import KerchunkBytes
import KerchunkModel

struct MultipartDialect: UploadDialect {
    let bucket: ObjectBucket
    let key: String
    let name: String

    var client: HTTPClient { bucket.client }

    func whole(_ body: Bytes) -> HTTPRequest { bucket.request("PUT", key, body: body, name: name) }

    func begin() throws -> String {
        let request = bucket.request("POST", key, query: [("uploads", "")], body: Bytes(), name: name)
        guard let id = try bucket.document(request)["UploadId"]?.text, !id.isEmpty else {
            throw KerchunkError(
                .network, "the server started an upload without an id (UploadId)", url: name)
        }
        return id
    }

    func part(_ number: Int, of upload: String, _ body: Bytes) -> HTTPRequest {
        bucket.request(
            "PUT", key, query: [("partNumber", String(number)), ("uploadId", upload)], body: body, name: name)
    }

    func tag(of response: HTTPResponse, _ number: Int) throws -> String {
        guard let tag = response["ETag"] else {
            throw KerchunkError(
                .network, "the server accepted a part of the object without an ETag", url: name)
        }
        return tag
    }

    func complete(_ upload: String, _ tags: [String]) throws {
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(escapedXML(tag))</ETag></Part>"
        }
        let start = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        var request = bucket.request(
            "POST", key, query: [("uploadId", upload)],
            body: Bytes(start + parts.joined() + "</CompleteMultipartUpload>"), name: name)
        request.setHeader("Content-Type", "application/xml")
        // A service that finds an error on its way says so with status 200.
        let name = self.name
        let response = try client.send([request]) { _, response in
            guard response.isSuccess, let code = response.code else { return nil }
            var error = response.failure.at(name)
            error.isTransient = ["InternalError", "SlowDown", "ServiceUnavailable"].contains(code)
            return error
        }[0].get()
        // The answer to an earlier try may have been lost.
        if response.code == "NoSuchUpload", try isThere(parts: tags.count) { return }
        guard response.isSuccess else { throw response.failure.at(name) }
    }

    /// Whether the object is that of this upload, as far as the number of its parts tells.
    private func isThere(parts: Int) throws -> Bool {
        let response = try client.send(bucket.request("HEAD", key, name: name))
        return response.isSuccess && response["ETag"]?.hasSuffix("-\(parts)\"") == true
    }

    func abort(_ upload: String) {
        let request = bucket.request("DELETE", key, query: [("uploadId", upload)], name: name)
        _ = try? client.tidying.send(request)
    }
}

/// `text` as the content of an element.
private func escapedXML(_ text: String) -> String {
    text.map { character in
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        default: String(character)
        }
    }.joined()
}
