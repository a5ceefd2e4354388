// SPDX-License-Identifier: Apache-2.0
// One file behind an HTTP URL, read in ranges.
// Spec: RFC 9110, 14 "Range Requests".

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage
import Synchronization

/// A file of a web server. The first answer tells its size and state; later ones must agree with that.
// A class because all who read it share what its first answer said.
public final class HTTPSource: ByteSource {
    public let placement: Placement?
    public let name: String
    private let client: HTTPClient
    private let traffic: Traffic
    /// What each read is made from: URL and headers.
    private let template: HTTPRequest
    private let opened = Mutex<Opening?>(nil)
    /// Where the server sends clients for this file, as long as that serves.
    private let shortcut = Mutex<String?>(nil)

    /// Bytes that the first request asks for.
    private let firstRead: UInt64
    /// Bytes of a file that is taken whole where the server gives no parts.
    static let wholeLimit = 64 << 20
    /// Ranges closer than this are one request.
    private static let gap: UInt64 = 64 << 10
    /// Bytes of one request that serves several ranges.
    private static let fetchLimit: UInt64 = 8 << 20

    private struct Opening {
        let stamp: SourceStamp
        let size: UInt64
        /// The first bytes; all where the server gives no parts.
        let start: Bytes
        /// Whether the server answered with the whole file.
        var isWhole = false
    }

    /// - Parameters:
    ///   - url: what references shall name.
    ///   - request: a GET of the whole file; the client signs it.
    public init(_ url: String, request: HTTPRequest, client: HTTPClient, access: StorageAccess) {
        placement = Placement(url: url)
        name = shownURL(url)
        var request = request
        request.name = name
        template = request
        self.client = client
        traffic = access.traffic
        firstRead = max(1, access.firstRead)
    }

    public func size() throws -> UInt64 { try opening().size }
    public var stamp: SourceStamp { get throws { try opening().stamp } }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        let opening = try opening()
        try checkBounds(ranges)
        let known = UInt64(opening.start.count)
        if ranges.allSatisfy({ $0.end <= known }) {
            return ranges.map { opening.start[Int($0.offset)..<Int($0.end)] }
        }
        let fetches = planFetches(
            for: ranges.filter { $0.end > known }, gap: Self.gap, limit: Self.fetchLimit)
        let fetched = try fetch(fetches, opening)
        return ranges.map { range in
            if range.end <= known { return opening.start[Int(range.offset)..<Int(range.end)] }
            guard let index = fetchIndex(containing: range, in: fetches) else { return Bytes() }
            let start = Int(range.offset - fetches[index].offset)
            return fetched[index][start..<start + Int(range.count)]
        }
    }

    private func fetch(_ ranges: [ByteRange], _ opening: Opening) throws -> [Bytes] {
        let check: @Sendable (Int, HTTPResponse) -> KerchunkError? = { index, response in
            self.problem(of: response, with: ranges[index], opening)
        }
        let target = shortcut.withLock { $0 }
        var results = try client.send(ranges.map { request($0, to: target) }, check: check)
        // The address that a redirect gave may have run out.
        let failed = target == nil ? [] : results.indices.filter { !Self.isGood(results[$0]) }
        if !failed.isEmpty {
            shortcut.withLock { $0 = nil }
            let again = try client.send(failed.map { request(ranges[$0], to: nil) }) { check(failed[$0], $1) }
            for (index, result) in zip(failed, again) { results[index] = result }
        }
        return try results.map { try $0.get().body }
    }

    private static func isGood(_ result: Result<HTTPResponse, KerchunkError>) -> Bool {
        if case .success = result { true } else { false }
    }

    private func request(_ range: ByteRange, to target: String? = nil) -> HTTPRequest {
        var request = template
        if let target {
            request = HTTPRequest("GET", target)
            request.isAnonymous = true
        }
        request.setHeader("Range", "bytes=\(range.offset)-\(range.end - 1)")
        request.partLimit = Int(range.count)
        request.wholeLimit = Self.wholeLimit
        return request
    }

    // MARK: Opening

    private func opening() throws -> Opening {
        // One thread asks, the others wait for it.
        try opened.withLock { opened in
            if let opened { return opened }
            let opening = try open()
            opened = opening
            return opening
        }
    }

    private func open() throws -> Opening {
        let wanted = ByteRange(0..<firstRead)
        let response = try client.send([request(wanted)]) { _, response in
            guard response.status == 206 else { return nil }
            return self.lengthProblem(of: response, with: wanted)
        }[0].get()
        let stamp = SourceStamp(
            eTag: response["ETag"],
            modificationTime: response["Last-Modified"].flatMap(httpDate).map { $0 * 1_000_000_000 })
        switch response.status {
        case 206: return try openPart(response, stamp)
        case 416:
            // An empty file has no first byte.
            guard try ContentRange(response["Content-Range"])?.size ?? wholeSize() == 0 else {
                throw located(response.failure)
            }
            return Opening(stamp: stamp.with(size: 0), size: 0, start: Bytes())
        case 200: return try openWhole(response, stamp)
        default: throw located(response.isSuccess ? unexpected(response) : response.failure)
        }
    }

    private func openPart(_ response: HTTPResponse, _ stamp: SourceStamp) throws -> Opening {
        try refusePage(response)
        guard let range = ContentRange(response["Content-Range"]), let first = range.first else {
            throw located(
                KerchunkError(
                    .network, "the server sent a part of the file without saying which (Content-Range)"))
        }
        guard first == 0 else { throw located(wrongPart(response, wanted: 0)) }
        let size = try range.size ?? wholeSize()
        if response.url != template.url, URLText.origin(response.url) != URLText.origin(template.url) {
            shortcut.withLock { $0 = response.url }
        }
        return Opening(stamp: stamp.with(size: size), size: size, start: response.body)
    }

    /// The server gives no parts, or the file is no longer than the one that was asked for.
    private func openWhole(_ response: HTTPResponse, _ stamp: SourceStamp) throws -> Opening {
        try refusePage(response)
        if let coding = response["Content-Encoding"], !coding.isEqualIgnoringCase("identity") {
            throw located(
                KerchunkError(
                    .unsupported,
                    "the server only sends the file in the encoding \"\(coding)\", in which no chunk can be located"
                ))
        }
        guard !response.isCut else {
            let size = response["Content-Length"].map { " of \($0) bytes" } ?? ""
            throw located(
                KerchunkError(
                    .unsupported,
                    "the server does not serve parts of files (it ignores the header \"Range\"), and a file\(size) is too large to fetch as a whole; copy it to this machine"
                ))
        }
        let size = UInt64(response.body.count)
        if size > firstRead { traffic.add(wholeFiles: 1) }
        return Opening(stamp: stamp.with(size: size), size: size, start: response.body, isWhole: true)
    }

    /// Where a file came whole that was no longer than what was asked for, the server is asked for a byte of it.
    public var givesParts: Bool {
        get throws {
            let opening = try opening()
            guard opening.isWhole, opening.size > 1 else { return true }
            guard opening.size <= firstRead else { return false }
            return try client.send([request(ByteRange(1..<2))]) { _, _ in nil }[0].get().status == 206
        }
    }

    private func wholeSize() throws -> UInt64 {
        var request = template
        request.method = "HEAD"
        let response = try client.send(request)
        guard response.isSuccess, let size = response["Content-Length"].flatMap({ UInt64($0) }) else {
            throw located(KerchunkError(.network, "the server does not say how large the file is"))
        }
        return size
    }

    private func refusePage(_ response: HTTPResponse) throws {
        guard response.isPage else { return }
        let words = response.words.map { ": \"\($0)\"" } ?? ""
        throw located(
            KerchunkError(
                .input,
                "the server sent a web page, not the file\(words); it may ask for a login or show an error"))
    }

    // MARK: Checks

    private func problem(
        of response: HTTPResponse, with range: ByteRange, _ opening: Opening
    ) -> KerchunkError? {
        switch response.status {
        case 206: break
        case 200: return located(unexpected(response, "the whole file instead of a part"))
        case 416:
            return changed("it no longer has the bytes \(range.offset) to \(range.end - 1)")
        default: return located(response.isSuccess ? unexpected(response) : response.failure)
        }
        if let before = opening.stamp.eTag, let now = response["ETag"], before != now {
            return changed("its ETag is \(now), and was \(before)")
        }
        if let before = opening.stamp.modificationTime,
            let now = response["Last-Modified"].flatMap(httpDate), before != now * 1_000_000_000
        {
            return changed("it was modified since")
        }
        if let size = ContentRange(response["Content-Range"])?.size, size != opening.size {
            return changed("it has \(size) bytes, and had \(opening.size)")
        }
        return lengthProblem(of: response, with: range, fileSize: opening.size)
    }

    /// Whether the body is what the server says, and that what was asked for.
    private func lengthProblem(
        of response: HTTPResponse, with range: ByteRange, fileSize: UInt64? = nil
    ) -> KerchunkError? {
        let said = ContentRange(response["Content-Range"])
        if let first = said?.first, first != range.offset {
            return located(wrongPart(response, wanted: range.offset))
        }
        let end = min(range.end, fileSize ?? said?.size ?? range.end)
        let wanted = end - min(end, range.offset)
        let isOpen = fileSize == nil && said?.size == nil
        guard UInt64(response.body.count) == wanted || isOpen, !response.isCut else {
            return located(
                KerchunkError(
                    .network,
                    "the server sent \(response.isCut ? "more than " : "")\(response.body.count) bytes instead of \(wanted)",
                    offset: range.offset, isTransient: true))
        }
        return nil
    }

    private func wrongPart(_ response: HTTPResponse, wanted: UInt64) -> KerchunkError {
        KerchunkError(
            .network, "the server sent another part of the file (\"\(response["Content-Range"] ?? "")\")",
            offset: wanted, isTransient: true)
    }

    private func unexpected(_ response: HTTPResponse, _ what: String = "an unusable answer") -> KerchunkError
    {
        KerchunkError(.network, "the server sent \(what) (status \(response.status))", isTransient: true)
    }

    private func changed(_ how: String) -> KerchunkError {
        located(KerchunkError(.changed, "the file changed while it was read: \(how)"))
    }

    private func located(_ error: KerchunkError) -> KerchunkError {
        var error = error
        error.url = name
        return error
    }
}

extension SourceStamp {
    fileprivate func with(size: UInt64) -> SourceStamp {
        SourceStamp(size: size, eTag: eTag, modificationTime: modificationTime)
    }
}

/// The header that says which part of a file an answer holds.
/// Spec: RFC 9110, 14.4 "Content-Range".
struct ContentRange: Equatable {
    /// Nil where the header names no part.
    let first: UInt64?
    let last: UInt64?
    /// Bytes of the whole file; nil where the server does not know.
    let size: UInt64?

    init?(_ text: String?) {
        guard let text, text.lowercased().hasPrefix("bytes") else { return nil }
        let parts = text.dropFirst(5).trimmed.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        size = UInt64(parts[1].trimmed)
        let bounds = parts[0].split(separator: "-").map { UInt64($0.trimmed) }
        if bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last {
            self.first = first
            self.last = last
        } else {
            guard parts[0].trimmed == "*" else { return nil }
            first = nil
            last = nil
        }
    }
}
