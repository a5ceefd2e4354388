// SPDX-License-Identifier: Apache-2.0
// Reads JSON text. Spec: RFC 8259, with Python's NaN and Infinity.

/// Reads one JSON document, or its parts one after another.
public struct JSONScanner: ~Escapable {
    @usableFromInline let text: RawSpan
    /// Bytes read so far.
    public internal(set) var position = 0
    private var depth = 0

    @_lifetime(copy text)
    public init(_ text: RawSpan) { self.text = text }

    /// The whole of `text` as one value.
    public static func parse(_ text: Bytes) throws(ParseError) -> JSONValue {
        var scanner = JSONScanner(text.span)
        let value = try scanner.value()
        scanner.skipSpace()
        guard scanner.position == text.count else {
            throw scanner.error("text after the end of the document")
        }
        return value
    }

    public func error(_ problem: String) -> ParseError {
        ParseError(problem, in: "JSON", at: UInt64(position))
    }

    @inline(__always)
    var next: UInt8? {
        position < text.byteCount
            ? unsafe text.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self) : nil
    }

    @_lifetime(self: copy self)
    public mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    @_lifetime(self: copy self)
    public mutating func value() throws(ParseError) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "N"): return try word("NaN", .real(.nan))
        case UInt8(ascii: "I"): return try word("Infinity", .real(.infinity))
        case .some: return .number(try number())
        case nil: throw error("the text ends where a value is expected")
        }
    }

    @_lifetime(self: copy self)
    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(ParseError) -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard position + length <= text.byteCount else { throw error("expected \(word)") }
        for index in 0..<length {
            let byte = unsafe text.unsafeLoad(fromUncheckedByteOffset: position + index, as: UInt8.self)
            guard unsafe byte == word.utf8Start[index] else { throw error("expected \(word)") }
        }
        position += length
        return value
    }

    @_lifetime(self: copy self)
    private mutating func descend() throws(ParseError) {
        depth += 1
        guard depth <= Nesting.limit + Nesting.envelope else { throw error(Nesting.problem) }
    }

    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    @_lifetime(self: copy self)
    private mutating func object() throws(ParseError) -> JSONObject {
        try descend()
        position += 1
        var object = JSONObject()
        if take(UInt8(ascii: "}")) {
            depth -= 1
            return object
        }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a name in quotation marks") }
            let name = try string()
            guard take(UInt8(ascii: ":")) else { throw error("expected a colon") }
            object[name] = try value()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw error("expected a comma or the end of the object") }
        depth -= 1
        return object
    }

    @_lifetime(self: copy self)
    private mutating func array() throws(ParseError) -> [JSONValue] {
        try descend()
        position += 1
        var values: [JSONValue] = []
        if take(UInt8(ascii: "]")) {
            depth -= 1
            return values
        }
        repeat { values.append(try value()) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw error("expected a comma or the end of the array") }
        depth -= 1
        return values
    }

    /// A string; `position` is at its quotation mark.
    @_lifetime(self: copy self)
    public mutating func string() throws(ParseError) -> String {
        let start = position + 1
        let token = try stringToken()
        if token.hasEscapes {
            position = start
            let content = try decodedString()
            guard let text = String(validating: content, as: UTF8.self) else {
                throw error("text is not UTF-8")
            }
            return text
        }
        let text = withBytes(token.range) { content in
            // SAFETY: the bytes are copied while they are borrowed.
            unsafe content.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
        }
        guard let text else { throw error("text is not UTF-8") }
        return text
    }

    /// The bytes of the string that comes next, decoded; they may not be UTF-8.
    @_lifetime(self: copy self)
    public mutating func stringBytes() throws(ParseError) -> [UInt8] {
        let start = peek() == nil ? position : position + 1
        let token = try stringToken()
        guard token.hasEscapes else {
            var content: [UInt8] = []
            appendBytes(token.range, to: &content)
            return content
        }
        position = start
        return try decodedString()
    }

    /// A string up to its closing quotation mark, the opening one of which has been read.
    @_lifetime(self: copy self)
    private mutating func decodedString() throws(ParseError) -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let start = position
            skipPlainText()
            appendBytes(start..<position, to: &content)
            guard let byte = next else { throw error("a string without its closing quotation mark") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"): try appendEscape(to: &content)
            case 0..<0x20: throw error("a control character inside a string")
            default: content.append(byte)
            }
        }
    }

    private func appendBytes(_ range: Range<Int>, to content: inout [UInt8]) {
        // SAFETY: the range lies inside the text.
        unsafe text.withUnsafeBytes { unsafe content.append(contentsOf: $0[range]) }
    }

    @_lifetime(self: copy self)
    private mutating func appendEscape(to content: inout [UInt8]) throws(ParseError) {
        guard let byte = next else { throw error("a string without its closing quotation mark") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "u"):
            var code = UInt32(try hexadecimal())
            if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\") {
                position += 1
                guard next == UInt8(ascii: "u") else { throw error("half of a surrogate pair") }
                position += 1
                let low = UInt32(try hexadecimal())
                guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair") }
            content.append(contentsOf: Character(scalar).utf8)
        default: throw error("an unknown escape")
        }
    }

    @_lifetime(self: copy self)
    private mutating func hexadecimal() throws(ParseError) -> UInt16 {
        var code: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            code = code << 4 | UInt16(digit)
            position += 1
        }
        return code
    }

    /// A whole number of at most 18 digits, as nearly all are; nil, and nothing read, for others.
    @_lifetime(self: copy self)
    private mutating func shortInteger() -> JSONNumber? {
        let start = position
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let first = position
        var value: Int64 = 0
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), position - first < 19 {
            value = value &* 10 &+ Int64(byte - UInt8(ascii: "0"))
            position += 1
        }
        let count = position - first
        switch next {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
            let startsWithZero =
                unsafe text.unsafeLoad(fromUncheckedByteOffset: first, as: UInt8.self) == UInt8(ascii: "0")
            if count > 0, count <= 18, count == 1 || !startsWithZero, !isNegative || value > 0 {
                return .integer(isNegative ? -value : value)
            }
        default: break
        }
        position = start
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func number() throws(ParseError) -> JSONNumber {
        if let number = shortInteger() { return number }
        var digits: [UInt8] = []
        var isReal = false
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): break
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isReal = true
            case UInt8(ascii: "I") where digits == [UInt8(ascii: "-")]:
                _ = try word("Infinity", .null)
                return .real(-.infinity)
            default: return try number(String(decoding: digits, as: UTF8.self), isReal: isReal)
            }
            digits.append(byte)
            position += 1
        }
        return try number(String(decoding: digits, as: UTF8.self), isReal: isReal)
    }

    private func number(_ digits: String, isReal: Bool) throws(ParseError) -> JSONNumber {
        let unsigned = digits.first == "-" ? digits.dropFirst() : Substring(digits)
        guard let first = unsigned.utf8.first, (0x30...0x39).contains(first),
            isReal || first != 0x30 || unsigned.utf8.count == 1
        else { throw error("expected a value") }
        if isReal {
            guard let value = Double(digits) else { throw error("\"\(digits)\" is not a number") }
            return .real(value)
        }
        if let value = Int64(digits) { return .integer(value) }
        if let value = UInt64(digits) { return .unsigned(value) }
        guard unsigned.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw error("\"\(digits)\" is not a number")
        }
        return .literal(digits)
    }
}
