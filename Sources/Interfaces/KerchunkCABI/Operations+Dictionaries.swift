// SPDX-License-Identifier: Apache-2.0
// References as Python's dicts: pickled for Python to load, and marshalled by it.

import Kerchunk

extension Operations {
    /// The references of a dataset as a pickled dict of keys and references: Python loads one three times as fast as JSON.
    static func pickle(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "zarr_format", "consolidated"], of: "pickle")
        let object = try request.dataset()
        let format = try request.zarrFormat() ?? object.opened.zarrFormat
        let (dataset, issues) = try Kerchunk.represent(
            object.opened.dataset, as: SavingOptions(zarrFormat: format))
        var writer = PickledReferences(sources: dataset.sources)
        try writer.write(
            dataset, zarrFormat: format, isConsolidated: try request.flag("consolidated") ?? false,
            cancellation: request.cancellation)
        return Reply(
            document: ["issues": .array(issues.map(\.json))],
            objects: [BytesObject(Bytes(writer.finish()))])
    }

    /// Scans a file, gives its sources other URLs, and pickles the references: for thousands of small files three calls in one.
    static func translate(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "options", "storage", "map"], of: "translate")
        var members = request.members
        members["map"] = nil
        let scanned = try scan(request.part(members))
        guard let object = scanned.objects.first as? DatasetObject else {
            throw KerchunkError(.input, "the scan gave no dataset")
        }
        let map = (try request.object("map") ?? [:]).compactMap { old, new in new.string.map { (old, $0) } }
        let dataset = object.opened.dataset.renamingSources(SourceRenaming(map, prefixes: []))
        var writer = PickledReferences(sources: dataset.sources)
        try writer.write(
            dataset, zarrFormat: object.opened.zarrFormat, isConsolidated: false,
            cancellation: request.cancellation)
        return Reply(document: scanned.document, objects: [BytesObject(Bytes(writer.finish()))])
    }

    /// Opens reference sets that Python's `marshal` wrote, on as many threads as there are cores.
    static func openMarshalled(_ request: Request) throws -> Reply {
        try request.checkNames(["sets"], of: "open_marshalled")
        var sets: [(bytes: Bytes, name: String?)] = []
        for value in try request.required(try request.array("sets"), "sets") {
            let set = request.part(value.object ?? [:])
            try set.checkNames(["bytes", "name"], of: "a set")
            sets.append((try set.handle("bytes", BytesObject.self).bytes, try set.string("name")))
        }
        let cancellation = request.cancellation
        let all = sets
        let opened = WorkerPool.cores.map(sets.count) { index in
            Result { () throws(KerchunkError) in
                let (bytes, name) = all[index]
                return try Kerchunk.openReferences(
                    named: name, expectedSize: UInt64(bytes.count), cancellation: cancellation
                ) {
                    MarshalledText(bytes, cancellation: cancellation)
                }
            }
        }
        var (documents, objects): ([JSONValue], [any NumberedObject]) = ([], [])
        for result in opened {
            switch result {
            case .success(let set):
                let reply = reply(set)
                documents.append(.object(reply.document))
                objects += reply.objects
            case .failure(let error) where error.kind == .unsupported:
                // The caller says it in another way.
                documents.append(["refused": .string(error.message)])
                objects.append(BytesObject(Bytes()))
            case .failure(let error): throw error
            }
        }
        return Reply(document: ["sets": .array(documents)], objects: objects)
    }
}
