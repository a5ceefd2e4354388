// SPDX-License-Identifier: Apache-2.0
// Memory for columns and tables that grow large.

import Glibc

/// Zero memory that the system hands out page by page as it is touched, so that a large empty column costs nothing; it
/// belongs to the caller, who gives it back with `free`.
/// - Parameter inLargePages: where nearly all of it will be used: a page fault for 2 MiB, not for each 4 KiB, and fewer
///   misses when places far from each other are used.
package func zeroedMemory<T: FixedWidthInteger>(
    _ count: Int, inLargePages: Bool
) -> UnsafeMutablePointer<T> {
    let size = count * MemoryLayout<T>.stride
    let largePage = 2 << 20
    var large: UnsafeMutableRawPointer?
    if inLargePages, size >= largePage, unsafe posix_memalign(&large, largePage, size) == 0,
        let large = unsafe large
    {
        // SAFETY: `size` bytes were allocated; the advice changes only how they are mapped.
        unsafe madvise(large, size, Int32(MADV_HUGEPAGE))
        unsafe memset(large, 0, size)
        return unsafe large.bindMemory(to: T.self, capacity: count)
    }
    guard let memory = unsafe calloc(max(count, 1), MemoryLayout<T>.stride) else {
        // As the runtime does where an array cannot grow.
        let text: StaticString = "Fatal error: failed to allocate memory for columns\n"
        unsafe _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
        abort()
    }
    return unsafe memory.bindMemory(to: T.self, capacity: max(count, 1))
}

extension Bytes {
    /// `count` zero bytes, which `fill` may change; nil where there is no memory for them. For sizes that others name.
    @unsafe package static func zeroed<E: Error>(
        count: Int, fillingWith fill: (UnsafeMutableRawBufferPointer) throws(E) -> Void
    ) throws(E) -> Bytes? {
        guard count > 0 else {
            try unsafe fill(UnsafeMutableRawBufferPointer(start: nil, count: 0))
            return Bytes()
        }
        guard let start = unsafe calloc(count, 1) else { return nil }
        // SAFETY: the memory has one owner, who only frees it.
        let memory = unsafe OwnedMemory(pointer: start)
        let bytes = unsafe Bytes(
            borrowing: UnsafeRawBufferPointer(start: start, count: count),
            release: { unsafe free(memory.pointer) })
        try unsafe fill(UnsafeMutableRawBufferPointer(start: start, count: count))
        return bytes
    }
}

// SAFETY: nobody but the owner of the memory has it, and only to free it.
@unsafe private struct OwnedMemory: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
}
