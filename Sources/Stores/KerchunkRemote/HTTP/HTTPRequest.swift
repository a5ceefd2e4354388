// SPDX-License-Identifier: Apache-2.0
// One request and one answer, as they go over the wire.

public import KerchunkBytes
import KerchunkModel

public struct HTTPHeader: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

public struct HTTPRequest: Sendable {
    public var method: String
    /// Absolute; only characters that URLs may have.
    public var url: String
    public var headers: [HTTPHeader]
    public var body: Bytes?
    /// Bytes that an answer with a part (status 206) may have.
    public var partLimit: Int
    /// Bytes that are taken of other answers.
    public var wholeLimit: Int
    /// Whether it goes without the client's credentials, to where a redirect led.
    public var isAnonymous = false
    /// What errors call it.
    public var name: String

    public init(
        _ method: String = "GET", _ url: String, headers: [HTTPHeader] = [], body: Bytes? = nil,
        partLimit: Int = 0, wholeLimit: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.partLimit = partLimit
        self.wholeLimit = wholeLimit
        name = shownURL(url)
    }

    /// Puts `value` in the place of what the header `name` was.
    public mutating func setHeader(_ name: String, _ value: String) {
        headers.removeAll { $0.name.isEqualIgnoringCase(name) }
        headers.append(HTTPHeader(name, value))
    }
}

public struct HTTPResponse: Sendable {
    public let status: Int
    public let headers: [HTTPHeader]
    public let body: Bytes
    /// Whether there was more than the request would take.
    public let isCut: Bool
    /// Where the answer sends the client, as an absolute URL.
    public let redirect: String?
    /// The URL that answered.
    public var url: String
    /// What of the request must not be seen where the server's words are shown.
    let secrets: [String]

    public subscript(name: String) -> String? {
        headers.first { $0.name.isEqualIgnoringCase(name) }?.value
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}

extension HTTPResponse {
    /// - Parameter head: lines of status and headers.
    init(
        status: Int, head: String, body: Bytes, isCut: Bool = false, redirect: String? = nil, url: String,
        secrets: [String] = []
    ) {
        self.status = status
        headers = head.split(whereSeparator: \.isNewline).dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return HTTPHeader(
                line[..<colon].trimmed, line[line.index(after: colon)...].trimmed)
        }
        self.body = body
        self.isCut = isCut
        self.redirect = redirect
        self.url = url
        self.secrets = secrets
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmed: String {
        let end = drop { $0 == " " || $0 == "\t" }
        guard let last = end.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return String(end[...last])
    }

    /// Of ASCII letters.
    func isEqualIgnoringCase(_ other: some StringProtocol) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return zip(utf8, other.utf8).allSatisfy { $0.0.lowercasedASCII == $0.1.lowercasedASCII }
    }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x61...0x7A).contains(lowercasedASCII)
    }

    var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self + 0x20 : self }
}
