// SPDX-License-Identifier: Apache-2.0
// The blocks of fractal heaps.
// Spec: HDF5 File Format Specification 3.0, III.F "Fractal Heap": direct block, indirect block.

import KerchunkBytes

extension FractalHeapHeader {
    /// Bytes of an indirect block with `rows` rows.
    func indirectBlockSize(rows: Int, sizes: FieldSizes) -> UInt64 {
        let direct = min(rows, table.directRows) * table.width
        let indirect = max(0, rows - table.directRows) * table.width
        let directEntry = sizes.offset + (filterLength > 0 ? sizes.length + 4 : 0)
        return UInt64(
            4 + 1 + sizes.offset + table.offsetWidth + direct * directEntry + indirect * sizes.offset + 4)
    }

    /// Bytes before the objects of a direct block.
    func directBlockPrefix(_ sizes: FieldSizes) -> Int {
        4 + 1 + sizes.offset + table.offsetWidth + (hasBlockChecksums ? 4 : 0)
    }
}

/// A block that lists further blocks.
struct FractalHeapIndirectBlock: Sendable {
    struct Child: Hashable, Sendable {
        let address: UInt64
        /// Only where the heap is filtered, and for direct blocks.
        let filtered: (size: UInt64, mask: UInt32)?

        static func == (one: Child, other: Child) -> Bool { one.address == other.address }
        func hash(into hasher: inout Hasher) { hasher.combine(address) }
    }

    /// Row by row; nil where no block was made yet.
    let children: [Child?]

    init(
        _ block: Bytes, at offset: UInt64, of heap: FractalHeapHeader, rows: Int, sizes: FieldSizes
    ) throws(ParseError) {
        try verifyChecksum(block, at: offset, in: "fractal heap indirect block")
        var cursor = ByteCursor(block.span, at: offset, in: "fractal heap indirect block")
        try cursor.expect("FHIB")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        try cursor.skip(sizes.offset + heap.table.offsetWidth)
        var children: [Child?] = []
        for row in 0..<rows {
            for _ in 0..<heap.table.width {
                let address = try cursor.address(sizes)
                var filtered: (size: UInt64, mask: UInt32)?
                if row < heap.table.directRows && heap.filterLength > 0 {
                    filtered = (try cursor.length(sizes), try cursor.uint32())
                }
                children.append(address.map { Child(address: $0, filtered: filtered) })
            }
        }
        self.children = children
    }
}

/// A block of objects.
struct FractalHeapDirectBlock: Sendable {
    /// The whole block: positions count from its first byte.
    let bytes: Bytes

    init(_ block: Bytes, at offset: UInt64, of heap: FractalHeapHeader, sizes: FieldSizes) throws(ParseError)
    {
        var cursor = ByteCursor(block.span, at: offset, in: "fractal heap direct block")
        try cursor.expect("FHDB")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        try cursor.skip(sizes.offset + heap.table.offsetWidth)
        if heap.hasBlockChecksums {
            // The checksum covers the whole block, with zeros in its own place.
            let position = cursor.position
            let stored = try cursor.uint32()
            var cleared = block.array
            for byte in position..<cursor.position { cleared[byte] = 0 }
            try compareChecksum(
                stored, with: lookup3(Bytes(cleared)), at: offset, in: "fractal heap direct block")
        }
        bytes = block
    }

    /// The object at `position` of the block.
    func object(at position: UInt64, length: UInt64, offset: UInt64) throws(ParseError) -> Bytes {
        guard let start = Int(exactly: position), let length = Int(exactly: length), start <= bytes.count,
            length <= bytes.count - start
        else {
            throw ParseError(
                "an object of \(length) bytes at position \(position) of \(bytes.count)",
                in: "fractal heap direct block", at: offset)
        }
        return bytes[start..<start + length]
    }
}
