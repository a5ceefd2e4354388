// SPDX-License-Identifier: Apache-2.0
// JSON text. Spec: RFC 8259, with Python's NaN and Infinity.

/// Appends JSON text to bytes.
public struct JSONWriter: Sendable {
    /// The text so far, UTF-8.
    public var text: [UInt8] = []
    /// Whether objects and arrays are broken into indented lines.
    public let isPretty: Bool

    public init(isPretty: Bool = false) { self.isPretty = isPretty }

    public mutating func write(_ value: JSONValue, indent: Int = 0) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let number): text.append(contentsOf: number.text.utf8)
        case .string(let value): writeString(value.utf8)
        case .array(let values):
            // Arrays of scalars stay on one line: shapes and chunk grids read better so.
            let breaks = isPretty && values.contains { $0.array != nil || $0.object != nil }
            writeItems(values, open: "[", close: "]", breaks: breaks, indent: indent) { writer, value in
                writer.write(value, indent: indent + 1)
            }
        case .object(let object):
            writeItems(object, open: "{", close: "}", breaks: isPretty, indent: indent) { writer, pair in
                writer.writeString(pair.name.utf8)
                writer.append(writer.isPretty ? ": " : ":")
                writer.write(pair.value, indent: indent + 1)
            }
        }
    }

    private mutating func writeItems<Item>(
        _ items: some Sequence<Item>, open: StaticString, close: StaticString, breaks: Bool, indent: Int,
        _ writeItem: (inout JSONWriter, Item) -> Void
    ) {
        append(open)
        var isFirst = true
        for item in items {
            if !isFirst { append(isPretty && !breaks ? ", " : ",") }
            isFirst = false
            if breaks { breakLine(indent + 1) }
            writeItem(&self, item)
        }
        if breaks && !isFirst { breakLine(indent) }
        append(close)
    }

    private mutating func breakLine(_ indent: Int) {
        text.append(UInt8(ascii: "\n"))
        for _ in 0..<indent { append("  ") }
    }

    @inlinable public mutating func append(_ word: StaticString) {
        // SAFETY: a static string's code units live for ever.
        unsafe text.append(
            contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// The decimal digits of `value`.
    @inlinable public mutating func append(decimal value: UInt64) {
        if value < 10 {
            text.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        // SAFETY: at most 20 digits, written from the end before they are read.
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var value = value
            var start = 20
            while value > 0 {
                start -= 1
                unsafe digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
                value /= 10
            }
            unsafe text.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start..<20]))
        }
    }

    /// `content` (UTF-8) between quotation marks, escaped where JSON demands it.
    // Inlinable, so that callers in other modules get it for their type of text.
    @inlinable public mutating func writeString(_ content: some Sequence<UInt8>) {
        text.append(UInt8(ascii: "\""))
        appendEscaped(content)
        text.append(UInt8(ascii: "\""))
    }

    /// `content` (UTF-8) escaped where JSON demands it, as a piece of a string.
    @inlinable public mutating func appendEscaped(_ content: some Sequence<UInt8>) {
        let isWritten: Void? = content.withContiguousStorageIfAvailable { unsafe writeEscaped($0) }
        if isWritten == nil { unsafe Array(content).withUnsafeBufferPointer { unsafe writeEscaped($0) } }
    }

    /// Appends runs of plain text whole.
    @usableFromInline mutating func writeEscaped(_ content: UnsafeBufferPointer<UInt8>) {
        // SAFETY: positions lie below the count.
        var start = 0
        for position in 0..<content.count {
            let byte = unsafe content[position]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            if start < position {
                unsafe text.append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<position]))
            }
            start = position + 1
            writeEscape(byte)
        }
        if start < content.count {
            unsafe text.append(contentsOf: UnsafeBufferPointer(rebasing: content[start..<content.count]))
        }
    }

    private mutating func writeEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case UInt8(ascii: "\n"): append("\\n")
        case UInt8(ascii: "\r"): append("\\r")
        case UInt8(ascii: "\t"): append("\\t")
        default:
            append("\\u00")
            text.append(hexadecimalDigit(byte >> 4))
            text.append(hexadecimalDigit(byte & 15))
        }
    }
}

extension JSONValue {
    /// The value as JSON text.
    public func serialized(isPretty: Bool = false) -> String {
        var writer = JSONWriter(isPretty: isPretty)
        writer.write(self)
        return String(decoding: writer.text, as: UTF8.self)
    }
}
