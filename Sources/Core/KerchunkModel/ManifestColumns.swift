// SPDX-License-Identifier: Apache-2.0
// The memory of a manifest, and the codes that its columns use. Only this file, `ManifestRows` and the C ABI
// know them.

import Glibc
package import KerchunkBytes

/// Three columns of equal length, 20 bytes a row.
// A class because manifests, their slices and views from outside share one allocation, freed with the last
// of them.
// SAFETY: `ManifestRows` wrote the memory and gave it away; from then on it is only read.
@usableFromInline @safe package final class ManifestColumns: @unchecked Sendable {
    /// `sources` where a chunk is missing.
    @inlinable package static var missing: UInt32 { 0 }
    /// `sources` where bytes are inline; `offsets` then holds the row of `inline`.
    @inlinable package static var inlineBytes: UInt32 { 0xFFFF_FFFF }
    /// `lengths` where a chunk is a whole file.
    @inlinable package static var wholeFile: UInt64 { .max }

    /// Row of the source table + 1, or one of the codes above.
    @usableFromInline package let sources: UnsafeMutablePointer<UInt32>
    /// Bytes from the start of the source.
    @usableFromInline package let offsets: UnsafeMutablePointer<UInt64>
    /// Bytes.
    @usableFromInline package let lengths: UnsafeMutablePointer<UInt64>
    @usableFromInline package let capacity: Int
    /// Positions of the rows, ascending; nil for dense columns.
    @usableFromInline package let positions: [UInt64]?
    package let inline: [Bytes]

    /// - Parameters: columns of `capacity` rows, allocated with `malloc`; they are freed with the last user.
    @unsafe init(
        sources: UnsafeMutablePointer<UInt32>, offsets: UnsafeMutablePointer<UInt64>,
        lengths: UnsafeMutablePointer<UInt64>, capacity: Int, positions: [UInt64]?, inline: [Bytes]
    ) {
        unsafe self.sources = sources
        unsafe self.offsets = offsets
        unsafe self.lengths = lengths
        self.capacity = capacity
        self.positions = positions
        self.inline = inline
    }

    deinit {
        unsafe free(sources)
        unsafe free(offsets)
        unsafe free(lengths)
    }

    /// Bytes, inline ones included.
    package var memorySize: Int {
        capacity * 20 + (positions?.count ?? 0) * 8
            + inline.reduce(0) { $0 + $1.count + MemoryLayout<Bytes>.stride }
    }

    /// A row as hot loops want it.
    @frozen @usableFromInline package enum Kind {
        case missing
        case range(SourceIndex, offset: UInt64, length: UInt64)
        case other
    }

    @inlinable package func kind(row: Int) -> Kind {
        precondition(row >= 0 && row < capacity)
        let source = unsafe sources[row]
        if source == Self.missing { return .missing }
        let length = unsafe lengths[row]
        if source == Self.inlineBytes || length == Self.wholeFile { return .other }
        return unsafe .range(SourceIndex(row: source - 1), offset: offsets[row], length: length)
    }

    @inlinable package func isPresent(row: Int) -> Bool {
        precondition(row >= 0 && row < capacity)
        return unsafe sources[row] != Self.missing
    }

    @usableFromInline package func location(row: Int) -> ChunkLocation {
        precondition(row >= 0 && row < capacity)
        switch unsafe sources[row] {
        case Self.missing: return .missing
        case Self.inlineBytes: return unsafe .inline(inline[Int(offsets[row])])
        case let source:
            let index = SourceIndex(row: source - 1)
            let length = unsafe lengths[row]
            if length == Self.wholeFile { return .wholeFile(index) }
            let offset = unsafe offsets[row]
            return .range(index, ByteRange(offset..<offset + length))
        }
    }
}
