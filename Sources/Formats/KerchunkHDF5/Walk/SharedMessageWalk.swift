// SPDX-License-Identifier: Apache-2.0
// Fetches messages that lie in the file's heaps of shared messages, or in committed datatypes.

import KerchunkBytes
import KerchunkModel

/// Resolves shared messages of many objects together.
// A class because committed datatypes that were read are kept for later objects; used on one thread.
final class SharedMessageWalk {
    private let file: HDF5File
    private let budget: MetadataBudget
    private var committed: [UInt64: Result<Datatype, ParseError>] = [:]

    init(file: HDF5File, budget: MetadataBudget) {
        self.file = file
        self.budget = budget
    }

    /// A message kept in a heap, by its kind and id.
    struct HeapKey: Hashable {
        let kind: HeaderMessage.Kind
        let id: Bytes
    }

    /// The messages of `keys`; those that cannot be had are failures.
    func heapMessages(_ keys: Set<HeapKey>) throws -> [HeapKey: FractalHeapWalk.Outcome] {
        var results: [HeapKey: FractalHeapWalk.Outcome] = [:]
        var wanted: [UInt64: [HeapKey]] = [:]
        for key in keys {
            if let heap = file.sharedMessages?.heap(for: key.kind) {
                wanted[heap, default: []].append(key)
            } else {
                results[key] = .failure(
                    ParseError("the file has no heap for it", in: "shared message", at: 0))
            }
        }
        let requests = wanted.sorted { $0.key < $1.key }
        let objects = try FractalHeapWalk(file: file, budget: budget).objects(
            requests.map { ($0.key, $0.value.map(\.id)) })
        for (request, found) in zip(requests, objects) {
            for (key, object) in zip(request.value, found) { results[key] = object }
        }
        return results
    }

    /// Puts shared messages of `headers` in the place of what names them, but for committed datatypes.
    func resolveHeapMessages(in headers: inout [Result<ObjectHeader, ParseError>]) throws {
        guard file.sharedMessages != nil else { return }
        var places: [(header: Int, message: Int, key: HeapKey)] = []
        for (index, header) in headers.enumerated() {
            guard case .success(let header) = header else { continue }
            for (position, message) in header.messages.enumerated() where message.isShared {
                if let id = message.heapID(file.sizes) {
                    places.append((index, position, HeapKey(kind: message.kind, id: id)))
                }
            }
        }
        if places.isEmpty { return }
        let found = try heapMessages(Set(places.map(\.key)))
        for place in places {
            guard case .success(var header) = headers[place.header], let outcome = found[place.key] else {
                continue
            }
            switch outcome {
            case .success(let object):
                let message = header.messages[place.message]
                header.messages[place.message] = HeaderMessage(
                    kind: message.kind, flags: message.flags & ~0x02, creationOrder: message.creationOrder,
                    body: object.bytes, offset: object.offset)
                headers[place.header] = .success(header)
            case .failure(let error):
                headers[place.header] = .failure(error)
            }
        }
    }

    /// The committed datatypes at `addresses`.
    func loadCommitted(_ addresses: Set<UInt64>) throws {
        let missing = addresses.filter { committed[$0] == nil }.sorted()
        if missing.isEmpty { return }
        var headers = try ObjectHeaderWalk(file: file, budget: budget).headers(at: missing)
        try resolveHeapMessages(in: &headers)
        for (address, header) in zip(missing, headers) {
            committed[address] = Result { () throws(ParseError) in
                let header = try header.get()
                guard let message = header.messages.first(where: { $0.kind == .datatype }), !message.isShared
                else {
                    throw ParseError(
                        "there is no datatype there", in: "committed datatype", at: header.offset)
                }
                return try message.parse(in: "datatype message") { cursor throws(ParseError) in
                    try Datatype(parsing: &cursor)
                }
            }
        }
    }

    func committedDatatype(at address: UInt64) throws(ParseError) -> Datatype {
        guard let found = committed[address] else {
            throw ParseError("it was not read", in: "committed datatype", at: address)
        }
        return try found.get()
    }
}

extension HeaderMessage {
    /// The id of a shared message that lies in a heap.
    func heapID(_ sizes: FieldSizes) -> Bytes? {
        let shared = try? parse(in: "shared message") { cursor throws(ParseError) in
            try SharedMessage(parsing: &cursor, body: body, sizes: sizes)
        }
        if case .heap(let id) = shared { return id }
        return nil
    }
}
