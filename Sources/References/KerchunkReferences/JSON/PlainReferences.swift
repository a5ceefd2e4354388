// SPDX-License-Identifier: Apache-2.0
// The hot loop over references that are written as nearly all are: the same array, a URL that is known, a range.
// Reads through pointers; `reach` bounds what one round may read.

import KerchunkBytes
import KerchunkModel

/// A URL as it stands in the text, between its quotation marks.
struct KnownURL {
    private(set) var text: [UInt8]
    /// Where it stands in the text at hand, if it does; `text` is of an earlier one then.
    fileprivate var place: Range<Int>?
    fileprivate(set) var source: SourceIndex

    init(text: [UInt8], source: SourceIndex) {
        self.text = text
        self.source = source
    }

    /// Makes it hold without `text`, which it may stand in.
    mutating func detach(from text: Span<UInt8>) {
        guard let place else { return }
        self.text.removeAll(keepingCapacity: true)
        for position in place { self.text.append(text[position]) }
        self.place = nil
    }
}

/// What the plain references of an array have in common.
struct PlainReferences {
    /// What the key of each chunk starts with, as it stands in the text, with its slash and, in Zarr v3, the `c/`.
    let keyStart: [UInt8]
    let separator: UInt8
    let gridShape: [UInt64]

    /// White space between two tokens that the loop passes over; where there is more, others read on.
    fileprivate static let longestSpace = 40
    /// Digits of a number; longer ones might not fit into 64 bits.
    fileprivate static let longestNumber = 18
    fileprivate static let longestURL = 2048

    /// Bytes that a member may take, and that must be there for the loop to look at it.
    private var reach: Int {
        keyStart.count + Self.longestURL + (gridShape.count + 2) * (Self.longestNumber + 2)
            + 8 * Self.longestSpace + 16
    }

    /// Places members of an object as long as they have this form.
    /// - Parameters:
    ///   - text: an object's members.
    ///   - start: place in `text` behind a member, where a comma follows if there is another one.
    ///   - latest: the URL that most likely comes next; made the last one that came.
    ///   - texts: the sources that other URLs mean.
    /// - Returns: the place behind the last member that was placed.
    func place(
        _ text: Span<UInt8>, from start: Int, in builder: inout ManifestBuilder, latest: inout KnownURL,
        texts: inout SourceTexts
    ) -> Int {
        let end = text.count - reach
        guard end > start else { return start }
        let known = latest.text
        return unsafe text.withUnsafeBufferPointer { memory in
            unsafe keyStart.withUnsafeBufferPointer { keyStart in
                unsafe gridShape.withUnsafeBufferPointer { gridShape in
                    unsafe known.withUnsafeBufferPointer { known in
                        // SAFETY: each round reads less than `reach` bytes from its start, which lies before `end`:
                        // every step below is bounded by what `reach` sums up.
                        var cursor = unsafe Cursor(start: memory.baseAddress, place: start)
                        var url =
                            unsafe latest.place.map {
                                unsafe UnsafeBufferPointer(rebasing: memory[$0])
                            } ?? known
                        var placed = start
                        while placed < end,
                            unsafe placeOne(
                                &cursor, keyStart, &url, gridShape, in: &builder, latest: &latest, &texts,
                                text)
                        {
                            placed = unsafe cursor.place
                        }
                        return placed
                    }
                }
            }
        }
    }

    /// - Parameters:
    ///   - url: the text of `latest`; both are changed where the member has another one.
    @inline(__always)
    @unsafe private func placeOne(
        _ cursor: inout Cursor, _ keyStart: UnsafeBufferPointer<UInt8>,
        _ url: inout UnsafeBufferPointer<UInt8>, _ gridShape: UnsafeBufferPointer<UInt64>,
        in builder: inout ManifestBuilder, latest: inout KnownURL, _ texts: inout SourceTexts,
        _ text: Span<UInt8>
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
            unsafe cursor.take(UInt8(ascii: "\""))
        else { return false }
        let urlStart = unsafe cursor.place
        if unsafe !(cursor.take(url) && cursor.take(UInt8(ascii: "\""))) {
            unsafe cursor.place = urlStart
            guard let (length, form) = unsafe cursor.url() else { return false }
            let place = urlStart..<urlStart + length
            guard let source = texts.source(of: text, place, form) else { return false }
            latest.place = place
            latest.source = source
            unsafe url = UnsafeBufferPointer(start: cursor.start + urlStart, count: length)
            unsafe cursor.place += length + 1
        }
        guard unsafe cursor.take(UInt8(ascii: ",")),
            unsafe cursor.skipSpace(), let offset = unsafe cursor.number(),
            unsafe cursor.take(UInt8(ascii: ",")), unsafe cursor.skipSpace(),
            let length = unsafe cursor.number(), unsafe cursor.skipSpace(),
            unsafe cursor.take(UInt8(ascii: "]"))
        else { return false }
        builder.set(position, source: latest.source, offset: offset, length: length)
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

        /// The bytes up to the closing quotation mark, and their form; nil where it is too far, or escapes come before.
        @inline(__always) func url() -> (length: Int, SourceTexts.Form)? {
            let ones: UInt64 = 0x0101_0101_0101_0101
            let highBits: UInt64 = 0x8080_8080_8080_8080
            var stops: UInt64 = 0
            var braces: UInt64 = 0
            var others: UInt64 = 0
            var length = 0
            while length < PlainReferences.longestURL {
                // SAFETY: `reach` counts the longest URL and a block behind it.
                let bytes = unsafe UnsafeRawPointer(start).loadUnaligned(
                    fromByteOffset: place + length, as: UInt64.self
                ).littleEndian
                // Wrapping arithmetic marks zero bytes; false marks lie only behind a true one.
                let quote = bytes ^ (ones &* UInt64(UInt8(ascii: "\"")))
                let backslash = bytes ^ (ones &* UInt64(UInt8(ascii: "\\")))
                let brace = bytes ^ (ones &* UInt64(UInt8(ascii: "{")))
                let end = (quote &- ones) & ~quote & highBits
                let before = end == 0 ? highBits : highBits & ((end & (0 &- end)) &- 1)
                stops |=
                    (((backslash &- ones) & ~backslash) | ((bytes &- ones &* 0x20) & ~bytes)) & before
                braces |= (brace &- ones) & ~brace & before
                others |= bytes & before
                if end != 0 {
                    guard stops == 0 else { return nil }
                    let form: SourceTexts.Form = others != 0 ? .other : braces != 0 ? .braced : .plain
                    return (length + end.trailingZeroBitCount / 8, form)
                }
                length += 8
            }
            return nil
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
