// SPDX-License-Identifier: Apache-2.0
// An object in the making: one request where it is small, else parts that become an object at the end.
// Spec: Amazon S3 API Reference, "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload".

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Nothing is seen of the object before `commit`.
// A class because it grows as it is written, and ends once.
final class MultipartUpload: Upload {
    static let smallestPart = 8 << 20
    /// Bytes that wait to be sent at once.
    private static let batch = 32 << 20
    /// Parts of one size; those behind them are twice as large, so that 10,000 parts hold 484 GiB.
    private static let partsPerSize = 2000
    private static let partLimit = 10_000

    private let bucket: ObjectBucket
    private let key: String
    private let name: String
    private let partSize: Int
    /// What does not make a part yet.
    private var rest: [UInt8] = []
    /// Parts to be sent.
    private var waiting: [Bytes] = []
    /// Names of the parts that were sent.
    private var tags: [String] = []
    private var id: String?
    private var isOpen = true

    init(_ bucket: ObjectBucket, key: String, name: String, partSize: Int) {
        self.bucket = bucket
        self.key = key
        self.name = name
        self.partSize = partSize
    }

    /// Bytes of the part that is being filled.
    private var nextSize: Int { partSize << ((tags.count + waiting.count) / Self.partsPerSize) }

    func write(_ bytes: RawSpan) throws {
        var cursor = ByteCursor(bytes, at: 0, in: "output")
        var left = bytes.byteCount
        while left > 0 {
            let count = min(left, nextSize - rest.count)
            rest += try cursor.bytes(count)
            left -= count
            if rest.count == nextSize {
                waiting.append(Bytes(rest))
                rest = []
            }
            if waiting.reduce(0, { $0 + $1.count }) >= max(Self.batch, 4 * partSize) { try sendParts() }
        }
    }

    private func sendParts() throws {
        guard tags.count + waiting.count <= Self.partLimit else {
            throw KerchunkError(
                .limit, "an object of more than \(Self.partLimit) parts cannot be written", url: name)
        }
        let id = try id ?? begin()
        self.id = id
        let requests = waiting.enumerated().map { index, part in
            bucket.request(
                "PUT", key, query: [("partNumber", String(tags.count + index + 1)), ("uploadId", id)],
                body: part,
                name: name)
        }
        for result in try bucket.client.send(requests) {
            let response = try result.get()
            guard response.isSuccess else { throw response.failure.at(name) }
            guard let tag = response["ETag"] else {
                throw KerchunkError(
                    .network, "the server took a part of the object without naming it (ETag)", url: name)
            }
            tags.append(tag)
        }
        waiting = []
    }

    private func begin() throws -> String {
        let request = bucket.request("POST", key, query: [("uploads", "")], body: Bytes(), name: name)
        guard let id = try bucket.document(request)["UploadId"]?.text, !id.isEmpty else {
            throw KerchunkError(
                .network, "the server began an upload without naming it (UploadId)", url: name)
        }
        return id
    }

    func commit() throws {
        if id == nil, waiting.reduce(rest.count, { $0 + $1.count }) <= partSize {
            let body = waiting.first ?? Bytes(rest)
            let response = try bucket.client.send(bucket.request("PUT", key, body: body, name: name))
            guard response.isSuccess else { throw response.failure.at(name) }
        } else {
            if !rest.isEmpty { waiting.append(Bytes(rest)) }
            if !waiting.isEmpty { try sendParts() }
            try complete()
        }
        (rest, waiting, isOpen) = ([], [], false)
    }

    private func complete() throws {
        guard let id else { return }
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(escapedXML(tag))</ETag></Part>"
        }
        let text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        let body = Bytes(text + parts.joined() + "</CompleteMultipartUpload>")
        var request = bucket.request("POST", key, query: [("uploadId", id)], body: body, name: name)
        request.setHeader("Content-Type", "application/xml")
        // A service that finds an error on its way says so with status 200.
        let name = self.name
        let response = try bucket.client.send([request]) { _, response in
            guard response.isSuccess, let code = response.code else { return nil }
            var error = response.failure.at(name)
            error.isTransient = ["InternalError", "SlowDown", "ServiceUnavailable"].contains(code)
            return error
        }[0].get()
        // The answer to an earlier try may have been lost.
        if response.code == "NoSuchUpload", try isThere() { return }
        guard response.isSuccess else { throw response.failure.at(name) }
    }

    /// Whether the object is that of this upload, as far as the number of its parts tells.
    private func isThere() throws -> Bool {
        let response = try bucket.client.send(bucket.request("HEAD", key, name: name))
        return response.isSuccess && response["ETag"]?.hasSuffix("-\(tags.count)\"") == true
    }

    func abort() {
        guard isOpen else { return }
        isOpen = false
        (rest, waiting) = ([], [])
        guard let id else { return }
        let request = bucket.request("DELETE", key, query: [("uploadId", id)], name: name)
        _ = try? bucket.client.withoutCancellation.send(request)
    }

    deinit { abort() }
}

/// `text` as the content of an element.
func escapedXML(_ text: String) -> String {
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
