// SPDX-License-Identifier: Apache-2.0
// How a dataset's elements are stored.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.i "The Data Layout Message".

import KerchunkBytes

/// Where the elements of a dataset are.
enum DataLayout: Hashable, Sendable {
    /// Inside the object header: `range` is their place in the file (base address already applied), where known.
    case compact(bytes: [UInt8])
    /// One run of bytes; nil where nothing was written. Size in bytes as the message gives it, where it does.
    case contiguous(address: Address, size: UInt64?)
    case chunked(ChunkedLayout)
    /// A global heap object lists the mappings; nil where there are none.
    case virtual(heap: GlobalHeapID?)
}

struct ChunkedLayout: Hashable, Sendable {
    /// Elements of a chunk along each axis, without the trailing axis of the element size.
    let chunkShape: [UInt64]
    /// Bytes of an element, from that trailing axis.
    let elementSize: UInt64
    /// "Do not filter partial edge chunks" (layout version 4, flag bit 0).
    let leavesPartialEdgesUnfiltered: Bool
    let index: ChunkIndex
}

/// The index structure that lists the chunks. Spec: IV.A.2.i, VII "Appendix C: Types of Indexes for Dataset Chunks".
enum ChunkIndex: Hashable, Sendable {
    case btreeV1(root: Address)
    /// One chunk that covers the dataset; `filteredSize` and `filterMask` only where it is filtered.
    case single(address: Address, filteredSize: UInt64?, filterMask: UInt32)
    /// All chunks behind each other, unfiltered.
    case implicit(address: Address)
    case fixedArray(header: Address)
    case extensibleArray(header: Address)
    case btreeV2(header: Address)
}

/// A global heap object. Spec: III.E "Disk Format: Level 1E - Global Heap".
struct GlobalHeapID: Hashable, Sendable {
    /// Relative to the superblock's base address.
    let collection: UInt64
    let index: UInt32
}
