// SPDX-License-Identifier: Apache-2.0
// Files and reference sets into datasets.

import Kerchunk

extension Operations {
    static func scan(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "options", "storage"], of: "scan")
        let options = try ScanOptions(request.part("options"))
        let environment = try request.environment()
        let saving = try SavingOptions(ofScan: request.part("options"))
        let result: ScanResult
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            result = try Kerchunk.scan(location, options: options, environment: environment)
        case .source(let source):
            result = try Kerchunk.scan(
                source, options: options, environment: environment, origin: source.placement?.url)
        }
        // What is shown of the dataset is what will be saved.
        let said = try Kerchunk.represent(result.dataset, as: saving, leavesOut: true)
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
        var opened: Opened
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            opened = try Kerchunk.openReferences(
                location, cancellation: request.cancellation, files: try request.files())
        case .source(let source):
            opened = try Kerchunk.openReferences(
                source, cancellation: request.cancellation, files: try request.files())
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
            of: try request.required(try request.string("input"), "input"), files: try request.files(),
            outputs: try request.files("output_storage"), cancellation: request.cancellation)
        return Reply(document: ["state": .string("\(known)")])
    }

    static func reply(
        _ opened: Opened, combined: CombinedDataset? = nil, wish: String = ""
    ) -> Reply {
        let needs = ReaderNeeds(opened.dataset).notes.filter { !opened.notes.contains($0) }
        return Reply(
            document: [
                "format": .string(opened.format), "zarr_format": .integer(opened.zarrFormat ?? 2),
                "issues": .array(opened.issues.map(\.json)),
                "notes": .array((opened.notes + needs).map(\.json)),
            ], objects: [DatasetObject(opened, combined: combined, wish: wish)])
    }
}

extension ScanOptions {
    /// Names of options of all formats.
    static let sharedNames = [
        "inline_threshold", "max_chunk_size", "codecs", "zarr_format", "fill_limit", "follow_external",
        "salvage", "group", "include", "exclude", "allow_unmatched",
    ]

    /// - Throws: kind `usage` for an option that no format has. One that only other formats have than that of the file is passed
    ///   over.
    init(_ request: Request) throws(KerchunkError) {
        self.init()
        let declared = BuiltinFormats.options
        try request.checkNames(Self.sharedNames + declared.map(\.name), of: "scan")
        for option in declared {
            if let value = request.value(option.name) { try set(option, value) }
        }
        allowsUnmatchedNames = try request.flag("allow_unmatched") ?? false
        inlineThreshold = try request.integer("inline_threshold", in: 0...UInt64.max) ?? inlineThreshold
        maximumChunkSize = try request.integer("max_chunk_size", in: 1...UInt64.max)
        codecs = try request.choice("codecs", CodecSet.self) ?? codecs
        followsExternal = try request.flag("follow_external") ?? followsExternal
        salvages = try request.flag("salvage") ?? salvages
        group = try request.string("group") ?? group
        included = try request.strings("include") ?? []
        excluded = try request.strings("exclude") ?? []
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
