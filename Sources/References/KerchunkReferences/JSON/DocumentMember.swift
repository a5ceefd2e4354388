// SPDX-License-Identifier: Apache-2.0
// Members of a reference set that are Zarr documents.

import KerchunkBytes
import KerchunkModel

enum DocumentMember {
    /// Whether the key of `member` is that of a document.
    static func isDocument(_ member: TextWindow.Member, in window: borrowing TextWindow) throws -> Bool {
        guard member.name.hasEscapes else { return isDocument(window.memory.span, member.name.range) }
        let key = Array(try window.text(of: member.name).utf8)
        return isDocument(key.span, key.indices)
    }

    /// Whether the bytes `range` of `key` end in the name of a document.
    private static func isDocument(_ key: Span<UInt8>, _ range: Range<Int>) -> Bool {
        // Most keys are those of chunks, which end in a digit.
        guard let last = range.last, key[last] > UInt8(ascii: "9") else { return false }
        return ReferenceHierarchy.documentNames.contains { name in
            let start = range.upperBound - name.count
            guard start >= range.lowerBound else { return false }
            for place in 0..<name.count where key[start + place] != name[place] { return false }
            guard start > range.lowerBound else { return true }
            return key[start - 1] == UInt8(ascii: "/") && !hasEmptyName(key, range.lowerBound..<start - 1)
        }
    }

    /// Whether a name in a path is empty, so that readers ask for no document of it.
    private static func hasEmptyName(_ key: Span<UInt8>, _ path: Range<Int>) -> Bool {
        var isEmpty = true
        for place in path {
            let isSlash = key[place] == UInt8(ascii: "/")
            if isSlash && isEmpty { return true }
            isEmpty = isSlash
        }
        return isEmpty
    }

    /// The document that the member `key` holds: an object, its text, or that in base64.
    static func document(
        _ key: String, _ member: TextWindow.Member, in window: borrowing TextWindow
    ) throws -> JSONObject {
        let value = try withText(key, member, in: window) { try JSONScanner.parse($0) }
        guard let document = value.object else {
            throw failure(key, member, in: window, .unsupported, "is not in the reference set itself")
        }
        return document
    }

    /// Calls `body` with the text of the document that the member `key` holds.
    static func withText<R>(
        _ key: String, _ member: TextWindow.Member, in window: borrowing TextWindow,
        _ body: (Bytes) throws -> R
    ) throws -> R {
        let isQuoted = window.memory[member.value.lowerBound] == UInt8(ascii: "\"")
        let text: Bytes
        if isQuoted {
            let stored = try window.scan(at: member.value.lowerBound) { scanner in try scanner.stringBytes() }
            let encoded = Array("base64:".utf8)
            let plain =
                stored.starts(with: encoded) ? decodeBase64(stored[encoded.count...]) : Bytes(stored)
            guard let plain else { throw failure(key, member, in: window, .malformed, "is not base64") }
            text = plain
        } else {
            text = Bytes(Array(window.memory[member.value]))
        }
        do {
            return try body(text)
        } catch let error as ParseError {
            if !isQuoted {
                throw window.error(error.problem, at: member.value.lowerBound + Int(error.offset))
            }
            throw failure(key, member, in: window, .malformed, "is not JSON: \(error.problem)")
        }
    }

    private static func failure(
        _ key: String, _ member: TextWindow.Member, in window: borrowing TextWindow,
        _ kind: KerchunkError.Kind, _ problem: String
    ) -> KerchunkError {
        KerchunkError(
            kind, "the document \"\(key.prefix(200))\" \(problem)",
            offset: window.base + UInt64(member.value.lowerBound))
    }
}
