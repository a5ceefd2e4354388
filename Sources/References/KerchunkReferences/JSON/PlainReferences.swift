// SPDX-License-Identifier: Apache-2.0
// The hot loop over references that are written as nearly all are: the same array, a URL that is known, a range.
// Reads through pointers; `reach` bounds what one round may read.

import KerchunkBytes
import KerchunkModel

/// What a run of plain references has in common.
struct PlainReferences {
    /// What the key of each chunk starts with, as it stands in the text, with its slash and, in Zarr v3, the `c/`.
    let keyStart: [UInt8]
    let separator: UInt8
    let gridShape: [UInt64]
    /// The URL as it stands in the text, between its quotation marks.
    let url: [UInt8]
    let source: SourceIndex

    /// White space between two tokens that the loop passes over; where there is more, others read on.
    private static let longestSpace = 40
    /// Digits of a number; longer ones might not fit into 64 bits.
    private static let longestNumber = 18

    /// Bytes that a member may take, and that must be there for the loop to look at it.
    private var reach: Int {
        keyStart.count + url.count + (gridShape.count + 2) * (Self.longestNumber + 2) + 8 * Self.longestSpace
    }

    /// Places members of an object as long as they have this form.
    /// - Parameters:
    ///   - text: an object's members.
    ///   - start: place in `text` behind a member, where a comma follows if there is another one.
    /// - Returns: the place behind the last member that was placed.
    func place(_ text: Span<UInt8>, from start: Int, in builder: inout ManifestBuilder) -> Int {
        let end = text.count - reach
        guard end > start else { return start }
        return unsafe text.withUnsafeBufferPointer { text in
            unsafe keyStart.withUnsafeBufferPointer { keyStart in
                unsafe url.withUnsafeBufferPointer { url in
                    unsafe gridShape.withUnsafeBufferPointer { gridShape in
                        // SAFETY: each round reads less than `reach` bytes from its start, which lies before `end`:
                        // every step below is bounded by what `reach` sums up.
                        var cursor = unsafe Cursor(start: text.baseAddress, place: start)
                        var placed = start
                        while placed < end {
                            guard
                                unsafe placeOne(&cursor, keyStart, url, gridShape, in: &builder)
                            else { break }
                            placed = unsafe cursor.place
                        }
                        return placed
                    }
                }
            }
        }
    }

    @inline(__always)
    @unsafe private func placeOne(
        _ cursor: inout Cursor, _ keyStart: UnsafeBufferPointer<UInt8>, _ url: UnsafeBufferPointer<UInt8>,
        _ gridShape: UnsafeBufferPointer<UInt64>, in builder: inout ManifestBuilder
    ) -> Bool {
        guard unsafe cursor.take(UInt8(ascii: ",")), unsafe cursor.skipSpace(),
            unsafe cursor.take(UInt8(ascii: "\"")), unsafe cursor.take(keyStart)
        else { return false }
        var position: UInt64 = 0
        if gridShape.isEmpty {
            guard unsafe cursor.take(UInt8(ascii: "0")) else { return false }
        }
        for axis in 0..<gridShape.count {
            if axis > 0, unsafe !cursor.take(separator) { return false }
            guard let index = unsafe cursor.number(), unsafe index < gridShape[axis] else { return false }
            // The number of positions fits, and so does each of them.
            position = unsafe position &* gridShape[axis] &+ index
        }
        guard unsafe cursor.take(UInt8(ascii: "\"")), unsafe cursor.take(UInt8(ascii: ":")),
            unsafe cursor.skipSpace(), unsafe cursor.take(UInt8(ascii: "[")), unsafe cursor.skipSpace(),
            unsafe cursor.take(UInt8(ascii: "\"")), unsafe cursor.take(url),
            unsafe cursor.take(UInt8(ascii: "\"")), unsafe cursor.take(UInt8(ascii: ",")),
            unsafe cursor.skipSpace(), let offset = unsafe cursor.number(),
            unsafe cursor.take(UInt8(ascii: ",")), unsafe cursor.skipSpace(),
            let length = unsafe cursor.number(), unsafe cursor.skipSpace(),
            unsafe cursor.take(UInt8(ascii: "]"))
        else { return false }
        builder.set(position, source: source, offset: offset, length: length)
        return true
    }

    /// A place in text that is known to reach far enough.
    @unsafe private struct Cursor {
        let start: UnsafePointer<UInt8>
        var place: Int

        init(start: UnsafePointer<UInt8>?, place: Int) {
            // SAFETY: only empty spans have no address, and they are not gone through.
            unsafe self.start = unsafe start.unsafelyUnwrapped
            unsafe self.place = place
        }

        @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
            guard unsafe start[place] == byte else { return false }
            unsafe place += 1
            return true
        }

        @inline(__always) mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
            let here = unsafe UnsafeRawPointer(start) + place
            var compared = 0
            // SAFETY: blocks lie inside `bytes`, and the text reaches as far.
            while compared + 8 <= bytes.count {
                guard
                    unsafe here.loadUnaligned(fromByteOffset: compared, as: UInt64.self)
                        == UnsafeRawBufferPointer(bytes).loadUnaligned(
                            fromByteOffset: compared, as: UInt64.self)
                else { return false }
                compared += 8
            }
            while compared < bytes.count {
                guard unsafe start[place + compared] == bytes[compared] else { return false }
                compared += 1
            }
            unsafe place += bytes.count
            return true
        }

        @inline(__always) mutating func skipSpace() -> Bool {
            if unsafe start[place] > 0x20 { return true }
            let first = unsafe place
            while unsafe start[place] == 0x20 || start[place] == 0x0A || start[place] == 0x0D
                || start[place] == 0x09
            {
                unsafe place += 1
                if unsafe place - first == PlainReferences.longestSpace { return false }
            }
            return true
        }

        /// Decimal digits; nil where there are none, too many, or a zero in front.
        @inline(__always) mutating func number() -> UInt64? {
            var digit = unsafe start[place] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            var value = UInt64(digit)
            unsafe place += 1
            var count = 1
            while true {
                digit = unsafe start[place] &- UInt8(ascii: "0")
                guard digit < 10 else { return value }
                count += 1
                guard value > 0, count <= PlainReferences.longestNumber else { return nil }
                value = value &* 10 &+ UInt64(digit)
                unsafe place += 1
            }
        }
    }
}
