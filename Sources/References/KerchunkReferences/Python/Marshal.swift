// SPDX-License-Identifier: Apache-2.0
// What Python's `marshal` wrote, as JSON text, a piece at a time.
// Spec: Python, Python/marshal.c, versions 2 to 4 of the format.

package import KerchunkBytes
package import KerchunkModel
package import KerchunkStorage

/// Turns dicts, lists, texts and numbers into JSON; anything else is refused, and the caller writes JSON itself.
///
/// The text comes in pieces that end between members of the outermost dict, or of the one in it that is large.
// A class because it knows how far it is.
package final class MarshalledText: ReferenceText {
    private var reading: MarshalReading
    private let cancellation: Cancellation

    package init(_ bytes: Bytes, cancellation: Cancellation) {
        reading = MarshalReading(bytes)
        self.cancellation = cancellation
    }

    package func next() throws(KerchunkError) -> Bytes {
        do {
            try cancellation.check()
            return try reading.next()
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}

/// How far marshalled bytes are read.
private struct MarshalReading {
    /// Objects in objects that are followed.
    private static let depthLimit = Nesting.limit
    /// Pieces are about this long.
    private static let pieceSize = 1 << 18
    /// Text of one member; what is meant several times is written as often, and could be much.
    #if KERCHUNK_FUZZING
        private static let memberLimit = 1 << 16
    #else
        private static let memberLimit = 1 << 28
    #endif

    private let bytes: Bytes
    private var writer = JSONWriter()
    /// The next byte.
    private var place = 0
    /// Where objects start that may be meant again.
    private var marked: [Int] = []
    /// Whether an object is gone through again, so that what is in it is marked already.
    private var isAgain = false
    /// Dicts that are open between two pieces, and whether each has no member yet.
    private var open: [Bool] = []
    private var hasStarted = false

    init(_ bytes: Bytes) { self.bytes = bytes }

    mutating func next() throws -> Bytes {
        writer.text.removeAll(keepingCapacity: true)
        let bytes = bytes
        // SAFETY: `piece` reads below the count only; the bytes do not change.
        try unsafe bytes.withUnsafeBytes { try unsafe piece($0) }
        return Bytes(writer.text)
    }

    @unsafe private mutating func piece(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) {
        if !hasStarted {
            hasStarted = true
            guard unsafe try kind(memory) == UInt8(ascii: "{") else {
                throw Self.refusal("not a dict")
            }
            openDictionary()
        }
        while !open.isEmpty, writer.text.count < Self.pieceSize {
            let code = unsafe try kind(memory)
            if code == UInt8(ascii: "0") {
                open.removeLast()
                writer.text.append(UInt8(ascii: "}"))
                continue
            }
            if !open[open.count - 1] { writer.text.append(UInt8(ascii: ",")) }
            open[open.count - 1] = false
            let keyStart = writer.text.count + 1
            unsafe try key(code, memory, depth: 0)
            writer.text.append(UInt8(ascii: ":"))
            let value = unsafe try kind(memory)
            if value == UInt8(ascii: "{"), open.count == 1 {
                openDictionary()
            } else if value == UInt8(ascii: "s"), isReferenceKey(from: keyStart) {
                unsafe try inline(memory)
            } else {
                unsafe try self.value(of: value, memory, depth: 1)
            }
        }
        if open.isEmpty, place < memory.count { throw Self.refusal("bytes after the end") }
    }

    /// Whether the key whose text starts at `start` is one of references, and not of what stands beside them.
    private func isReferenceKey(from start: Int) -> Bool {
        writer.text[start] == UInt8(ascii: ".") || writer.text[start...].contains(UInt8(ascii: "/"))
    }

    private mutating func openDictionary() {
        open.append(true)
        writer.text.append(UInt8(ascii: "{"))
    }

    private static func refusal(_ problem: String) -> KerchunkError {
        KerchunkError(.unsupported, "the marshalled references cannot be read: \(problem)")
    }

    // MARK: Numbers

    @inline(__always)
    @unsafe private mutating func byte(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) -> UInt8 {
        guard place < memory.count else { throw Self.refusal("they are truncated") }
        defer { place += 1 }
        return unsafe memory[place]
    }

    /// The code of the next object; those that may be meant again are marked.
    @inline(__always)
    @unsafe private mutating func kind(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) -> UInt8 {
        let code = unsafe try byte(memory)
        if code & 0x80 == 0 { return code }
        if !isAgain { marked.append(place - 1) }
        return code & 0x7F
    }

    @inline(__always)
    @unsafe private mutating func number(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) -> Int32 {
        guard memory.count - place >= 4 else { throw Self.refusal("they are truncated") }
        defer { place += 4 }
        // SAFETY: four bytes were seen to be there.
        return Int32(littleEndian: unsafe memory.loadUnaligned(fromByteOffset: place, as: Int32.self))
    }

    @inline(__always)
    @unsafe private mutating func count(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) -> Int {
        let number = Int(unsafe try number(memory))
        guard number >= 0, number <= memory.count - place else { throw Self.refusal("a count is too large") }
        return number
    }

    // MARK: Objects

    @unsafe private mutating func value(
        of kind: UInt8, _ memory: UnsafeRawBufferPointer, depth: Int
    ) throws(KerchunkError) {
        guard depth < Self.depthLimit else { throw Self.refusal("a value is \(Nesting.problem)") }
        guard writer.text.count < Self.memberLimit else { throw Self.refusal("they expand to too much") }
        switch kind {
        case UInt8(ascii: "z"), UInt8(ascii: "Z"), UInt8(ascii: "a"), UInt8(ascii: "A"), UInt8(ascii: "u"),
            UInt8(ascii: "t"):
            unsafe try string(of: kind, memory)
        case UInt8(ascii: "i"):
            let number = Int64(unsafe try number(memory))
            if number < 0 { writer.text.append(UInt8(ascii: "-")) }
            writer.append(decimal: number.magnitude)
        case UInt8(ascii: "l"): unsafe try long(memory)
        case UInt8(ascii: "g"): unsafe try real(memory)
        case UInt8(ascii: "N"): writer.append("null")
        case UInt8(ascii: "T"): writer.append("true")
        case UInt8(ascii: "F"): writer.append("false")
        case UInt8(ascii: "["), UInt8(ascii: "("): unsafe try list(unsafe try count(memory), memory, depth)
        case UInt8(ascii: ")"): unsafe try list(Int(unsafe try byte(memory)), memory, depth)
        case UInt8(ascii: "{"): unsafe try dictionary(memory, depth: depth)
        case UInt8(ascii: "r"):
            let (next, wasAgain) = (try goBack(unsafe try number(memory)), isAgain)
            isAgain = true
            unsafe try value(of: unsafe try self.kind(memory), memory, depth: depth + 1)
            (place, isAgain) = (next, wasAgain)
        // Bytes inside of values may be numbers of numpy.
        default: throw Self.refusal("unknown type code \(kind)")
        }
    }

    /// Goes to where a marked object starts.
    /// - Returns: the place to come back to.
    private mutating func goBack(_ number: Int32) throws(KerchunkError) -> Int {
        guard number >= 0, Int(number) < marked.count else {
            throw Self.refusal("a reference to an unknown object")
        }
        defer { place = marked[Int(number)] }
        return place
    }

    @unsafe private mutating func list(_ count: Int, _ memory: UnsafeRawBufferPointer, _ depth: Int)
        throws(KerchunkError)
    {
        writer.text.append(UInt8(ascii: "["))
        for index in 0..<count {
            if index > 0 { writer.text.append(UInt8(ascii: ",")) }
            unsafe try value(of: unsafe try kind(memory), memory, depth: depth + 1)
        }
        writer.text.append(UInt8(ascii: "]"))
    }

    /// Keys and values up to a null.
    @unsafe private mutating func dictionary(_ memory: UnsafeRawBufferPointer, depth: Int)
        throws(KerchunkError)
    {
        writer.text.append(UInt8(ascii: "{"))
        var isFirst = true
        while true {
            let code = unsafe try kind(memory)
            if code == UInt8(ascii: "0") { break }
            if !isFirst { writer.text.append(UInt8(ascii: ",")) }
            isFirst = false
            unsafe try key(code, memory, depth: depth)
            writer.text.append(UInt8(ascii: ":"))
            unsafe try value(of: unsafe try kind(memory), memory, depth: depth + 1)
        }
        writer.text.append(UInt8(ascii: "}"))
    }

    @unsafe private mutating func key(_ code: UInt8, _ memory: UnsafeRawBufferPointer, depth: Int)
        throws(KerchunkError)
    {
        switch code {
        case UInt8(ascii: "z"), UInt8(ascii: "Z"), UInt8(ascii: "a"), UInt8(ascii: "A"), UInt8(ascii: "u"),
            UInt8(ascii: "t"):
            unsafe try string(of: code, memory)
        case UInt8(ascii: "r") where depth < Self.depthLimit:
            let (next, wasAgain) = (try goBack(unsafe try number(memory)), isAgain)
            isAgain = true
            unsafe try key(unsafe try kind(memory), memory, depth: Self.depthLimit)
            (place, isAgain) = (next, wasAgain)
        default: throw Self.refusal("a key is not a string")
        }
    }

    @unsafe private mutating func string(of kind: UInt8, _ memory: UnsafeRawBufferPointer)
        throws(KerchunkError)
    {
        let isShort = kind == UInt8(ascii: "z") || kind == UInt8(ascii: "Z")
        let count = isShort ? Int(unsafe try byte(memory)) : unsafe try count(memory)
        guard count <= memory.count - place else { throw Self.refusal("a count is too large") }
        // SAFETY: as many bytes were seen to be there.
        let content = unsafe UnsafeRawBufferPointer(rebasing: memory[place..<place + count])
        place += count
        let isPlain = unsafe content.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        if isPlain {
            writer.text.append(UInt8(ascii: "\""))
            unsafe writer.text.append(contentsOf: content)
            writer.text.append(UInt8(ascii: "\""))
            return
        }
        // Lone surrogates are not UTF-8.
        guard let string = unsafe String(validating: content, as: UTF8.self) else {
            throw Self.refusal("a string is not UTF-8")
        }
        writer.writeString(string.utf8)
    }

    /// Bytes of an embedded chunk, as references have them: themselves where they are ASCII, else in base64.
    @unsafe private mutating func inline(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) {
        let count = unsafe try count(memory)
        guard count <= Self.memberLimit else { throw Self.refusal("they expand to too much") }
        let content = bytes[place..<place + count]
        place += count
        writer.writeString(inlineText(content))
    }

    /// Digits to the base 2¹⁵, the lowest first.
    @unsafe private mutating func long(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) {
        let count = Int(unsafe try number(memory))
        guard count > 0, count <= 5 else { throw Self.refusal("a number is negative or too large") }
        var number: UInt64 = 0
        for digit in 0..<count {
            let low = UInt64(unsafe try byte(memory))
            let value = low | UInt64(unsafe try byte(memory)) << 8
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 1 << UInt64(15 * digit))
            let (sum, carry) = number.addingReportingOverflow(shifted)
            guard !overflow, !carry else { throw Self.refusal("a number is too large") }
            number = sum
        }
        writer.append(decimal: number)
    }

    @unsafe private mutating func real(_ memory: UnsafeRawBufferPointer) throws(KerchunkError) {
        var bits: UInt64 = 0
        for byte in 0..<8 { bits |= UInt64(unsafe try self.byte(memory)) << UInt64(8 * byte) }
        let number = Double(bitPattern: bits)
        guard number.isFinite else { throw Self.refusal("a number is not finite") }
        writer.text += Array("\(number)".utf8)
    }
}
