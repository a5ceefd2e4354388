// SPDX-License-Identifier: Apache-2.0
// An object in the making: one request where it is small, else parts that become an object at the end.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// How a service takes objects in parts.
protocol UploadDialect: Sendable {
    var client: HTTPClient { get }
    /// What errors call the object.
    var name: String { get }
    /// A request that writes all of the object.
    func whole(_ body: Bytes) -> HTTPRequest
    /// - Returns: what the service calls the upload.
    func begin() throws -> String
    /// - Parameter number: from 1.
    func part(_ number: Int, of upload: String, _ body: Bytes) -> HTTPRequest
    /// What the service calls the part that it took.
    func tag(of response: HTTPResponse, _ number: Int) throws -> String
    /// Makes the object out of its parts.
    func complete(_ upload: String, _ tags: [String]) throws
    func abort(_ upload: String)
}

/// Nothing is seen of the object before `commit`.
// A class because it grows as it is written, and ends once.
final class PartedUpload: Upload {
    static let smallestPart = 8 << 20
    /// Bytes that wait to be sent at once.
    private static let batch = 32 << 20
    /// Parts of one size; those behind them are twice as large, so that 10,000 parts hold 484 GiB.
    private static let partsPerSize = 2000
    private static let partLimit = 10_000

    private let dialect: any UploadDialect
    private let partSize: Int
    /// What does not make a part yet.
    private var rest: [UInt8] = []
    /// Parts to be sent.
    private var waiting: [Bytes] = []
    /// Names of the parts that were sent.
    private var tags: [String] = []
    private var upload: String?
    private var isOpen = true

    /// - Parameter partSize: bytes.
    init(_ dialect: any UploadDialect, partSize: Int) {
        self.dialect = dialect
        self.partSize = partSize
    }

    /// Bytes of the part that is being filled.
    private var nextSize: Int { Self.size(ofPart: tags.count + waiting.count, first: partSize) }

    /// Bytes of the part `index`, where the first ones have `first`.
    static func size(ofPart index: Int, first: Int) -> Int { first << min(4, index / partsPerSize) }

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
                .limit, "an object of more than \(Self.partLimit) parts cannot be written", url: dialect.name)
        }
        let upload = try upload ?? dialect.begin()
        self.upload = upload
        let first = tags.count + 1
        let requests = waiting.enumerated().map { dialect.part(first + $0, of: upload, $1) }
        for (index, result) in try dialect.client.send(requests).enumerated() {
            let response = try result.get()
            guard response.isSuccess else { throw response.failure.at(dialect.name) }
            tags.append(try dialect.tag(of: response, first + index))
        }
        waiting = []
    }

    func commit() throws {
        if upload == nil, waiting.reduce(rest.count, { $0 + $1.count }) <= partSize {
            let response = try dialect.client.send(dialect.whole(waiting.first ?? Bytes(rest)))
            guard response.isSuccess else { throw response.failure.at(dialect.name) }
        } else {
            if !rest.isEmpty { waiting.append(Bytes(rest)) }
            rest = []
            if !waiting.isEmpty { try sendParts() }
            if let upload { try dialect.complete(upload, tags) }
        }
        (rest, waiting, isOpen) = ([], [], false)
    }

    func abort() {
        guard isOpen else { return }
        isOpen = false
        (rest, waiting) = ([], [])
        if let upload { dialect.abort(upload) }
    }

    deinit { abort() }
}
