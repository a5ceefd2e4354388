// SPDX-License-Identifier: Apache-2.0
// JSON text read piece by piece, for documents too large to hold: members one after another, values passed over.

extension JSONScanner {
    /// A string as it stands in the text.
    public struct StringToken: Sendable {
        /// Between the quotation marks.
        public let range: Range<Int>
        public let hasEscapes: Bool

        @inlinable public init(range: Range<Int>, hasEscapes: Bool) {
            self.range = range
            self.hasEscapes = hasEscapes
        }
    }

    /// A scanner of the whole of `text` that starts at `position`.
    @_lifetime(copy text)
    public init(_ text: RawSpan, at position: Int) {
        self.init(text)
        self.position = min(position, text.byteCount)
    }

    /// The next byte that is not white space; nil at the end.
    @_lifetime(self: copy self)
    public mutating func peek() -> UInt8? {
        skipSpace()
        return next
    }

    /// Passes over `byte` where it comes next, white space apart.
    @_lifetime(self: copy self)
    public mutating func takeIfNext(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    /// Passes over `byte`, which must come next.
    @_lifetime(self: copy self)
    public mutating func take(_ byte: UInt8) throws(ParseError) {
        guard takeIfNext(byte) else { throw error("expected \"\(Character(Unicode.Scalar(byte)))\"") }
    }

    /// Goes to the next member of an object.
    /// - Parameter isFirst: whether no member was read yet; made false here.
    /// - Returns: its name, with the value next; nil where the object ends, which is then passed over.
    @_lifetime(self: copy self)
    public mutating func nextMember(isFirst: inout Bool) throws(ParseError) -> StringToken? {
        if takeIfNext(UInt8(ascii: "}")) { return nil }
        if !isFirst {
            guard takeIfNext(UInt8(ascii: ",")) else {
                throw error("expected a comma or the end of the object")
            }
        }
        isFirst = false
        let name = try stringToken()
        try take(UInt8(ascii: ":"))
        return name
    }

    /// The string that comes next, not decoded.
    @_lifetime(self: copy self)
    public mutating func stringToken() throws(ParseError) -> StringToken {
        guard takeIfNext(UInt8(ascii: "\"")) else { throw error("expected a string in quotation marks") }
        let start = position
        var hasEscapes = false
        while true {
            skipPlainText()
            guard let byte = next else { throw error("a string without its closing quotation mark") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return StringToken(range: start..<position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                guard next != nil else { throw error("a string without its closing quotation mark") }
                position += 1
            case 0..<0x20: throw error("a control character inside a string")
            default: break
            }
        }
    }

    /// Passes over text up to a quotation mark, a backslash or a control character, or nearly to the end.
    @inline(__always)
    @_lifetime(self: copy self)
    mutating func skipPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= text.byteCount {
            // SAFETY: eight bytes from `position` on lie inside the text.
            let bytes = unsafe text.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self)
                .littleEndian
            // Wrapping arithmetic marks zero bytes; false marks lie only behind a true one.
            let quote = bytes ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslash = bytes ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let found =
                ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)
                | ((bytes &- ones &* 0x20) & ~bytes)
            if found & highBits != 0 {
                position += (found & highBits).trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    /// The text of `token`, decoded.
    public func text(of token: StringToken) throws(ParseError) -> String {
        var scanner = JSONScanner(text, at: token.range.lowerBound - 1)
        return try scanner.string()
    }

    /// Gives `body` the bytes of `range` as they stand.
    @inlinable public func withBytes<R>(_ range: Range<Int>, _ body: (Span<UInt8>) -> R) -> R {
        let bytes = text.extracting(range)
        // SAFETY: the span ends with the call; bytes have no invalid patterns.
        return unsafe bytes.withUnsafeBytes {
            unsafe body(Span(_unsafeElements: $0.bindMemory(to: UInt8.self)))
        }
    }

    /// Whether the bytes of `range` start with `prefix`.
    @inlinable public func starts(_ range: Range<Int>, with prefix: [UInt8]) -> Bool {
        guard prefix.count <= range.count else { return false }
        return withBytes(range) { bytes in prefix.indices.allSatisfy { bytes[$0] == prefix[$0] } }
    }

    /// Whether the bytes of two tokens are equal as they stand.
    public func areEqual(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        // SAFETY: tokens lie inside the text.
        return unsafe text.withUnsafeBytes { unsafe $0[one].elementsEqual($0[other]) }
    }

    /// Passes over the value that comes next, whatever it is. What it holds is checked only as far as that needs.
    @_lifetime(self: copy self)
    public mutating func skipValue() throws(ParseError) {
        var open = 0
        repeat {
            switch peek() {
            case UInt8(ascii: "\""): _ = try stringToken()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                position += 1
                open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard open > 0 else { throw error("expected a value") }
                position += 1
                open -= 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard open > 0 else { throw error("expected a value") }
                position += 1
            case nil: throw error("the text ends where a value is expected")
            default: try skipWord()
            }
        } while open > 0
    }

    /// Passes over a number or one of the words.
    @_lifetime(self: copy self)
    private mutating func skipWord() throws(ParseError) {
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."):
                position += 1
            default:
                guard position > start else { throw error("expected a value") }
                return
            }
        }
    }

    /// A whole number of zero or more that fits into 64 bits.
    @_lifetime(self: copy self)
    public mutating func uint64() throws(ParseError) -> UInt64 {
        skipSpace()
        let start = position
        var value: UInt64 = 0
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            guard let shifted = value.multiplied(by: 10),
                let sum = shifted.adding(UInt64(byte - UInt8(ascii: "0")))
            else { throw error("a number of more than 64 bits") }
            value = sum
            position += 1
        }
        let length = position - start
        let endsHere =
            next.map { ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains($0) } ?? true
        guard length > 0, endsHere else { throw error("expected a whole number of zero or more") }
        return value
    }
}
