// SPDX-License-Identifier: Apache-2.0
// Names of files, which are bytes, as strings, which are UTF-8: Python's "surrogateescape" with private characters, as
// Swift's strings hold no surrogates.

/// Names of the system, both ways without loss.
///
/// A byte that is not part of UTF-8 becomes the character U+EF00 plus the byte, and so do the bytes of these characters
/// where a name holds them.
package enum SystemText {
    private static let stand: UInt32 = 0xEF00

    /// The string that stands for a name.
    package static func string(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        if let text = String(validating: bytes, as: UTF8.self), !hasEscapes(text) { return text }
        var text = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            let length = (1...min(4, bytes.count - place)).first {
                String(validating: bytes[place..<place + $0], as: UTF8.self) != nil
            }
            let scalar = length.flatMap {
                String(decoding: bytes[place..<place + $0], as: UTF8.self).unicodeScalars.first
            }
            if let length, let scalar, !isEscape(scalar) {
                text.append(scalar)
                place += length
            } else {
                if let escape = Unicode.Scalar(stand + UInt32(bytes[place])) { text.append(escape) }
                place += 1
            }
        }
        return String(text)
    }

    /// The bytes of the name that `text` stands for.
    package static func bytes(_ text: String) -> [UInt8] {
        guard hasEscapes(text) else { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            isEscape(scalar) ? [UInt8(scalar.value - stand)] : Array(String(scalar).utf8)
        }
    }

    /// Whether the name that `text` stands for is not UTF-8.
    package static func hasEscapes(_ text: String) -> Bool {
        // All of them start with this byte, and few other characters do.
        text.utf8.contains(0xEE) && text.unicodeScalars.contains(where: isEscape)
    }

    /// `text` for people, with `\xE9` for bytes that are no text.
    package static func shown(_ text: String) -> String {
        guard hasEscapes(text) else { return text }
        var shown = ""
        for scalar in text.unicodeScalars {
            guard isEscape(scalar) else {
                shown.unicodeScalars.append(scalar)
                continue
            }
            shown += "\\x" + String(scalar.value - stand, radix: 16, uppercase: true)
        }
        return shown
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool {
        (stand + 0x80...stand + 0xFF).contains(scalar.value)
    }
}
