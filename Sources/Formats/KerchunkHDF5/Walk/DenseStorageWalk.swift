// SPDX-License-Identifier: Apache-2.0
// Fetches the links or attributes that objects keep outside their headers.

import KerchunkBytes
import KerchunkModel

/// Lists dense storages by their name indexes, and fetches all their messages from their heaps.
struct DenseStorageWalk {
    let file: HDF5File
    let budget: MetadataBudget

    enum Content: Hashable, Sendable { case links, attributes }

    /// A message of a dense storage, or what kept it from being read.
    struct Message: Sendable {
        let object: FractalHeapWalk.Outcome
        /// Of attributes.
        let creationOrder: UInt32?
    }

    /// The messages of each storage, in the order of its index: by the hash of the names.
    func messages(
        of storages: [(place: DenseStorage, content: Content)]
    ) throws -> [Result<[Message], ParseError>] {
        if storages.isEmpty { return [] }
        var ids = storages.map { _ in [RecordID]() }
        let failures = try BTreeV2Walk(file: file).visitRecords(ofTreesAt: storages.map(\.place.nameIndex)) {
            index, header throws(ParseError) in
            // Links: hash (4), heap id (7). Attributes: heap id (8), flags (1), creation order (4), hash (4).
            let isLinks = storages[index].content == .links
            guard header.type == (isLinks ? .linkName : .attributeName),
                header.recordSize == (isLinks ? 11 : 17)
            else {
                throw ParseError(
                    "records of another type, of \(header.recordSize) bytes", in: "index of names",
                    at: storages[index].place.nameIndex)
            }
        } visit: { index, records throws(ParseError) in
            try budget.spend(records.bytes.count, in: "index of names", at: records.offset)
            try records.parse { cursor throws(ParseError) in
                for record in 0..<records.count {
                    let start = record * records.recordSize
                    if storages[index].content == .links {
                        ids[index].append(RecordID(id: records.bytes[start + 4..<start + 11]))
                    } else {
                        try cursor.seek(to: start + 8)
                        let flags = try cursor.uint8()
                        let order = try cursor.uint32()
                        ids[index].append(
                            RecordID(
                                id: records.bytes[start..<start + 8], isShared: flags & 2 != 0,
                                creationOrder: order))
                    }
                }
            }
        }
        let objects = try fetch(ids, storages, failures)
        return storages.indices.map { index in
            if let failure = failures[index] { return .failure(failure) }
            return .success(
                zip(ids[index], objects[index]).map { Message(object: $1, creationOrder: $0.creationOrder) })
        }
    }

    private struct RecordID {
        let id: Bytes
        /// Whether the id leads into the file's heap of shared messages.
        var isShared = false
        var creationOrder: UInt32?
    }

    private func fetch(
        _ ids: [[RecordID]], _ storages: [(place: DenseStorage, content: Content)], _ failures: [ParseError?]
    ) throws -> [[FractalHeapWalk.Outcome]] {
        var requests: [(heap: UInt64, ids: [Bytes])] = []
        /// The storage of each request, and the places of its objects in it.
        var owners: [(storage: Int, positions: [Int])] = []
        let sharedHeap = file.sharedMessages?.heap(for: .attribute)
        var results = ids.enumerated().map { index, records in
            let missing = ParseError(
                "a shared message, but the file has no shared messages", in: "index of names",
                at: storages[index].place.nameIndex)
            return [FractalHeapWalk.Outcome](repeating: .failure(missing), count: records.count)
        }
        for index in storages.indices where failures[index] == nil {
            for isShared in [false, true] {
                let positions = ids[index].indices.filter { ids[index][$0].isShared == isShared }
                guard !positions.isEmpty, let heap = isShared ? sharedHeap : storages[index].place.heap else {
                    continue
                }
                requests.append((heap, positions.map { ids[index][$0].id }))
                owners.append((index, positions))
            }
        }
        for (owner, objects) in zip(owners, try FractalHeapWalk(file: file, budget: budget).objects(requests))
        {
            for (position, object) in zip(owner.positions, objects) {
                results[owner.storage][position] = object
            }
        }
        return results
    }
}
