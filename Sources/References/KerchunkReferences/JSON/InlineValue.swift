// SPDX-License-Identifier: Apache-2.0
// Chunks that stand in the reference set itself.

import KerchunkBytes

enum InlineValue {
    private static let marker = Array("base64:".utf8)

    /// The bytes that the string `token` stands for: those of the text, or what follows `base64:`, decoded.
    static func bytes(of token: JSONScanner.StringToken, _ scanner: borrowing JSONScanner) throws -> Bytes {
        // What needs no decoding of JSON is taken as it stands.
        let isPlain = !token.hasEscapes && scanner.withBytes(token.range) { isASCII($0) }
        if isPlain, !scanner.starts(token.range, with: marker) {
            return scanner.withBytes(token.range) { Bytes(array($0, from: 0)) }
        }
        let text: [UInt8]
        if isPlain {
            text = scanner.withBytes(token.range) { array($0, from: marker.count) }
        } else {
            let decoded = Array(try scanner.text(of: token).utf8)
            guard decoded.starts(with: marker) else { return Bytes(decoded) }
            text = Array(decoded[marker.count...])
        }
        guard let bytes = decodeBase64(text) else { throw scanner.error("inline bytes that are not base64") }
        return bytes
    }

    private static func isASCII(_ text: Span<UInt8>) -> Bool {
        var all: UInt8 = 0
        for place in 0..<text.count { all |= text[place] }
        return all < 0x80
    }

    private static func array(_ text: Span<UInt8>, from start: Int) -> [UInt8] {
        [UInt8](copying: text, from: start)
    }
}
