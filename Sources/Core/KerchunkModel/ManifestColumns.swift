// SPDX-License-Identifier: Apache-2.0
// The memory of a manifest, and the codes that its columns use. Only this file, the builder and the C ABI know them.

import Glibc
package import KerchunkBytes

/// Three columns of equal length, 20 bytes a row.
// A class because manifests, their slices and views from outside share one allocation, freed with the last of them.
// SAFETY: written only by the one `ManifestBuilder` that made it, before it is shared; then only read.
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
    @usableFromInline package internal(set) var positions: [UInt64]?
    package internal(set) var inline: [Bytes] = []

    /// Columns of missing chunks.
    package init(capacity: Int) {
        self.capacity = capacity
        unsafe sources = zeroed(capacity)
        unsafe offsets = zeroed(capacity)
        unsafe lengths = zeroed(capacity)
    }

    deinit {
        unsafe free(sources)
        unsafe free(offsets)
        unsafe free(lengths)
    }

    /// Makes the columns sparse. Called before they are shared.
    /// - Parameter positions: ascending, one a row.
    package func setPositions(_ positions: [UInt64]) {
        precondition(positions.count == capacity)
        self.positions = positions
    }

    /// Bytes, inline ones included.
    package var memorySize: Int {
        capacity * 20 + (positions?.count ?? 0) * 8
            + inline.reduce(0) { $0 + $1.count + MemoryLayout<Bytes>.stride }
    }

    package func set(row: Int, _ location: ChunkLocation) {
        precondition(row >= 0 && row < capacity)
        switch location {
        case .missing: unsafe sources[row] = Self.missing
        case .wholeFile(let source):
            unsafe sources[row] = source.row + 1
            unsafe lengths[row] = Self.wholeFile
        case .range(let source, let range): set(row: row, source: source, offset: range.offset, length: range.count)
        case .inline(let bytes):
            unsafe sources[row] = Self.inlineBytes
            unsafe offsets[row] = UInt64(inline.count)
            unsafe lengths[row] = UInt64(bytes.count)
            inline.append(bytes)
        }
    }

    @inline(__always)
    package func set(row: Int, source: SourceIndex, offset: UInt64, length: UInt64) {
        precondition(row >= 0 && row < capacity)
        unsafe sources[row] = source.row + 1
        unsafe offsets[row] = offset
        unsafe lengths[row] = length
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

    package func isPresent(row: Int) -> Bool {
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

/// Zero memory that the system hands out page by page as it is touched, so that a large empty column costs nothing.
private func zeroed<T: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<T> {
    guard let memory = unsafe calloc(max(count, 1), MemoryLayout<T>.stride) else {
        preconditionFailure("no memory for a manifest of \(count) chunks")
    }
    return unsafe memory.bindMemory(to: T.self, capacity: max(count, 1))
}
