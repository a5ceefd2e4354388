// SPDX-License-Identifier: Apache-2.0
// The elements of fixed and extensible arrays, each the place of one chunk.
// Spec: HDF5 File Format Specification 3.0, VII "Appendix C: Types of Indexes for Dataset Chunks", "Fixed
// Array Data Block Elements", "Extensible Array Data Block Elements".

import KerchunkBytes
import KerchunkModel

/// How an array stores the place of a chunk.
struct ChunkElementFormat: Sendable {
    /// Bytes of an element.
    let size: Int
    /// Bytes of the stored size of a chunk; nil where chunks are not filtered and an element is only an
    /// address.
    let storedSizeWidth: Int?

    /// - Parameters:
    ///   - clientID: 0 for unfiltered chunks, 1 for filtered ones.
    ///   - size: bytes of an element, as the array's header says.
    init(clientID: UInt8, size: Int, sizes: FieldSizes, in cursor: borrowing ByteCursor) throws(ParseError) {
        self.size = size
        switch clientID {
        case 0:
            guard size == sizes.offset else {
                throw cursor.error("elements of \(size) bytes, but an address has \(sizes.offset)")
            }
            storedSizeWidth = nil
        case 1:
            // HDF5 2.0 writes sizes of the file's length width, older ones just what the chunk size needs.
            let width = size - sizes.offset - 4
            guard (1...8).contains(width) else {
                throw cursor.error("elements of \(size) bytes for filtered chunks")
            }
            storedSizeWidth = width
        default: throw cursor.error("client \(clientID), expected 0 or 1 (dataset chunks)")
        }
    }
}

extension ChunkCollector {
    /// Places the chunks of `count` elements.
    /// - Parameter first: the number of the first of them.
    mutating func placeElements(
        parsing cursor: inout ByteCursor, count: Int, from first: UInt64, format: ChunkElementFormat,
        numbering: ChunkNumbering, sizes: FieldSizes
    ) throws(ParseError) {
        var runs = numbering.runs(from: first)
        var left = count
        while left > 0 {
            let run = runs.next(limit: left)
            left -= run.inside + run.outside
            var position = run.position
            for _ in 0..<run.inside {
                if let address = try cursor.address(sizes) {
                    var storedSize = chunkSize
                    var filterMask: UInt32 = 0
                    if let width = format.storedSizeWidth {
                        storedSize = try cursor.uint(width: width)
                        filterMask = try cursor.uint32()
                    }
                    try place(at: position, address: address, storedSize: storedSize, filterMask: filterMask)
                } else {
                    try cursor.skip(format.size - sizes.offset)
                }
                position &+= run.step  // beyond the grid only after its last chunk
            }
            for _ in 0..<run.outside {
                if try cursor.address(sizes) != nil { outsideCount += 1 }
                try cursor.skip(format.size - sizes.offset)
            }
        }
    }
}
