// SPDX-License-Identifier: Apache-2.0
// References as Python's dicts: pickled for Python to load, and marshalled by it.

import Kerchunk

extension Operations {
    /// The references of a dataset as a pickled dict of keys and references: Python loads one three times as fast as JSON.
    static func pickle(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "zarr_format", "consolidated"], of: "pickle")
        let object = try request.dataset()
        let format = try request.zarrFormat() ?? object.opened.zarrFormat ?? 2
        let (dataset, issues) = try Kerchunk.represent(
            object.opened.dataset, as: SavingOptions(zarrFormat: format))
        let bytes = try pickled(
            dataset, format, isConsolidated: try request.flag("consolidated") ?? false, request)
        return Reply(document: ["issues": .array(issues.map(\.json))], objects: [BytesObject(bytes)])
    }

    /// Scans a file, gives its sources other URLs, and pickles the references: for thousands of small files three calls in one.
    static func translate(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "options", "storage", "map"], of: "translate")
        var members = request.members
        members["map"] = nil
        let scanned = try scan(request.part(members))
        guard let object = scanned.objects.first as? DatasetObject else {
            throw KerchunkError(.input, "the scan returned no dataset")
        }
        let map = (try request.object("map") ?? [:]).compactMap { old, new in new.string.map { (old, $0) } }
        let dataset = object.opened.dataset.renamingSources(SourceRenaming(map))
        let bytes = try pickled(dataset, object.opened.zarrFormat ?? 2, isConsolidated: false, request)
        return Reply(document: scanned.document, objects: [BytesObject(bytes)])
    }

    private static func pickled(
        _ dataset: VirtualDataset, _ zarrFormat: Int, isConsolidated: Bool, _ request: Request
    ) throws -> Bytes {
        var options = SavingOptions(zarrFormat: zarrFormat)
        options[PythonForm.isConsolidated] = isConsolidated
        return try PythonForm().pickled(dataset, request.session().writing(options)).bytes
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
        let reading = try request.session().reading()
        let all = sets
        let opened = WorkerPool.cores.map(sets.count) { index in
            Result { () throws(KerchunkError) in
                let (bytes, name) = all[index]
                do throws(KerchunkError) {
                    return try PythonForm().open(bytes, reading).notingTruncation()
                } catch {
                    throw name.map { error.locating(url: $0) } ?? error
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
