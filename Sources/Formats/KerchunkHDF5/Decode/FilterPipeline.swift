// SPDX-License-Identifier: Apache-2.0
// The filters that chunks went through.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.l "The Data Storage - Filter Pipeline Message".

import KerchunkBytes

/// One filter, in the order in which they were applied when writing.
struct Filter: Hashable, Sendable {
    /// As registered with The HDF Group: 1 deflate, 2 shuffle, 3 fletcher32, 4 szip, 5 nbit, 6
    /// scale-offset, …
    let id: UInt16
    let name: String?
    let isOptional: Bool
    let clientData: [UInt32]
}

enum FilterPipelineMessage {
    /// The filters of a dataset, in the order in which they were applied when writing.
    static func parse(_ cursor: inout ByteCursor) throws(ParseError) -> [Filter] {
        cursor.enter("filter pipeline message")
        let version = try cursor.uint8()
        guard version == 1 || version == 2 else {
            throw cursor.error("version \(version), expected 1 or 2")
        }
        let count = try cursor.count(width: 1, limit: 32, of: "filters")
        if version == 1 { try cursor.skip(6) }
        var filters: [Filter] = []
        for _ in 0..<count { filters.append(try Filter(parsing: &cursor, version: version)) }
        return filters
    }
}

extension Filter {
    fileprivate init(parsing cursor: inout ByteCursor, version: UInt8) throws(ParseError) {
        id = try cursor.uint16()
        // Version 2 leaves out the names of the filters that HDF5 itself defines.
        let nameLength = version == 1 || id >= 256 ? Int(try cursor.uint16()) : 0
        isOptional = try cursor.uint16() & 1 != 0
        let valueCount = Int(try cursor.uint16())
        let characters = try cursor.bytes(nameLength)
        // The length of version 1 includes NUL and padding to a multiple of 8; some writers count without
        // the padding.
        if version == 1, nameLength % 8 != 0 { try cursor.skip(8 - nameLength % 8) }
        let text = characters.prefix { $0 != 0 }
        name = text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        var values: [UInt32] = []
        values.reserveCapacity(min(valueCount, cursor.remaining / 4))
        for _ in 0..<valueCount { values.append(try cursor.uint32()) }
        clientData = values
        if version == 1, valueCount % 2 != 0 { try cursor.skip(4) }
    }
}
