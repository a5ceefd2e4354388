// SPDX-License-Identifier: Apache-2.0
// What Python's `marshal` wrote, as JSON text.
// Spec: Python, Python/marshal.c, version 2 of the format: no references to what came before.

import Kerchunk

/// Turns dicts, lists, texts and numbers into JSON; anything else is refused, and the caller writes JSON itself.
struct MarshalledText {
    /// Objects in objects that are followed.
    private static let depthLimit = 32

    private let bytes: Bytes
    private var place = 0
    private var writer = JSONWriter()

    init(_ bytes: Bytes) { self.bytes = bytes }

    /// - Throws: where there is something else than JSON knows, or the bytes end too early.
    func json() throws(KerchunkError) -> [UInt8] {
        var copy = self
        copy.writer.text.reserveCapacity(bytes.count)
        let array = bytes.array
        try copy.value(array, depth: 0)
        guard copy.place == array.count else { throw Self.refusal("something follows its end") }
        return copy.writer.text
    }

    private static func refusal(_ problem: String) -> KerchunkError {
        KerchunkError(.unsupported, "the marshalled references cannot be read: \(problem)")
    }

    private mutating func byte(_ text: [UInt8]) throws(KerchunkError) -> UInt8 {
        guard place < text.count else { throw Self.refusal("they end too early") }
        defer { place += 1 }
        return text[place]
    }

    private mutating func number(_ text: [UInt8]) throws(KerchunkError) -> Int32 {
        guard text.count - place >= 4 else { throw Self.refusal("they end too early") }
        var number: UInt32 = 0
        for byte in 0..<4 { number |= UInt32(text[place + byte]) << UInt32(8 * byte) }
        place += 4
        return Int32(bitPattern: number)
    }

    private mutating func count(_ text: [UInt8]) throws(KerchunkError) -> Int {
        let number = Int(try number(text))
        guard number >= 0, number <= text.count - place else { throw Self.refusal("a count is too large") }
        return number
    }

    private mutating func value(_ text: [UInt8], depth: Int) throws(KerchunkError) {
        guard depth < Self.depthLimit else { throw Self.refusal("they are too deep") }
        try value(of: try byte(text), text, depth: depth)
    }

    private mutating func value(of kind: UInt8, _ text: [UInt8], depth: Int) throws(KerchunkError) {
        switch kind {
        case UInt8(ascii: "u"): try string(text)
        case UInt8(ascii: "i"):
            let number = Int64(try number(text))
            if number < 0 { writer.text.append(UInt8(ascii: "-")) }
            writer.append(decimal: number.magnitude)
        case UInt8(ascii: "l"): try long(text)
        case UInt8(ascii: "g"): try real(text)
        case UInt8(ascii: "N"): writer.append("null")
        case UInt8(ascii: "T"): writer.append("true")
        case UInt8(ascii: "F"): writer.append("false")
        case UInt8(ascii: "["), UInt8(ascii: "("):
            writer.text.append(UInt8(ascii: "["))
            for index in 0..<(try count(text)) {
                if index > 0 { writer.text.append(UInt8(ascii: ",")) }
                try value(text, depth: depth + 1)
            }
            writer.text.append(UInt8(ascii: "]"))
        case UInt8(ascii: "{"): try dictionary(text, depth: depth)
        default: throw Self.refusal("there is a value of type code \(kind)")
        }
    }

    /// Keys and values up to a null.
    private mutating func dictionary(_ text: [UInt8], depth: Int) throws(KerchunkError) {
        writer.text.append(UInt8(ascii: "{"))
        var isFirst = true
        while true {
            let kind = try byte(text)
            if kind == UInt8(ascii: "0") { break }
            guard kind == UInt8(ascii: "u") else { throw Self.refusal("a key is no text") }
            if !isFirst { writer.text.append(UInt8(ascii: ",")) }
            isFirst = false
            try string(text)
            writer.text.append(UInt8(ascii: ":"))
            try value(text, depth: depth + 1)
        }
        writer.text.append(UInt8(ascii: "}"))
    }

    private mutating func string(_ text: [UInt8]) throws(KerchunkError) {
        let count = try count(text)
        let content = text[place..<place + count]
        place += count
        var isPlain = true
        for byte in content where byte < 0x20 || byte >= 0x7f || byte == 0x22 || byte == 0x5c {
            isPlain = false
            break
        }
        if isPlain {
            writer.text.append(UInt8(ascii: "\""))
            writer.text.append(contentsOf: content)
            writer.text.append(UInt8(ascii: "\""))
            return
        }
        // Lone surrogates are not UTF-8.
        guard let string = String(validating: content, as: UTF8.self) else {
            throw Self.refusal("a text is not UTF-8")
        }
        writer.writeString(string.utf8)
    }

    /// Digits to the base 2¹⁵, the lowest first.
    private mutating func long(_ text: [UInt8]) throws(KerchunkError) {
        let count = Int(try number(text))
        guard count > 0, count <= 5 else { throw Self.refusal("a number is negative or too large") }
        var number: UInt64 = 0
        for digit in 0..<count {
            let low = UInt64(try byte(text))
            let value = low | UInt64(try byte(text)) << 8
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 1 << UInt64(15 * digit))
            let (sum, carry) = number.addingReportingOverflow(shifted)
            guard !overflow, !carry else { throw Self.refusal("a number is too large") }
            number = sum
        }
        writer.append(decimal: number)
    }

    private mutating func real(_ text: [UInt8]) throws(KerchunkError) {
        var bits: UInt64 = 0
        for byte in 0..<8 { bits |= UInt64(try self.byte(text)) << UInt64(8 * byte) }
        let number = Double(bitPattern: bits)
        guard number.isFinite else { throw Self.refusal("a number is not finite") }
        writer.text += Array("\(number)".utf8)
    }
}
