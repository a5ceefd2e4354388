// SPDX-License-Identifier: Apache-2.0
// Datasets out: as reference sets of any form, in memory and to places.

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
            dataset, to: output, named: "memory", as: JSONForm(), options: options,
            cancellation: request.cancellation)
        return Reply(
            document: ["issues": .array(issues.map(\.json))], objects: [BytesObject(output.bytes)])
    }

    /// The dataset in the packed form, in memory.
    static func pack(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset"], of: "pack")
        let opened = try request.dataset().opened
        let output = GatheredOutput()
        var note: JSONObject = ["format": .string(opened.format)]
        note["zarr_format"] = opened.zarrFormat.map { .integer($0) }
        try Kerchunk.write(
            opened.dataset, to: output, named: "memory", as: PackedForm(), issues: opened.issues, note: note,
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
        var form = BuiltinForms.directory.form(ofOutput: output)
        if let id = try request.string("form") { form = try BuiltinForms.directory.form(id: id) }
        let represented = try Kerchunk.represent(object.opened.dataset, as: options, in: form)
        let (dataset, unfit) = form.fitting(represented.dataset)
        let issues = represented.issues + unfit
        // What `open` shows a set in that says no version itself.
        let note: JSONObject = ["zarr_format": .integer(options.zarrFormat)]
        let overwrites = try request.flag("overwrite") ?? false
        if let combined = object.combined { options.succeed(combined, at: output) }
        let progress = request.context.progress
        progress.begin(.chunks)
        let count: UInt64
        if let upload = try request.integer("upload", in: 0...UInt64.max) {
            guard let single = form as? any FileReferenceForm else {
                throw KerchunkError(.usage, "a \(form.name) set is many files, and not one upload")
            }
            count = try Kerchunk.write(
                dataset, to: OutsideOutput(upload, request.callbacks), named: output, as: single,
                options: options, issues: issues, note: note, cancellation: request.cancellation)
        } else {
            count = try Kerchunk.save(
                dataset, to: output, as: form, options: options, issues: issues, note: note,
                overwrite: overwrites, progress: { progress.reach($0, of: $1) },
                cancellation: request.cancellation, files: files)
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

    /// The form that an output of a name gets.
    static func outputForm(_ request: Request) throws -> Reply {
        try request.checkNames(["output", "by_ending"], of: "output_form")
        let output = try request.required(try request.string("output"), "output")
        let forms = BuiltinForms.directory
        let form =
            try request.flag("by_ending") ?? false
            ? forms.form(byEndingOf: output) : forms.form(ofOutput: output)
        return Reply(document: ["form": form.map { $0.json } ?? .null])
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

}

extension SavingOptions {
    init(_ request: Request) throws(KerchunkError) {
        self.init()
        let own = BuiltinForms.directory.options
        try request.checkNames(
            ["zarr_format", "record_sources", "durable", "jobs", "in_place"] + own.map(\.name), of: "saving")
        zarrFormat = try request.zarrFormat() ?? 2
        isDurable = try request.flag("durable") ?? false
        recordsSources = try request.flag("record_sources") ?? true
        replacesInPlace = try request.flag("in_place") ?? false
        threadCount = Int(try request.integer("jobs", in: 1...4096) ?? UInt64(Platform.coreCount))
        for option in own {
            if let value = request.value(option.name) { try set(option, value) }
        }
    }
}

extension ReferenceForm {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "is_partitioned": .bool(partitioned != nil),
            "zarr_formats": .array((writableZarrFormats.map(Array.init) ?? []).map { .integer($0) }),
        ]
    }
}

extension SavingOptions {
    /// What the options of a scan say of how its references will be saved.
    init(ofScan request: Request) throws(KerchunkError) {
        self.init()
        self.zarrFormat = try request.zarrFormat() ?? 2
        fillLimit = try request.integer("fill_limit", in: 0...UInt64.max) ?? fillLimit
    }

    /// - Parameter zarrFormat: 2 or 3.
    init(zarrFormat: Int) {
        self.init()
        self.zarrFormat = zarrFormat
    }
}

extension Request {
    /// The Zarr version that is asked for.
    func zarrFormat() throws(KerchunkError) -> Int? { try integer("zarr_format", in: 2...3).map { Int($0) } }

    /// As many threads as suit the place of an output, where the request does not say.
    func widen(_ options: inout SavingOptions, for output: String, _ files: FileOpener) throws(KerchunkError)
    {
        guard try part("options").integer("jobs") == nil else { return }
        options.threadCount = Kerchunk.outputWidth(
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
