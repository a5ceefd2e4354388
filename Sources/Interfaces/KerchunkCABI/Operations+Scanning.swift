// SPDX-License-Identifier: Apache-2.0
// Files and reference sets into datasets.

import Kerchunk

extension Operations {
    static func scan(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "options", "storage"], of: "scan")
        let options = try ScanOptions(request.part("options"))
        let environment = try request.environment()
        let result: ScanResult
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            result = try Kerchunk.scan(location, options: options, environment: environment)
        case .source(let source):
            result = try Kerchunk.scan(
                source, options: options, environment: environment, origin: source.placement?.url)
        }
        return reply(
            OpenedDataset(
                dataset: result.dataset, issues: result.issues, format: "scan", zarrFormat: options.zarrFormat
            ))
    }

    /// Opens a reference set.
    static func open(_ request: Request) throws -> Reply {
        try request.checkNames(["file", "storage"], of: "open")
        let opened: OpenedDataset
        switch try RequestedFile(request.part("file")) {
        case .location(let location):
            opened = try Kerchunk.openReferences(
                location, cancellation: request.cancellation, files: try request.files())
        case .source(let source):
            opened = try Kerchunk.openReferences(
                source, cancellation: request.cancellation, files: try request.files())
        }
        return reply(opened)
    }

    static func reply(
        _ opened: OpenedDataset, combined: CombinedDataset? = nil, wish: String = ""
    ) -> Reply {
        Reply(
            document: [
                "format": .string(opened.format), "zarr_format": .integer(opened.zarrFormat),
                "issues": .array(opened.issues.map(\.json)),
            ], objects: [DatasetObject(opened, combined: combined, wish: wish)])
    }
}

extension ScanOptions {
    init(_ request: Request) throws(KerchunkError) {
        self.init()
        try request.checkNames(
            [
                "inline_threshold", "max_chunk_size", "codecs", "vlen_encode", "zarr_format", "fill_limit",
                "links",
                "soft_links", "follow_external", "salvage", "group", "include", "exclude",
            ], of: "scan")
        inlineThreshold = try request.integer("inline_threshold", in: 0...UInt64.max) ?? inlineThreshold
        maximumChunkSize = try request.integer("max_chunk_size", in: 1...UInt64.max)
        codecs = try request.choice("codecs", CodecSet.self) ?? codecs
        stringEncoding = try request.choice("vlen_encode", StringEncoding.self) ?? stringEncoding
        zarrFormat = Int(try request.integer("zarr_format", in: 2...3) ?? 2)
        fillLimit = try request.integer("fill_limit", in: 0...UInt64.max) ?? fillLimit
        followsLinks = try request.flag("links") ?? followsLinks
        preservesSoftLinks = try request.flag("soft_links") ?? preservesSoftLinks
        followsExternal = try request.flag("follow_external") ?? followsExternal
        salvages = try request.flag("salvage") ?? salvages
        group = try request.string("group") ?? group
        included = try request.strings("include") ?? []
        excluded = try request.strings("exclude") ?? []
    }
}
