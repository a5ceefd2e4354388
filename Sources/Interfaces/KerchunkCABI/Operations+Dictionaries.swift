// SPDX-License-Identifier: Apache-2.0
// References as Python's dicts: pickled for Python to load, and marshalled by it.

import Kerchunk

extension Operations {
    /// The references of a dataset as a pickled dict of keys and references: Python loads one three times as fast as JSON.
    static func pickle(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "zarr_format", "consolidated"], of: "pickle")
        let object = try request.dataset()
        let format = Int(
            try request.integer("zarr_format", in: 2...3) ?? UInt64(object.opened.zarrFormat))
        let dataset = try representation(of: object, format).dataset
        var writer = PickledReferences(sources: dataset.sources)
        try writer.write(
            dataset.root, zarrFormat: format, isConsolidated: try request.flag("consolidated") ?? false,
            cancellation: request.cancellation)
        return Reply(objects: [BytesObject(Bytes(writer.finish()))])
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
        var map: [String: String] = [:]
        for (old, new) in try request.object("map") ?? [:] { map[old] = new.string }
        let dataset = object.opened.dataset.renamingSources(SourceRenaming(map, prefixes: []))
        var writer = PickledReferences(sources: dataset.sources)
        try writer.write(
            dataset.root, zarrFormat: object.opened.zarrFormat, isConsolidated: false,
            cancellation: request.cancellation)
        return Reply(document: scanned.document, objects: [BytesObject(Bytes(writer.finish()))])
    }

    /// Opens a reference set that Python's `marshal` wrote in its version 2.
    static func openMarshalled(_ request: Request) throws -> Reply {
        try request.checkNames(["bytes", "name"], of: "open_marshalled")
        let bytes = try request.handle("bytes", BytesObject.self).bytes
        let text = try MarshalledText(bytes).json()
        let name = try request.string("name")
        return reply(
            try Kerchunk.openReferences(
                MemorySource(Bytes(text), url: name), cancellation: request.cancellation))
    }
}
