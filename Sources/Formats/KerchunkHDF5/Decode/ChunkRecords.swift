// SPDX-License-Identifier: Apache-2.0
// The records of version 2 B-trees that list chunks: datasets with several unlimited axes.
// Spec: HDF5 File Format Specification 3.0, III.A.2, record types 10 and 11.

import KerchunkBytes

extension ChunkCollector {
    /// Places the chunks of `count` records.
    /// - Parameter storedSizeWidth: bytes of the stored size; nil for records of type 10, which have
    ///   neither size nor mask.
    mutating func placeRecords(
        parsing cursor: inout ByteCursor, count: Int, storedSizeWidth: Int?, sizes: FieldSizes
    ) throws(ParseError) {
        let axes = axes
        for _ in 0..<count {
            let address = try cursor.address(sizes)
            var storedSize = chunkSize
            var filterMask: UInt32 = 0
            if let storedSizeWidth {
                storedSize = try cursor.uint(width: storedSizeWidth)
                filterMask = try cursor.uint32()
            }
            var position: UInt64 = 0
            var isInside = true
            for axis in axes {
                let index = try cursor.uint64()
                // No overflow: `index` lies on the grid, whose positions fit.
                if index < axis.count { position &+= index &* axis.stride } else { isInside = false }
            }
            guard let address else { continue }
            if isInside {
                try place(at: position, address: address, storedSize: storedSize, filterMask: filterMask)
            } else {
                outsideCount += 1
            }
        }
    }
}
