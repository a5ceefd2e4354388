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
        preconditionFailure("no memory for \(size) bytes")
    }
    return unsafe memory.bindMemory(to: T.self, capacity: max(count, 1))
}
