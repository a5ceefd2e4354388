// SPDX-License-Identifier: Apache-2.0
// RFC 4648, section 4: base64 with padding.

private let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

private let values: [UInt8] = {
    var table = [UInt8](repeating: 0xFF, count: 256)
    for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
    return table
}()

/// `bytes` in base64, appended to `text`.
public func appendBase64(_ bytes: Bytes, to text: inout [UInt8]) {
    text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
    // SAFETY: digits are indexed by 6-bit values, bytes below their count.
    unsafe digits.withUnsafeBufferPointer { digits in
        unsafe bytes.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count {
                let left = bytes.count - position
                let first = unsafe bytes[position]
                let second = left > 1 ? unsafe bytes[position + 1] : 0
                let third = left > 2 ? unsafe bytes[position + 2] : 0
                unsafe text.append(digits[Int(first >> 2)])
                unsafe text.append(digits[Int(first & 3) << 4 | Int(second >> 4)])
                unsafe text.append(
                    left > 1 ? digits[Int(second & 15) << 2 | Int(third >> 6)] : UInt8(ascii: "="))
                unsafe text.append(left > 2 ? digits[Int(third & 63)] : UInt8(ascii: "="))
                position += 3
            }
        }
    }
}

/// `bytes` in base64.
public func base64(_ bytes: Bytes) -> String {
    var text: [UInt8] = []
    appendBase64(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
}

/// The bytes that base64 `text` stands for; nil where it is not base64. White space is passed over.
public func decodeBase64(_ text: some Collection<UInt8>) -> Bytes? {
    // SAFETY: the buffer is used during the call only.
    let decoded = text.withContiguousStorageIfAvailable { unsafe decodedBase64($0) }
    if let decoded { return decoded }
    return unsafe Array(text).withUnsafeBufferPointer { unsafe decodedBase64($0) }
}

private func decodedBase64(_ text: UnsafeBufferPointer<UInt8>) -> Bytes? {
    var rest: [UInt8] = []
    var position = 0
    let whole = text.count / 4 * 3
    guard whole > 0 else { return unsafe decodedTail(text, from: 0, &rest) ? Bytes(rest) : nil }
    // SAFETY: the table has a value for each byte; `position + 4 <= text.count`, and three bytes are written for each
    // four read, so `written + 3 <= whole`.
    var decoded = unsafe values.withUnsafeBufferPointer { values in
        unsafe [UInt8](unsafeUninitializedCapacity: whole) { bytes, written in
            while position + 4 <= text.count {
                let a = unsafe values[Int(text[position])]
                let b = unsafe values[Int(text[position + 1])]
                let c = unsafe values[Int(text[position + 2])]
                let d = unsafe values[Int(text[position + 3])]
                if (a | b | c | d) & 0xC0 != 0 { break }
                let group = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
                unsafe bytes.initializeElement(at: written, to: UInt8(truncatingIfNeeded: group >> 16))
                unsafe bytes.initializeElement(at: written + 1, to: UInt8(truncatingIfNeeded: group >> 8))
                unsafe bytes.initializeElement(at: written + 2, to: UInt8(truncatingIfNeeded: group))
                written += 3
                position += 4
            }
        }
    }
    return unsafe decodedTail(text, from: position, &decoded) ? Bytes(decoded) : nil
}

/// Decodes digit by digit: the padding, and text with white space in it.
private func decodedTail(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ decoded: inout [UInt8]
) -> Bool {
    var group: UInt32 = 0
    var filled = 0
    var padding = 0
    for position in start..<text.count {
        let digit = unsafe text[position]
        if digit == UInt8(ascii: "\n") || digit == UInt8(ascii: "\r") || digit == UInt8(ascii: " ") {
            continue
        }
        if digit == UInt8(ascii: "=") {
            padding += 1
            continue
        }
        let value = values[Int(digit)]
        guard value != 0xFF, padding == 0 else { return false }
        group = group << 6 | UInt32(value)
        filled += 1
        if filled == 4 {
            decoded.append(UInt8(truncatingIfNeeded: group >> 16))
            decoded.append(UInt8(truncatingIfNeeded: group >> 8))
            decoded.append(UInt8(truncatingIfNeeded: group))
            group = 0
            filled = 0
        }
    }
    switch filled {
    case 0: return padding == 0
    case 2 where padding == 2: decoded.append(UInt8(truncatingIfNeeded: group >> 4))
    case 3 where padding == 1:
        decoded.append(UInt8(truncatingIfNeeded: group >> 10))
        decoded.append(UInt8(truncatingIfNeeded: group >> 2))
    default: return false
    }
    return true
}
