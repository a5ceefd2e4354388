// SPDX-License-Identifier: Apache-2.0
// Names in files, without a copy on the way to the string.

/// Text of a file, and how it was spelt there.
public struct FileText: Hashable, Sendable {
    public let string: String
    /// Whether the bytes were UTF-8; else each stands for its Latin-1 character.
    public let isUTF8: Bool

    public init(_ string: String, isUTF8: Bool = true) {
        self.string = string
        self.isUTF8 = isUTF8
    }
}

extension FileText: ExpressibleByStringLiteral {
    public init(stringLiteral string: String) { self.init(string) }
}

extension ByteCursor {
    /// The text in a field of `count` bytes, up to its first NUL where it has one; passes over the whole field.
    @_lifetime(self: copy self)
    public mutating func text(_ count: Int) throws(ParseError) -> FileText {
        guard count >= 0, count <= remaining else { throw shortError(count) }
        let text = text(from: position, to: lengthBeforeNull(within: count) ?? count)
        storedPosition += count
        return text
    }

    /// The text up to the next NUL, which is passed over.
    @_lifetime(self: copy self)
    public mutating func nullTerminatedText() throws(ParseError) -> FileText {
        guard let length = lengthBeforeNull(within: remaining) else {
            throw error("a name without its terminating NUL")
        }
        let text = text(from: position, to: length)
        storedPosition += length + 1
        return text
    }

    /// Bytes before the next NUL among the next `count`, which must be there.
    private func lengthBeforeNull(within count: Int) -> Int? {
        // SAFETY: both callers checked that `count` bytes are left.
        let field = unsafe bytes.extracting(unchecked: position..<position + count)
        return unsafe field.withUnsafeBytes { unsafe $0.firstIndex(of: 0) }
    }

    private func text(from start: Int, to length: Int) -> FileText {
        // SAFETY: the callers checked that the field lies inside the span.
        let field = unsafe bytes.extracting(unchecked: start..<start + length)
        return unsafe field.withUnsafeBytes { memory in
            unsafe memory.withMemoryRebound(to: UInt8.self) { characters in
                if let string = unsafe String(validating: characters, as: UTF8.self) {
                    return FileText(string, isUTF8: true)
                }
                let (string, _) = unsafe decodeText(characters)
                return FileText(string, isUTF8: false)
            }
        }
    }
}
