// SPDX-License-Identifier: Apache-2.0
// Combinations in several steps, for many processes: summaries, plans and partitions as JSON that anyone can carry.

import Kerchunk

extension Operations {
    /// Files that a user means: patterns are replaced by what they match.
    static func expand(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "storage", "absolute"], of: "expand")
        let texts = try request.required(try request.strings("inputs"), "inputs")
        let list = try InputList(texts, session: try request.session())
        let isAbsolute = try request.flag("absolute") ?? false
        return Reply(document: [
            "names": .strings(isAbsolute ? list.absoluteNames : list.names),
            "issues": .array(list.issues.map(\.json)),
        ])
    }

    /// Writes a combination; in forms with partitions a run that was cut off goes on with the partitions that are missing.
    static func saveCombined(_ request: Request) throws -> Reply {
        try request.checkNames(
            ["dataset", "output", "options", "overwrite", "note", "storage"], of: "save_combined")
        let object = try request.dataset()
        guard let combined = object.combined else {
            throw KerchunkError(.usage, "the dataset is not a combination")
        }
        let output = try request.required(try request.string("output"), "output")
        var options = try request.saving()
        let session = try request.session()
        try request.widen(&options, for: output, session)
        let progress = request.context.progress
        progress.begin(.chunks)
        let count = try Kerchunk.save(
            combined, to: output, options: options, overwrite: try request.flag("overwrite") ?? false,
            note: try request.string("note"), progress: { progress.reach($0, of: $1) }, session: session)
        combined.finish()
        return Reply(document: ["references": .integer(count ?? 0), "adds_nothing": .bool(count == nil)])
    }

    /// What planning needs of some inputs: bytes that hold JSON.
    static func summarize(_ request: Request) throws -> Reply {
        try request.checkNames(
            ["inputs", "request", "settings", "storage", "remote_storage"], of: "summarize")
        let inputs = try request.inputs()
        request.context.progress.begin(.inputs, total: UInt64(inputs.count))
        let document = try request.job(for: inputs).summarize(inputs)
        return Reply(
            document: [
                "inputs": .integer(inputs.count),
                "input_issues": .array(document.inputIssues.map(Self.document)),
            ],
            objects: [BytesObject(Bytes(JSONValue.object(document.json).serialized()))])
    }

    /// Several summaries as one, in which what they have in common is written once.
    static func joinSummaries(_ request: Request) throws -> Reply {
        try request.checkNames(["summaries"], of: "join_summaries")
        let document = try request.summaries()
        return Reply(
            document: ["inputs": .integer(document.summaries.count)],
            objects: [BytesObject(Bytes(JSONValue.object(document.json).serialized()))])
    }

    /// A plan that can be executed anywhere: bytes that hold JSON.
    static func plan(_ request: Request) throws -> Reply {
        try request.checkNames(
            [
                "inputs", "summaries", "are_files", "request", "settings", "storage", "remote_storage",
                "record_size",
            ],
            of: "plan")
        let areFiles = try request.flag("are_files") ?? false
        let job: BuildJob
        let (task, combined): (CombineTask, CombinedDataset)
        if request.value("summaries") != nil {
            job = try request.job(for: [])
            (task, combined) = try job.plan(summarized: try request.summaries(), areFiles: areFiles)
        } else {
            let inputs = try request.inputs()
            job = try request.job(for: inputs)
            request.context.progress.begin(.inputs, total: UInt64(inputs.count))
            (task, combined) = try job.plan(inputs)
        }
        let count =
            job.settings.saving.zarrFormat == 2 ? try task.partitionCount(session: job.session) : 0
        let text = JSONValue.object(try task.json()).serialized()
        // What was scanned is of use until the plan is executed.
        if !areFiles { combined.finish() }
        let report = CombineReport(plan: combined.plan)
        return Reply(
            document: [
                "plan": report.json, "plan_text": .string(report.text), "partitions": .integer(count),
                "input_issues": .array(combined.inputIssues.map(Self.document)),
                "issues": .array(combined.plan.issues.map(\.json)),
            ], objects: [BytesObject(Bytes(text))])
    }

    static func document(_ input: (name: String, issues: [Issue])) -> JSONValue {
        ["input": .string(input.name), "issues": .array(input.issues.map(\.json))]
    }

    static func document(_ input: (name: String, error: KerchunkError)) -> JSONValue {
        let place = input.error.object.map { " (in \($0))" } ?? ""
        return [
            "input": .string(input.name), "error": input.error.json,
            "reason": .string(input.error.message + place),
        ]
    }

    /// How many partitions the output of a plan has.
    static func partitions(_ request: Request) throws -> Reply {
        try request.checkNames(["task", "scan", "scratch"], of: "partitions")
        return Reply(document: [
            "partitions": .integer(try request.task().partitionCount(session: try request.session()))
        ])
    }

    /// Writes some partitions, or all of the output.
    static func execute(_ request: Request) throws -> Reply {
        try request.checkNames(
            [
                "task", "output", "first", "end", "options", "overwrite", "memory", "storage",
                "remote_storage", "output_storage", "scan", "scratch",
            ],
            of: "execute")
        let task = try request.task()
        let output = try request.required(try request.string("output"), "output")
        let options = try request.saving()
        let session = try request.session()
        let count: UInt64
        if let end = try request.integer("end", in: 0...UInt64.max) {
            let first = try request.integer("first", in: 0...UInt64.max) ?? 0
            guard first <= end else { throw KerchunkError(.usage, "the partitions end before they begin") }
            count = try task.write(
                first..<end, to: output, options: options, session: session)
        } else {
            count = try task.save(
                to: output, options: options,
                memoryLimit: Int(try request.integer("memory") ?? 256 << 20),
                overwrite: try request.flag("overwrite") ?? false, session: session)
        }
        return Reply(document: ["references": .integer(count)])
    }

    /// Puts the output into its place, when all of its partitions are written.
    static func finish(_ request: Request) throws -> Reply {
        try request.checkNames(
            [
                "task", "output", "options", "overwrite", "storage", "remote_storage", "output_storage",
                "scan", "scratch",
            ],
            of: "finish")
        let count = try request.task().finish(
            try request.required(try request.string("output"), "output"),
            options: try request.saving(),
            overwrite: try request.flag("overwrite") ?? false, session: try request.session())
        return Reply(document: ["references": .integer(count)])
    }
}

extension Request {
    /// The summaries whose bytes the members of `summaries` are, as one document.
    fileprivate func summaries() throws -> SummaryDocument {
        var documents: [SummaryDocument] = []
        for value in try required(try array("summaries"), "summaries") {
            let bytes = try part(["bytes": value]).handle("bytes", BytesObject.self).bytes
            documents.append(try SummaryDocument(json: JSONScanner.parse(bytes).object ?? [:]))
        }
        return SummaryDocument(joining: documents)
    }

    /// The plan whose bytes the member `task` is.
    fileprivate func task() throws -> CombineTask {
        let bytes = try handle("task", BytesObject.self).bytes
        var task = try CombineTask(json: try JSONScanner.parse(bytes).object ?? [:])
        if let options = try object("scan") {
            task.scanning = try ScanOptions(json: options, declared: Session().formatOptions)
            task.saving.fillLimit = try SavingOptions(ofScan: options).fillLimit
            task.scratch = try string("scratch")
        }
        return task
    }
}
