// SPDX-License-Identifier: Apache-2.0
// Names of old-style groups.
// Spec: HDF5 File Format Specification 3.0, III.D "Disk Format: Level 1D - Local Heaps".

import KerchunkBytes

/// The header of a local heap; the data lies elsewhere.
struct LocalHeapHeader: Hashable, Sendable {
    let dataSize: UInt64
    let data: UInt64

    /// Bytes of the structure.
    static func size(_ sizes: FieldSizes) -> UInt64 { UInt64(8 + 2 * sizes.length + sizes.offset) }

    init(parsing cursor: inout ByteCursor, sizes: FieldSizes) throws(ParseError) {
        cursor.enter("local heap")
        try cursor.expect("HEAP")
        let version = try cursor.uint8()
        guard version == 0 else { throw cursor.error("version \(version), expected 0") }
        try cursor.skip(3)
        dataSize = try cursor.length(sizes)
        _ = try cursor.length(sizes)  // first free block
        data = try cursor.definedAddress(sizes, of: "data of the heap")
    }
}

/// The data of a local heap: texts that end with a NUL.
struct LocalHeap: Sendable {
    let data: Bytes
    /// Of the data, absolute.
    let offset: UInt64

    func text(at position: UInt64) throws(ParseError) -> FileText {
        guard let start = Int(exactly: position), start < data.count else {
            throw ParseError(
                "a name at position \(position) of \(data.count) bytes", in: "local heap", at: offset)
        }
        return try data[start..<data.count].parse(at: offset &+ position, in: "local heap") {
            cursor throws(ParseError) in
            try cursor.nullTerminatedText()
        }
    }
}
