// SPDX-License-Identifier: Apache-2.0
// The parts of an HTTP URL that matter here.
// Spec: RFC 3986.

import KerchunkBytes
import KerchunkModel

/// An HTTP URL as a user gave it, apart from the password in it.
struct URLText: Hashable, Sendable {
    /// With percent-encoding where characters need it, without user and password, and without a fragment.
    let request: String
    /// As the user gave it, without user and password.
    let reference: String
    /// `user:password`, decoded.
    let credentials: String?

    init(_ text: String) throws(KerchunkError) {
        guard let start = text.firstRange(ofASCII: "://")?.upperBound else {
            throw KerchunkError(.usage, "not a URL", url: text)
        }
        var rest = text[start...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") {
            credentials = Self.decoded(authority[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            credentials = nil
        }
        guard let first = rest.first, !"/?#:".contains(first) else {
            throw KerchunkError(.usage, "the URL has no host", url: text)
        }
        reference = String(text[..<start] + rest)
        request = Self.encoded(String(text[..<start].lowercased() + rest.prefix { $0 != "#" }))
    }

    /// Scheme, host and port: what may see a header that was meant for it.
    static func origin(_ url: String) -> String {
        guard let start = url.firstRange(ofASCII: "://") else { return url }
        let scheme = url[..<start.lowerBound].lowercased()
        var host = url[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
        if let at = host.lastIndex(of: "@") { host = String(host[host.index(after: at)...]) }
        let usual = scheme == "https" ? ":443" : ":80"
        if host.hasSuffix(usual), !host.hasSuffix("]" + usual) || host.hasPrefix("[") {
            host.removeLast(usual.count)
        }
        return scheme + "://" + host
    }

    /// `text` with bytes that no URL has as `%XX`; what is encoded already stays.
    static func encoded(_ text: String) -> String {
        let allowed = Set("-._~:/?#[]@!$&'()*+,;=%".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte.isLetterOrDigit || allowed.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(0x25)
                bytes += Array(Bytes([byte]).hexadecimal.uppercased().utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `text` with `%XX` as bytes.
    static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            // A sign is no digit.
            if byte == 0x25, digits.count == 2, digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
