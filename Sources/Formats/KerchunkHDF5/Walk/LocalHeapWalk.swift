// SPDX-License-Identifier: Apache-2.0
// Reads local heaps that do not belong to a group.

import KerchunkBytes
import KerchunkModel

/// Reads local heaps together: headers in one batch, data in another.
struct LocalHeapWalk {
    let file: HDF5File
    let budget: MetadataBudget

    func heaps(at addresses: [UInt64]) throws -> [Result<LocalHeap, ParseError>] {
        let size = LocalHeapHeader.size(file.sizes)
        var results: [Result<LocalHeap, ParseError>] = []
        var owners: [Int] = []
        var extents: [Extent] = []
        let reads = try file.readEach(addresses.map { ($0, size) }, in: "local heap")
        for (index, read) in reads.enumerated() {
            do throws(ParseError) {
                let offset = try file.offset(of: addresses[index], in: "local heap")
                let header = try read.get().parse(at: offset, in: "local heap") { cursor throws(ParseError) in
                    try LocalHeapHeader(parsing: &cursor, sizes: file.sizes)
                }
                try budget.spend(header.dataSize, in: "local heap", at: offset)
                owners.append(index)
                extents.append((header.data, header.dataSize))
                results.append(.success(LocalHeap(data: Bytes(), offset: offset)))
            } catch {
                results.append(.failure(error))
            }
        }
        try file.forEachRead(extents, clipped: true, in: "local heap") { position, read in
            results[owners[position]] = Result { () throws(ParseError) in
                let offset = try file.offset(of: extents[position].address, in: "local heap")
                return LocalHeap(data: try read.get(), offset: offset)
            }
        }
        return results
    }
}
