// SPDX-License-Identifier: Apache-2.0
// Answers that are failures, as errors that say what the server said.

import KerchunkBytes
public import KerchunkModel

extension HTTPResponse {
    /// What this answer means where it is no success.
    public var failure: KerchunkError {
        let kind: KerchunkError.Kind =
            switch status {
            case 401, 403, 407: .permission
            case 404, 410: .notFound
            case 412: .changed
            default: .network
            }
        var message = "the server answered \(status)"
        if let name = Self.names[status] { message += " \(name)" }
        if let words { message += ": \"\(words)\"" }
        if let code { message += " (\(code))" }
        if status == 401, self["x-amz-request-id"] == nil, self["x-ms-request-id"] == nil {
            message +=
                "; credentials come from .netrc (\"machine \(URLText.host(url))\"), from --header \"Authorization: …\" or from the URL"
        }
        return KerchunkError(
            kind, message, url: shownURL(url), isTransient: RetryPolicy.isTransient(status: status))
    }

    private static let names: [Int: String] = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed",
        407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
        412: "Precondition Failed", 416: "Range Not Satisfiable", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]

    /// The word by which a cloud service names a failure: `NoSuchKey`.
    var code: String? {
        let text = String(decoding: body[0..<min(body.count, 8192)].array, as: UTF8.self)
        let found = self["x-ms-error-code"] ?? text.between("<Code>", "</Code>")
        return found.flatMap { code in
            code.utf8.count <= 60 && code.utf8.allSatisfy { $0.isLetterOrDigit } ? code : nil
        }
    }

    /// What stands in the element `name` of an XML document.
    func element(_ name: String) -> String? {
        String(decoding: body[0..<min(body.count, 8192)].array, as: UTF8.self).between(
            "<\(name)>", "</\(name)>")
    }

    /// What the server says in a sentence: the message of an XML document, the title of a page, else the first line.
    var words: String? {
        let text = String(decoding: body[0..<min(body.count, 8192)].array, as: UTF8.self)
        let found =
            text.between("<Message>", "</Message>") ?? text.between("<title>", "</title>")
            ?? text.between("<TITLE>", "</TITLE>") ?? text.between("\"message\":\"", "\"")
            ?? text.between("\"message\": \"", "\"")
            ?? text.split(whereSeparator: \.isNewline).lazy.map { $0.trimmed }.first {
                !$0.isEmpty && !$0.hasPrefix("<")
            }
        guard let found else { return nil }
        let line = without(secrets, found).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // Nothing that a terminal would act upon, and no letter under a tower of accents.
        let plain = withoutControls(line).unicodeScalars
        guard !plain.isEmpty else { return nil }
        let start = String(String.UnicodeScalarView(plain.prefix(200)))
        return plain.count > 200 ? start + "…" : start
    }

    /// Whether this is a page for people, not data.
    var isPage: Bool {
        let type = (self["Content-Type"] ?? "").lowercased()
        guard type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") || type.isEmpty else {
            return false
        }
        let start = String(decoding: body[0..<min(body.count, 512)].array, as: UTF8.self)
            .drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html")
            || (start.hasPrefix("<") && type.hasPrefix("text/html"))
    }
}

extension String {
    fileprivate func between(_ start: String, _ end: String) -> String? {
        guard let from = firstRange(ofASCII: start)?.upperBound else { return nil }
        guard let to = self[from...].firstRange(ofASCII: end)?.lowerBound, to > from else { return nil }
        return String(self[from..<to])
    }
}
