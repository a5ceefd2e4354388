// SPDX-License-Identifier: Apache-2.0
// Text on its way to an output, and the hot loop that writes references into it.
// The one file of this module that writes through pointers.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Collects text and hands it to an output in pieces of about 1 MiB.
// SAFETY: all allocations belong to this value alone, are made in `init` and freed in `deinit`.
@safe struct TextBuffer: ~Copyable {
    private let output: TextOutput
    private var memory: UnsafeMutablePointer<UInt8>
    /// The two digits of 0 to 99, behind each other.
    private let digitPairs: UnsafeMutablePointer<UInt8>
    private let base64Digits: UnsafeMutablePointer<UInt8>
    private var count = 0
    private static let capacity = 1 << 20

    init(to output: any Upload) {
        self.output = TextOutput(output, capacity: Self.capacity)
        unsafe memory = .allocate(capacity: Self.capacity)
        unsafe digitPairs = .allocate(capacity: 200)
        unsafe base64Digits = .allocate(capacity: 64)
        for (value, digit) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
            .enumerated()
        {
            unsafe base64Digits[value] = digit
        }
        for pair in 0..<100 {
            unsafe digitPairs[2 * pair] = UInt8(ascii: "0") + UInt8(pair / 10)
            unsafe digitPairs[2 * pair + 1] = UInt8(ascii: "0") + UInt8(pair % 10)
        }
    }

    deinit {
        unsafe memory.deallocate()
        unsafe digitPairs.deallocate()
        unsafe base64Digits.deallocate()
    }

    /// Hands over what is there, and goes on while it is being written.
    private mutating func passOn() throws {
        let filled = count
        count = 0
        // SAFETY: the first `filled` bytes were written; the memory is not touched until it comes back.
        unsafe memory = try unsafe output.exchange(memory, count: filled)
    }

    /// Hands over what is there; all is written then.
    mutating func flush() throws {
        let filled = count
        count = 0
        // SAFETY: the first `filled` bytes were written; the span ends with the call.
        try unsafe output.write(RawSpan(_unsafeStart: memory, byteCount: filled))
    }

    mutating func write(_ text: [UInt8]) throws {
        if text.count > Self.capacity - count { try passOn() }
        if text.count > Self.capacity {
            // SAFETY: bytes have no padding that was never written.
            try unsafe output.write(text.span.bytes)
            return
        }
        // SAFETY: there is room for all of it, as was just made sure.
        unsafe text.withUnsafeBufferPointer { source in
            if let start = source.baseAddress {
                unsafe (memory + count).update(from: start, count: source.count)
            }
        }
        count += text.count
    }

    mutating func write(_ text: StaticString) throws {
        try write(Array(text.description.utf8))
    }

    /// Writes a member for each chunk of `manifest` that is part of a file; hands the others to `writeOther`.
    /// - Parameters:
    ///   - start: position on the grid of the manifest's first chunk.
    ///   - keys: the keys of the grid.
    ///   - pieces: what stands between the key's last index and the digits of the offset, for each source.
    mutating func write(
        _ manifest: ChunkManifest, from start: UInt64, keys: inout ChunkKeyLines, pieces: SourcePieces,
        writeOther: (inout TextBuffer, _ position: UInt64, ChunkLocation) throws -> Void
    ) throws {
        let columns = manifest.columns
        for row in manifest.window {
            switch columns.kind(row: row) {
            case .missing: continue
            case .other:
                let position = start + manifest.position(ofRow: row)
                let location = columns.location(row: row)
                if case .inline(let bytes) = location, bytes.count <= Self.longestInline {
                    try write(bytes, at: position, &keys, pieces)
                } else {
                    try writeOther(&self, position, location)
                }
            case .range(let source, let offset, let length):
                let position = start + manifest.position(ofRow: row)
                if !keys.line.contains(position) { keys.move(to: position) }
                let piece = pieces[source]
                try makeRoom(keys.textCount + piece.count + 3 * 20)
                // SAFETY: the parts together take at most what was made room for; both texts are padded by a block.
                var end = unsafe memory + count
                unsafe append(keys.text, 0..<keys.textCount, to: &end)
                unsafe append(decimal: position - keys.line.lowerBound, to: &end)
                unsafe append(pieces.text, piece, to: &end)
                unsafe append(decimal: offset, to: &end)
                unsafe append(UInt8(ascii: ","), to: &end)
                if pieces.isPretty { unsafe append(UInt8(ascii: " "), to: &end) }
                unsafe append(decimal: length, to: &end)
                unsafe append(UInt8(ascii: "]"), to: &end)
                count = unsafe end - memory
            }
        }
    }

    /// Makes room for `needed` bytes, and for the blocks and marks around them.
    @inline(__always)
    private mutating func makeRoom(_ needed: Int) throws {
        let room = needed + 2 * paddedBlock + 8
        if room <= Self.capacity - count { return }
        try passOn()
        guard room <= Self.capacity else {
            throw KerchunkError(.output, "a key or URL of \(needed) bytes is too long for a reference")
        }
    }

    /// Bytes of embedded chunks that are written here; longer ones are rare, and go the slow way.
    private static let longestInline = 64 << 10

    /// Writes a member whose value is `bytes`: as text where they are ASCII, else in base64.
    private mutating func write(
        _ bytes: Bytes, at position: UInt64, _ keys: inout ChunkKeyLines, _ pieces: SourcePieces
    ) throws {
        if !keys.line.contains(position) { keys.move(to: position) }
        let isText = isPlainText(bytes)
        try makeRoom(keys.textCount + 20 + pieces.inline.count + 6 * bytes.count + 8)
        // SAFETY: the parts together take at most what was made room for: an escaped byte takes six, base64 less.
        var end = unsafe memory + count
        unsafe append(keys.text, 0..<keys.textCount, to: &end)
        unsafe append(decimal: position - keys.line.lowerBound, to: &end)
        unsafe append(pieces.inline, 0..<pieces.inline.count - paddedBlock, to: &end)
        unsafe bytes.withUnsafeBytes { bytes in
            if isText {
                unsafe append(escaping: bytes, to: &end)
            } else {
                unsafe append(base64: bytes, to: &end)
            }
        }
        unsafe append(UInt8(ascii: "\""), to: &end)
        count = unsafe end - memory
    }

    @unsafe private func append(
        escaping bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutablePointer<UInt8>
    ) {
        // SAFETY: the caller made room for six bytes each.
        for position in 0..<bytes.count {
            let byte = unsafe bytes[position]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                unsafe append(UInt8(ascii: "\\"), to: &end)
                unsafe append(byte, to: &end)
            case 0..<0x20:
                unsafe append(UInt8(ascii: "\\"), to: &end)
                unsafe append(UInt8(ascii: "u"), to: &end)
                for shift in [12, 8, 4, 0] {
                    let digit = UInt8(UInt16(byte) >> UInt16(shift) & 15)
                    unsafe append(
                        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10, to: &end)
                }
            default: unsafe append(byte, to: &end)
            }
        }
    }

    @unsafe private func append(
        base64 bytes: UnsafeRawBufferPointer, to end: inout UnsafeMutablePointer<UInt8>
    ) {
        // SAFETY: the caller made room; digits are looked up by six bits, bytes below their count.
        for byte in "base64:".utf8 { unsafe append(byte, to: &end) }
        var position = 0
        while position + 3 <= bytes.count {
            let (first, second, third) = unsafe (bytes[position], bytes[position + 1], bytes[position + 2])
            unsafe end[0] = base64Digits[Int(first >> 2)]
            unsafe end[1] = base64Digits[Int(first & 3) << 4 | Int(second >> 4)]
            unsafe end[2] = base64Digits[Int(second & 15) << 2 | Int(third >> 6)]
            unsafe end[3] = base64Digits[Int(third & 63)]
            unsafe (end += 4)
            position += 3
        }
        let left = bytes.count - position
        guard left > 0 else { return }
        let first = unsafe bytes[position]
        let second = left > 1 ? unsafe bytes[position + 1] : 0
        unsafe append(base64Digits[Int(first >> 2)], to: &end)
        unsafe append(base64Digits[Int(first & 3) << 4 | Int(second >> 4)], to: &end)
        unsafe append(left > 1 ? base64Digits[Int(second & 15) << 2] : UInt8(ascii: "="), to: &end)
        unsafe append(UInt8(ascii: "="), to: &end)
    }

    @inline(__always)
    @unsafe private func append(_ byte: UInt8, to end: inout UnsafeMutablePointer<UInt8>) {
        unsafe end.pointee = byte
        unsafe (end += 1)
    }

    /// Copies block by block, which is faster than `memmove` for texts this short.
    @inline(__always)
    @unsafe private func append(
        _ text: [UInt8], _ range: Range<Int>, to end: inout UnsafeMutablePointer<UInt8>
    ) {
        precondition(range.upperBound + paddedBlock <= text.count)
        // SAFETY: the last block may reach beyond `range`, by less than a block, which `text` has as padding; the
        // caller made as much room beyond what counts.
        unsafe text.withUnsafeBytes { source in
            let target = UnsafeMutableRawPointer(end)
            var copied = 0
            while copied < range.count {
                let block = unsafe source.loadUnaligned(
                    fromByteOffset: range.lowerBound + copied, as: SIMD16<UInt8>.self)
                unsafe target.storeBytes(of: block, toByteOffset: copied, as: SIMD16<UInt8>.self)
                copied += paddedBlock
            }
        }
        unsafe (end += range.count)
    }

    @inline(__always)
    @unsafe private func append(decimal value: UInt64, to end: inout UnsafeMutablePointer<UInt8>) {
        // SAFETY: the caller made room for 20 digits; pairs are looked up below 100.
        var rest = value
        let digitCount = decimalDigitCount(value)
        var place = unsafe end + digitCount
        while rest >= 100 {
            let quotient = rest / 100
            let pair = Int(truncatingIfNeeded: rest - quotient * 100)
            unsafe (place -= 2)
            unsafe place[0] = digitPairs[2 * pair]
            unsafe place[1] = digitPairs[2 * pair + 1]
            rest = quotient
        }
        if rest >= 10 {
            unsafe place[-2] = digitPairs[2 * Int(rest)]
            unsafe place[-1] = digitPairs[2 * Int(rest) + 1]
        } else {
            unsafe place[-1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)
        }
        unsafe (end += digitCount)
    }
}

/// Whether `bytes` stand in a reference set as they are: ASCII, but for a text that looks like base64 and would be
/// decoded.
func isPlainText(_ bytes: Bytes) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
        // SAFETY: positions lie below the count; integers have no invalid patterns.
        var position = 0
        while position + 8 <= bytes.count {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { return false }
            position += 8
        }
        while position < bytes.count {
            if unsafe bytes[position] >= 0x80 { return false }
            position += 1
        }
        return unsafe !bytes.starts(with: "base64:".utf8)
    }
}

/// Bytes by which texts are padded that the hot loop copies in blocks.
let paddedBlock = 16

@inline(__always)
private func decimalDigitCount(_ value: UInt64) -> Int {
    if value < 10_000 { return value < 100 ? (value < 10 ? 1 : 2) : (value < 1_000 ? 3 : 4) }
    if value < 100_000_000 {
        return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : (value < 10_000_000 ? 7 : 8)
    }
    return 8 + decimalDigitCount(large: value / 100_000_000)
}

@inline(__always)
private func decimalDigitCount(large value: UInt64) -> Int {
    var count = 1
    var rest = value
    while rest >= 10 {
        rest /= 10
        count += 1
    }
    return count
}

extension [UInt8] {
    /// A copy of `text` from `start` on.
    init(copying text: Span<UInt8>, from start: Int = 0) {
        // SAFETY: the buffer is used during the call only.
        self = unsafe text.withUnsafeBufferPointer { unsafe Array($0[start...]) }
    }
}
