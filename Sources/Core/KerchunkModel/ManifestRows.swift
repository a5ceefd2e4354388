// SPDX-License-Identifier: Apache-2.0
// The memory of a manifest while it is filled.

import Glibc
import KerchunkBytes

/// Three columns of equal length that grow and can be written; they become `ManifestColumns`.
///
/// A struct of plain pointers, since a class would pay for each access while a million chunks are placed.
// SAFETY: the pointers are owned by this value alone, which cannot be copied; each has `capacity` elements.
@usableFromInline @safe package struct ManifestRows: ~Copyable {
    @usableFromInline package private(set) var capacity: Int
    @usableFromInline private(set) var sources: UnsafeMutablePointer<UInt32>
    @usableFromInline private(set) var offsets: UnsafeMutablePointer<UInt64>
    @usableFromInline private(set) var lengths: UnsafeMutablePointer<UInt64>

    /// Rows of missing chunks.
    /// - Parameter isFull: whether nearly all rows will be set, so that large pages of memory save time.
    init(capacity: Int, isFull: Bool) {
        self.capacity = capacity
        unsafe sources = zeroedMemory(capacity, inLargePages: isFull)
        unsafe offsets = zeroedMemory(capacity, inLargePages: isFull)
        unsafe lengths = zeroedMemory(capacity, inLargePages: isFull)
    }

    deinit {
        unsafe free(sources)
        unsafe free(offsets)
        unsafe free(lengths)
    }

    @inlinable func isPresent(row: Int) -> Bool {
        precondition(row >= 0 && row < capacity)
        return unsafe sources[row] != ManifestColumns.missing
    }

    @inlinable mutating func set(row: Int, source: SourceIndex, offset: UInt64, length: UInt64) {
        precondition(row >= 0 && row < capacity)
        unsafe sources[row] = source.row + 1
        unsafe offsets[row] = offset
        unsafe lengths[row] = length
    }

    /// - Parameter inline: the side table, which inline bytes are added to.
    mutating func set(row: Int, _ location: ChunkLocation, inline: inout [Bytes]) {
        precondition(row >= 0 && row < capacity)
        switch location {
        case .missing: unsafe sources[row] = ManifestColumns.missing
        case .wholeFile(let source):
            unsafe sources[row] = source.row + 1
            unsafe lengths[row] = ManifestColumns.wholeFile
        case .range(let source, let range):
            set(row: row, source: source, offset: range.offset, length: range.count)
        case .inline(let bytes):
            unsafe sources[row] = ManifestColumns.inlineBytes
            unsafe offsets[row] = UInt64(inline.count)
            unsafe lengths[row] = UInt64(bytes.count)
            inline.append(bytes)
        }
    }

    /// Makes room for `capacity` rows; what the new ones hold is to be set.
    mutating func grow(to capacity: Int) {
        precondition(capacity >= self.capacity)
        unsafe sources = resized(sources, capacity)
        unsafe offsets = resized(offsets, capacity)
        unsafe lengths = resized(lengths, capacity)
        self.capacity = capacity
    }

    /// Reorders the rows so that row `i` holds what row `order[i]` held; rows behind those of `order` are dropped.
    mutating func gather(_ order: [Int]) {
        precondition(order.allSatisfy { $0 >= 0 && $0 < capacity })
        // One column after the other, so that only one is in memory twice.
        unsafe sources = gathered(sources, order)
        unsafe offsets = gathered(offsets, order)
        unsafe lengths = gathered(lengths, order)
        capacity = order.count
    }

    /// The same memory to be read only.
    /// - Parameter positions: of the first rows, ascending; nil for dense columns.
    consuming func columns(positions: [UInt64]?, inline: [Bytes]) -> ManifestColumns {
        let columns = unsafe ManifestColumns(
            sources: sources, offsets: offsets, lengths: lengths, capacity: positions?.count ?? capacity,
            positions: positions, inline: inline)
        // SAFETY: the columns own the memory now, so it must not be freed here.
        discard self
        return columns
    }
}

private func resized<T: FixedWidthInteger>(_ memory: UnsafeMutablePointer<T>, _ count: Int)
    -> UnsafeMutablePointer<T>
{
    guard let moved = unsafe realloc(memory, max(count, 1) * MemoryLayout<T>.stride) else {
        preconditionFailure("not enough memory for a manifest of \(counted(count, "chunk"))")
    }
    return unsafe moved.bindMemory(to: T.self, capacity: max(count, 1))
}

/// The elements of `memory` that `order` names, in new memory; the old one is freed.
private func gathered<T: FixedWidthInteger>(
    _ memory: UnsafeMutablePointer<T>, _ order: [Int]
) -> UnsafeMutablePointer<T> {
    let new: UnsafeMutablePointer<T> = unsafe zeroedMemory(order.count, inLargePages: false)
    // SAFETY: the caller has checked that `order` names elements of `memory`; `new` has room for all of them.
    for index in order.indices { unsafe new[index] = memory[order[index]] }
    unsafe free(memory)
    return unsafe new
}
