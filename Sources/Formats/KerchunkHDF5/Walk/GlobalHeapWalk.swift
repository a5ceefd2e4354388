// SPDX-License-Identifier: Apache-2.0
// Fetches values of variable length, collections together.

import KerchunkBytes
import KerchunkModel

extension HDF5File {
    /// The global heap objects of `ids`, as windows without a copy.
    ///
    /// Each collection is read once; two batches in all, where some collection is longer than the first read.
    /// - Returns: an id that leads nowhere, or into a collection that cannot be read, is missing.
    func globalHeapObjects(_ ids: some Sequence<GlobalHeapID>) throws -> [GlobalHeapID: Bytes] {
        var wanted: [UInt64: Set<UInt32>] = [:]
        for id in ids { wanted[id.collection, default: []].insert(id.index) }
        var objects: [GlobalHeapID: Bytes] = [:]
        // Collections are at least 4096 bytes long. Spec: III.E.
        let first = wanted.keys.sorted()
        var long: [Extent] = []
        func take(_ collection: UInt64, _ bytes: Bytes, isWhole: Bool) throws(ParseError) {
            let offset = try offset(of: collection, in: "global heap collection")
            let header = try bytes.parse(at: offset, in: "global heap collection") {
                cursor throws(ParseError) in
                try GlobalHeapHeader(parsing: &cursor, sizes: sizes)
            }
            if header.collectionSize > UInt64(bytes.count) && !isWhole {
                long.append((collection, header.collectionSize))
                return
            }
            let end = min(bytes.count, Int(clamping: header.collectionSize))
            let content = try GlobalHeapCollection(bytes[0..<end], at: offset, sizes: sizes)
            for index in wanted[collection] ?? [] {
                objects[GlobalHeapID(collection: collection, index: index)] = content.objects[index]
            }
        }
        try forEachRead(first.map { ($0, 4096) }, clipped: true, in: "global heap collection") {
            position, read in
            // A collection that cannot be read has no objects: the caller sees which ids are missing.
            try? take(first[position], try read.get(), isWhole: false)
        }
        let rest = long
        try forEachRead(rest, clipped: true, in: "global heap collection") { position, read in
            try? take(rest[position].address, try read.get(), isWhole: true)
        }
        return objects
    }
}
