// SPDX-License-Identifier: Apache-2.0
// Text on its way to an output, and the hot loop that writes references into it.
// The one file of this module that writes through pointers.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Collects text and hands it to an output in pieces of about 1 MiB.
// SAFETY: both allocations belong to this value alone, are made in `init` and freed in `deinit`.
@safe struct TextBuffer: ~Copyable {
    private let output: any Upload
    private let memory: UnsafeMutablePointer<UInt8>
    /// The two digits of 0 to 99, behind each other.
    private let digitPairs: UnsafeMutablePointer<UInt8>
    private var count = 0
    private static let capacity = 1 << 20

    init(to output: any Upload) {
        self.output = output
        unsafe memory = .allocate(capacity: Self.capacity)
        unsafe digitPairs = .allocate(capacity: 200)
        for pair in 0..<100 {
            unsafe digitPairs[2 * pair] = UInt8(ascii: "0") + UInt8(pair / 10)
            unsafe digitPairs[2 * pair + 1] = UInt8(ascii: "0") + UInt8(pair % 10)
        }
    }

    deinit {
        unsafe memory.deallocate()
        unsafe digitPairs.deallocate()
    }

    /// Hands over what is there.
    mutating func flush() throws {
        let filled = count
        count = 0
        // SAFETY: the first `filled` bytes were written; the span ends with the call.
        try unsafe output.write(RawSpan(_unsafeStart: memory, byteCount: filled))
    }

    mutating func write(_ text: [UInt8]) throws {
        if text.count > Self.capacity - count { try flush() }
        if text.count > Self.capacity {
            try output.write(text)
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
        let numbers = 3 * 20 + 4 + 2 * paddedBlock
        for row in manifest.window {
            switch columns.kind(row: row) {
            case .missing: continue
            case .other: try writeOther(&self, start + manifest.position(ofRow: row), columns.location(row: row))
            case .range(let source, let offset, let length):
                let position = start + manifest.position(ofRow: row)
                if !keys.line.contains(position) { keys.move(to: position) }
                let piece = pieces[source]
                let needed = keys.textCount + piece.count + numbers
                if needed > Self.capacity - count {
                    try flush()
                    guard needed <= Self.capacity else {
                        throw KerchunkError(.output, "a key or URL of \(needed) bytes is too long for a reference")
                    }
                }
                // SAFETY: the parts together take at most `needed` bytes, for which there is room; both texts are
                // padded by a block.
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

    @inline(__always)
    @unsafe private func append(_ byte: UInt8, to end: inout UnsafeMutablePointer<UInt8>) {
        unsafe end.pointee = byte
        unsafe (end += 1)
    }

    /// Copies block by block, which is faster than `memmove` for texts this short.
    @inline(__always)
    @unsafe private func append(_ text: [UInt8], _ range: Range<Int>, to end: inout UnsafeMutablePointer<UInt8>) {
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
