// SPDX-License-Identifier: Apache-2.0
// Datasets out: as JSON, Parquet and packed.

import Kerchunk

extension Operations {
    /// The dataset as JSON, in memory.
    static func json(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "options"], of: "json")
        let object = try request.dataset()
        let options = try SavingOptions(request.part("options"))
        let (dataset, issues) = try Kerchunk.represent(object.opened.dataset, as: options)
        let output = GatheredOutput()
        try Kerchunk.write(
            dataset, asJSONTo: output, named: "memory", options: options.json,
            cancellation: request.cancellation)
        return Reply(
            document: ["issues": .array(issues.map(\.json))], objects: [BytesObject(output.bytes)])
    }

    /// The dataset in the packed form, in memory.
    static func pack(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset"], of: "pack")
        let opened = try request.dataset().opened
        let output = GatheredOutput()
        try PackedDatasetWriter(codecs: BuiltinCodecs.directory).write(
            opened.dataset, issues: opened.issues,
            note: ["format": .string(opened.format), "zarr_format": .integer(opened.zarrFormat)], to: output,
            cancellation: request.cancellation)
        return Reply(objects: [BytesObject(output.bytes)])
    }

    /// Writes the dataset to a path, in the form that the path tells.
    static func save(_ request: Request) throws -> Reply {
        try request.checkNames(
            ["dataset", "output", "upload", "form", "options", "overwrite", "storage"], of: "save")
        let object = try request.dataset()
        var options = try SavingOptions(request.part("options"))
        let output = try request.required(try request.string("output"), "output")
        let files = try request.files()
        try request.widen(&options, for: output, files)
        let form = try request.choice("form", Form.self)
        let isParquet = form.map { $0 == .parquet } ?? (ReferenceFormat(path: output) == .parquet)
        if isParquet { options.json.zarrFormat = 2 }
        let represented = try Kerchunk.represent(object.opened.dataset, as: options)
        let (dataset, unfit) = Kerchunk.fit(represented.dataset, into: isParquet ? .parquet : .json)
        let issues = represented.issues + unfit
        let overwrites = try request.flag("overwrite") ?? false
        if let combined = object.combined { options.succeed(combined, at: output) }
        let progress = request.context.progress
        progress.begin(.chunks)
        let count: UInt64
        if let upload = try request.integer("upload", in: 0...UInt64.max) {
            options.json.compression =
                options.json.compression ?? JSONReferenceWriter.compression(ofFileNamed: output)
            count = try Kerchunk.write(
                dataset, asJSONTo: OutsideOutput(upload, request.callbacks), named: output,
                options: options.json,
                cancellation: request.cancellation)
        } else if isParquet {
            count = try Kerchunk.save(
                dataset, asParquet: output, options: options.parquet, overwrite: overwrites,
                progress: { progress.reach($0, of: $1) }, cancellation: request.cancellation, files: files)
        } else {
            count = try Kerchunk.save(
                dataset, asJSON: output, options: options.json, overwrite: overwrites,
                progress: { progress.reach($0, of: $1) }, cancellation: request.cancellation, files: files)
        }
        return Reply(
            document: ["references": .integer(count), "issues": .array(issues.map(\.json))])
    }

    /// Says early that nothing can be written to a place.
    static func checkOutput(_ request: Request) throws -> Reply {
        try request.checkNames(["output", "options", "overwrite", "storage"], of: "check_output")
        try Kerchunk.checkOutput(
            try request.required(try request.string("output"), "output"),
            overwrite: try request.flag("overwrite") ?? false,
            options: try SavingOptions(request.part("options")), files: try request.files())
        return Reply()
    }

    /// Keeps others from appending to a place until the object is released.
    static func lockOutput(_ request: Request) throws -> Reply {
        try request.checkNames(["output", "wait", "storage"], of: "lock_output")
        let lock = try Kerchunk.lockForAppending(
            try request.required(try request.string("output"), "output"),
            waiting: try request.integer("wait") ?? 600, files: try request.files(),
            cancellation: request.cancellation)
        return Reply(objects: [LockObject(lock)])
    }

    private enum Form: String, CaseIterable { case json, parquet }
}

extension SavingOptions {
    init(_ request: Request) throws(KerchunkError) {
        self.init()
        try request.checkNames(
            [
                "zarr_format", "pretty", "templates", "compress", "record_sources", "record_size",
                "fill_missing",
                "durable", "jobs", "compression_level", "in_place",
            ], of: "saving")
        json.zarrFormat = try request.zarrFormat() ?? 2
        json.isPretty = try request.flag("pretty") ?? false
        json.usesTemplates = try request.flag("templates") ?? false
        json.compression = try request.string("compress")
        json.isDurable = try request.flag("durable") ?? false
        json.recordsSources = try request.flag("record_sources") ?? true
        parquet.recordsSources = json.recordsSources
        parquet.isDurable = json.isDurable
        parquet.recordSize = try request.integer("record_size", in: 1...UInt64.max) ?? parquet.recordSize
        parquet.replacesInPlace = try request.flag("in_place") ?? false
        parquet.fillMissing = try request.flag("fill_missing") ?? false
        parquet.threadCount = Int(try request.integer("jobs", in: 1...4096) ?? UInt64(Platform.coreCount))
        parquet.compressionLevel = Int(
            try request.integer("compression_level", in: 1...22) ?? UInt64(parquet.compressionLevel))
    }
}

extension SavingOptions {
    /// What the options of a scan say of how its references will be saved.
    init(ofScan request: Request) throws(KerchunkError) {
        self.init()
        json.zarrFormat = try request.zarrFormat() ?? 2
        fillLimit = try request.integer("fill_limit", in: 0...UInt64.max) ?? fillLimit
    }

    /// - Parameter zarrFormat: 2 or 3.
    init(zarrFormat: Int) {
        self.init()
        json.zarrFormat = zarrFormat
    }
}

extension Request {
    /// The Zarr version that is asked for.
    func zarrFormat() throws(KerchunkError) -> Int? { try integer("zarr_format", in: 2...3).map { Int($0) } }

    /// As many threads as suit the place of an output, where the request does not say.
    func widen(_ options: inout SavingOptions, for output: String, _ files: FileOpener) throws(KerchunkError)
    {
        guard try part("options").integer("jobs") == nil else { return }
        options.parquet.threadCount = Kerchunk.outputWidth(
            for: output, concurrency: files.access.options.concurrency)
    }
}

/// An output in memory, of pieces that need not be moved as it grows.
// A class because it is written and then read.
final class GatheredOutput: Upload {
    private var text: [UInt8] = []

    var bytes: Bytes { Bytes(text) }
    func write(_ bytes: RawSpan) throws {
        // SAFETY: the span lives during the call.
        unsafe bytes.withUnsafeBytes { unsafe text.append(contentsOf: $0) }
    }
    func commit() {}
    func abort() { text = [] }
}
