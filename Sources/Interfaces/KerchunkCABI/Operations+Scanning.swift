// SPDX-License-Identifier: Apache-2.0
// Files and reference sets into datasets.

import Kerchunk

extension Operations {
    static func scan(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "options", "storage"], of: "scan")
        let session = try request.session()
        let given = try request.object("options") ?? [:]
        let options = try ScanOptions(json: given, declared: session.formatOptions)
        let saving = try SavingOptions(ofScan: given)
        let result: ScanResult
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            result = try Kerchunk.scan(location, options: options, session: session)
        case .source(let source):
            result = try Kerchunk.scan(
                source, options: options, session: session, origin: source.placement?.url)
        }
        // What is shown of the dataset is what will be saved.
        let said = try Kerchunk.represent(result.dataset, as: saving, leavesOut: true, session: session)
        var opened = Opened(result)
        opened.dataset = said.dataset
        opened.issues += said.issues
        opened.zarrFormat = saving.zarrFormat
        var reply = reply(opened)
        reply.document["unmatched"] = .strings(result.unmatchedNames)
        return reply
    }

    /// Opens a reference set.
    static func open(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "storage"], of: "open")
        let session = try request.session()
        var opened: Opened
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            opened = try Kerchunk.openReferences(location, session: session)
        case .source(let source):
            opened = try Kerchunk.openReferences(source, session: session)
        }
        if let format = opened.note["zarr_format"]?.number?.uint64 {
            opened.zarrFormat = Int(clamping: format)
        }
        return reply(opened)
    }

    /// What the outputs of a scan of many files into one directory are called.
    static func outputNames(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "directory"], of: "output_names")
        let inputs = try request.required(try request.strings("inputs"), "inputs")
        let directory = try request.required(try request.string("directory"), "directory")
        return Reply(document: [
            "outputs": .strings(try Kerchunk.outputNames(of: inputs, in: directory))
        ])
    }

    /// Whether an output of an earlier scan still tells the truth of a file.
    static func knownOutput(_ request: Request) throws -> Reply {
        try request.checkNames(["output", "input", "storage", "output_storage"], of: "known_output")
        let known = try Kerchunk.knownOutput(
            try request.required(try request.string("output"), "output"),
            of: try request.required(try request.string("input"), "input"), session: try request.session())
        return Reply(document: ["state": .string("\(known)")])
    }

    static func reply(
        _ opened: Opened, combined: CombinedDataset? = nil
    ) -> Reply {
        let needs = ReaderNeeds(opened.dataset, Session().codecs).notes.filter { !opened.notes.contains($0) }
        return Reply(
            document: [
                "format": .string(opened.format), "zarr_format": .integer(opened.zarrFormat ?? 2),
                "issues": .array(opened.issues.map(\.json)),
                "notes": .array((opened.notes + needs).map(\.json)),
            ], objects: [DatasetObject(opened, combined: combined)])
    }
}

extension Format {
    /// As `info` tells it.
    var json: JSONValue {
        [
            "id": .string(id), "name": .string(name), "endings": .strings(endings),
            "takes_folders": .bool(takesFolders), "options": .array(options.map(\.json)),
        ]
    }
}
