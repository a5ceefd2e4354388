// SPDX-License-Identifier: Apache-2.0
// Names in files.

extension ByteCursor {
    /// The bytes up to the next NUL, which is passed over.
    @_lifetime(self: copy self)
    public mutating func nullTerminated() throws(ParseError) -> [UInt8] {
        var text: [UInt8] = []
        while true {
            guard !isAtEnd else { throw error("a name without its terminating NUL") }
            let byte = try uint8()
            if byte == 0 { return text }
            text.append(byte)
        }
    }
}

/// Text of a file: UTF-8 where it is, else each byte as its Latin-1 character.
/// - Returns: the text, and whether the bytes were UTF-8.
public func decodeText(_ bytes: some Collection<UInt8>) -> (text: String, isUTF8: Bool) {
    if let text = String(validating: bytes, as: UTF8.self) { return (text, true) }
    var latin = ""
    for byte in bytes { latin.unicodeScalars.append(Unicode.Scalar(byte)) }
    return (latin, false)
}
