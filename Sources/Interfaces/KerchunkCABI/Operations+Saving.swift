// SPDX-License-Identifier: Apache-2.0
// Datasets out: as reference sets of any form, in memory and to places.

import Kerchunk

extension Operations {
    /// The dataset as JSON, in memory.
    static func json(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "options"], of: "json")
        let object = try request.dataset()
        let options = try request.saving()
        let session = try request.session()
        let (dataset, issues) = try Kerchunk.represent(
            object.opened.dataset, as: options, session: session)
        let output = GatheredOutput()
        try Kerchunk.write(
            dataset, to: output, named: "memory", as: JSONForm(), options: options,
            session: session)
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
            session: try request.session())
        return Reply(objects: [BytesObject(output.bytes)])
    }

    /// Writes the dataset to a path, in the form that the path tells.
    static func save(_ request: Request) throws -> Reply {
        try request.checkNames(
            ["dataset", "output", "upload", "form", "options", "overwrite", "storage"], of: "save")
        let object = try request.dataset()
        var options = try request.saving()
        let output = try request.required(try request.string("output"), "output")
        let session = try request.session()
        try request.widen(&options, for: output, session)
        var form = session.forms.form(ofOutput: output)
        if let id = try request.string("form") { form = try session.forms.form(id: id) }
        let represented = try Kerchunk.represent(
            object.opened.dataset, as: options, in: form, session: session)
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
                throw KerchunkError(
                    .usage, "a \(form.name) set consists of many files and cannot be one upload")
            }
            count = try Kerchunk.write(
                dataset, to: OutsideOutput(upload, request.callbacks), named: output, as: single,
                options: options, issues: issues, note: note, session: session)
        } else {
            count = try Kerchunk.save(
                dataset, to: output, as: form, options: options, issues: issues, note: note,
                overwrite: overwrites, progress: { progress.reach($0, of: $1) }, session: session)
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
            options: try request.saving(), session: try request.session())
        return Reply()
    }

    /// The form that an output of a name gets.
    static func outputForm(_ request: Request) throws -> Reply {
        try request.checkNames(["output", "by_ending"], of: "output_form")
        let output = try request.required(try request.string("output"), "output")
        let forms = try request.session().forms
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
            waiting: try request.integer("wait") ?? 600, session: try request.session())
        return Reply(objects: [LockObject(lock)])
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
    /// - Parameter zarrFormat: 2 or 3.
    init(zarrFormat: Int) {
        self.init()
        self.zarrFormat = zarrFormat
    }
}

extension Request {
    /// How what the request asks for is written.
    func saving() throws(KerchunkError) -> SavingOptions {
        try SavingOptions(json: object("options") ?? [:], declared: Session().forms.options)
    }

    /// As many threads as suit the place of an output, where the request does not say.
    func widen(_ options: inout SavingOptions, for output: String, _ session: Session) throws(KerchunkError) {
        guard try part("options").integer("jobs") == nil else { return }
        options.threadCount = Kerchunk.outputWidth(
            for: output, concurrency: session.outputs.access.options.concurrency)
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
