// SPDX-License-Identifier: Apache-2.0
// Reads many objects of one file together: headers, and all that they keep elsewhere.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Reads objects. All steps are batches over all objects, so reads follow the depth of structures, not their number.
// A class because it keeps committed datatypes and the budget between calls; used on one thread.
final class ObjectWalk {
    private let file: HDF5File
    private let budget: MetadataBudget
    private let shared: SharedMessageWalk

    /// Objects that are worked on together; bounds the memory of what is half decoded.
    private static let group = 1 << 14

    init(file: HDF5File) throws {
        self.file = file
        budget = MetadataBudget(fileSize: try file.source.size())
        shared = SharedMessageWalk(file: file, budget: budget)
    }

    /// The objects whose headers lie at `addresses`, in their order.
    func objects(at addresses: [UInt64]) throws -> [Result<HDF5Object, ParseError>] {
        var objects: [Result<HDF5Object, ParseError>] = []
        objects.reserveCapacity(addresses.count)
        for start in stride(from: 0, to: addresses.count, by: Self.group) {
            let end = min(addresses.count, start + Self.group)
            objects += try loadTogether(
                start == 0 && end == addresses.count ? addresses : Array(addresses[start..<end]))
        }
        return objects
    }

    private func loadTogether(_ addresses: [UInt64]) throws -> [Result<HDF5Object, ParseError>] {
        var headers = try ObjectHeaderWalk(file: file, budget: budget).headers(at: addresses)
        try shared.resolveHeapMessages(in: &headers)
        var failures = [ParseError?](repeating: nil, count: headers.count)
        var drafts: [ObjectDraft?] = []
        drafts.reserveCapacity(headers.count)
        for (index, header) in headers.enumerated() {
            do throws(ParseError) {
                drafts.append(try ObjectDraft(try header.get(), sizes: file.sizes))
            } catch {
                drafts.append(nil)
                failures[index] = error
            }
        }
        try addDenseMessages(to: &drafts)
        try addSymbolTables(to: &drafts, &failures)
        try addExternalFiles(to: &drafts, &failures)
        let parts = try loadSharedParts(of: drafts)
        return drafts.indices.map { index in
            Result { () throws(ParseError) in
                if let failure = failures[index] { throw failure }
                guard let draft = drafts[index] else {
                    throw ParseError("it was not read", in: "object header", at: addresses[index])
                }
                return try finish(draft, parts)
            }
        }
    }

    // MARK: What lies outside the header

    private func addDenseMessages(to drafts: inout [ObjectDraft?]) throws {
        var storages: [(place: DenseStorage, content: DenseStorageWalk.Content)] = []
        var owners: [Int] = []
        for (index, draft) in drafts.enumerated() {
            if let place = draft?.linkInfo?.dense {
                storages.append((place, .links))
                owners.append(index)
            }
            if let place = draft?.attributeInfo?.dense {
                storages.append((place, .attributes))
                owners.append(index)
            }
        }
        if storages.isEmpty { return }
        let found = try DenseStorageWalk(file: file, budget: budget).messages(of: storages)
        for (index, messages) in found.enumerated() {
            let owner = owners[index]
            do throws(ParseError) {
                for message in try messages.get() {
                    do throws(ParseError) {
                        try add(message, storages[index].content, to: &drafts[owner])
                    } catch {
                        drafts[owner]?.note(error)
                    }
                }
            } catch {
                drafts[owner]?.note(error)
            }
        }
    }

    private func add(
        _ message: DenseStorageWalk.Message, _ content: DenseStorageWalk.Content, to draft: inout ObjectDraft?
    ) throws(ParseError) {
        let object = try message.object.get()
        switch content {
        case .links:
            draft?.links.append(
                try object.bytes.parse(at: object.offset, in: "link message") { cursor throws(ParseError) in
                    try LinkMessage(parsing: &cursor, sizes: file.sizes)
                })
        case .attributes:
            draft?.attributes.append(
                try AttributeDraft(
                    object.bytes, at: object.offset, creationOrder: message.creationOrder, sizes: file.sizes))
        }
    }

    private func addSymbolTables(to drafts: inout [ObjectDraft?], _ failures: inout [ParseError?]) throws {
        let owners = drafts.indices.filter { drafts[$0]?.symbolTable != nil }
        if owners.isEmpty { return }
        let tables = owners.compactMap { drafts[$0]?.symbolTable }
        let found = try SymbolTableWalk(file: file, budget: budget).links(of: tables)
        for (owner, links) in zip(owners, found) {
            switch links {
            case .success(let links): drafts[owner]?.links += links
            case .failure(let error): failures[owner] = error
            }
        }
    }

    private func addExternalFiles(to drafts: inout [ObjectDraft?], _ failures: inout [ParseError?]) throws {
        let owners = drafts.indices.filter { drafts[$0]?.externalFiles != nil }
        if owners.isEmpty { return }
        let heaps = try LocalHeapWalk(file: file, budget: budget).heaps(
            at: owners.compactMap { drafts[$0]?.externalFiles?.heap })
        for (owner, heap) in zip(owners, heaps) {
            do throws(ParseError) {
                let slots = try drafts[owner]?.externalFiles?.resolved(in: try heap.get())
                drafts[owner]?.resolvedExternalFiles = slots ?? []
            } catch {
                failures[owner] = error
            }
        }
    }

    /// Types and shapes that are kept elsewhere, all of them read.
    private func loadSharedParts(of drafts: [ObjectDraft?]) throws -> [SharedMessageWalk.HeapKey:
        FractalHeapWalk.Outcome]
    {
        var committed: Set<UInt64> = []
        var keys: Set<SharedMessageWalk.HeapKey> = []
        func note<Content>(_ part: AttributeDraft.Part<Content>?, _ kind: HeaderMessage.Kind) {
            guard case .elsewhere(let place) = part else { return }
            switch place {
            case .committed(let address): committed.insert(address)
            case .heap(let id): keys.insert(SharedMessageWalk.HeapKey(kind: kind, id: id))
            }
        }
        for case .some(let draft) in drafts {
            note(draft.datatype, .datatype)
            for attribute in draft.attributes {
                note(attribute.datatype, .datatype)
                note(attribute.dataspace, .dataspace)
            }
        }
        if !committed.isEmpty { try shared.loadCommitted(committed) }
        return keys.isEmpty ? [:] : try shared.heapMessages(keys)
    }

    // MARK: The object as a whole

    private typealias Parts = [SharedMessageWalk.HeapKey: FractalHeapWalk.Outcome]

    private func finish(_ draft: ObjectDraft, _ parts: Parts) throws(ParseError) -> HDF5Object {
        var problems = draft.problems
        var attributes: [AttributeMessage] = []
        attributes.reserveCapacity(draft.attributes.count)
        for attribute in draft.attributes {
            do throws(ParseError) {
                let finished = try attribute.finished(
                    datatype: try datatype(attribute.datatype, parts),
                    dataspace: try dataspace(attribute.dataspace, parts))
                attributes.append(finished)
            } catch {
                problems.append(error)
            }
        }
        sort(&attributes, of: draft)
        return HDF5Object(
            address: draft.header.address, kind: try kind(of: draft, parts), attributes: attributes,
            problems: problems)
    }

    private func kind(of draft: ObjectDraft, _ parts: Parts) throws(ParseError) -> HDF5Object.Kind {
        if draft.isGroup { return .group(links: sortedByName(draft.links)) }
        guard let typePart = draft.datatype else {
            throw ParseError(
                "neither a group nor a dataset nor a datatype", in: "object header", at: draft.header.offset)
        }
        let type = try datatype(typePart, parts)
        guard let dataspace = draft.dataspace else { return .datatype(type) }
        guard let layout = draft.layout else {
            throw ParseError("a dataset without a layout", in: "object header", at: draft.header.offset)
        }
        // HDF5 before 1.4 wrote no fill value; the library then has none either.
        let fillValue = draft.fillValue ?? draft.oldFillValue ?? FillValueMessage(value: .undefined)
        return .dataset(
            DatasetHeader(
                dataspace: dataspace, datatype: type, fillValue: fillValue, layout: layout,
                filters: draft.filters, externalFiles: draft.resolvedExternalFiles))
    }

    private func datatype(_ part: AttributeDraft.Part<Datatype>, _ parts: Parts) throws(ParseError)
        -> Datatype
    {
        switch part {
        case .here(let type): return type
        case .elsewhere(.committed(let address)): return try shared.committedDatatype(at: address)
        case .elsewhere(.heap(let id)):
            let message = try object(id, .datatype, parts)
            return try message.bytes.parse(at: message.offset, in: "datatype message") {
                cursor throws(ParseError) in
                try Datatype(parsing: &cursor)
            }
        }
    }

    private func dataspace(_ part: AttributeDraft.Part<Dataspace>, _ parts: Parts) throws(ParseError)
        -> Dataspace
    {
        switch part {
        case .here(let dataspace): return dataspace
        case .elsewhere(.committed(let address)):
            throw ParseError("a dataspace cannot be committed", in: "attribute message", at: address)
        case .elsewhere(.heap(let id)):
            let message = try object(id, .dataspace, parts)
            return try message.bytes.parse(at: message.offset, in: "dataspace message") {
                cursor throws(ParseError) in
                try Dataspace(parsing: &cursor, sizes: file.sizes)
            }
        }
    }

    private func object(
        _ id: Bytes, _ kind: HeaderMessage.Kind, _ parts: Parts
    ) throws(ParseError) -> FractalHeapWalk.Object {
        guard let outcome = parts[SharedMessageWalk.HeapKey(kind: kind, id: id)] else {
            throw ParseError("it was not read", in: "shared message", at: 0)
        }
        return try outcome.get()
    }

    /// Creation order where it is tracked; dense attributes without one come by name, as their index is by hash.
    private func sort(_ attributes: inout [AttributeMessage], of draft: ObjectDraft) {
        let isTracked = draft.header.tracksAttributeOrder || draft.attributeInfo?.tracksCreationOrder == true
        if isTracked {
            attributes.sort { ($0.creationOrder ?? 0) < ($1.creationOrder ?? 0) }
        } else if draft.attributeInfo?.dense != nil {
            attributes.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
    }
}
