// SPDX-License-Identifier: Apache-2.0
// Many datasets into one.

import Kerchunk

extension Operations {
    /// Plans a combination; its chunks are pulled from the inputs when they are asked for.
    static func combine(_ request: Request) throws -> Reply {
        try request.checkNames(["inputs", "request", "settings", "storage", "remote_storage"], of: "combine")
        let inputs = try request.inputs()
        let job = try request.job(for: inputs)
        request.context.progress.begin(.inputs, total: UInt64(inputs.count))
        let combined = try job.combine(inputs)
        let opened = Opened(
            combined.dataset, issues: combined.plan.issues, from: .made("combined"),
            zarrFormat: job.settings.saving.zarrFormat)
        var reply = reply(opened, combined: combined)
        reply.document["plan"] = CombineReport(plan: combined.plan).json
        reply.document["plan_text"] = .string(CombineReport(plan: combined.plan).text)
        reply.document["input_issues"] = .array(combined.inputIssues.map(document))
        reply.document["left_out"] = .array(combined.leftOut.map(Self.document))
        reply.document["adds_nothing"] = .bool(combined.addsNothing)
        return reply
    }
}

extension Request {
    /// What is to be combined: locations of reference sets or files, and datasets.
    func inputs() throws(KerchunkError) -> [CombineInput] {
        var inputs: [CombineInput] = []
        for value in try required(try array("inputs"), "inputs") {
            let input = part(value.object ?? [:])
            try input.checkNames(["references", "file", "dataset", "name"], of: "an input")
            if let url = try input.string("references") {
                inputs.append(.references(url))
            } else if let url = try input.string("file") {
                inputs.append(.file(url))
            } else {
                let opened = try input.dataset().opened
                let name = try input.string("name") ?? "input \(inputs.count)"
                if let damage = KerchunkError(damage: opened.issues) { throw damage.locating(url: name) }
                inputs.append(.dataset(name: name, opened.dataset))
            }
        }
        if inputs.isEmpty { throw KerchunkError(.usage, "no input was given") }
        return inputs
    }

    /// The combination that is asked for.
    func job(for inputs: [CombineInput]) throws(KerchunkError) -> BuildJob {
        BuildJob(
            request: try CombineRequest(json: object("request") ?? [:]), settings: try settings(for: inputs),
            session: try session())
    }

    private func settings(for inputs: [CombineInput]) throws(KerchunkError) -> CombineSettings {
        let part = try part("settings")
        try part.checkNames(
            [
                "zarr_format", "jobs", "memory", "scratch", "output", "append", "first_index", "scan",
                "inline_threshold", "on_error",
            ], of: "a combination")
        var settings = CombineSettings()
        settings.saving.zarrFormat = try part.zarrFormat() ?? 2
        settings.threadCount = Int(
            try part.integer("jobs", in: 1...4096) ?? UInt64(Kerchunk.width(for: inputs.map(\.name))))
        settings.memoryLimit = Int(try part.integer("memory") ?? UInt64(settings.memoryLimit))
        settings.scratch = try part.string("scratch")
        settings.output = try part.string("output")
        settings.appended = try part.string("append")
        switch try part.string("on_error") ?? "raise" {
        case "raise": break
        case "skip": settings.skipsFailures = true
        case let other:
            throw KerchunkError(.usage, "\"on_error\" must be \"raise\" or \"skip\", not \"\(other)\"")
        }
        settings.firstIndex = Int(try part.integer("first_index") ?? 0)
        if part.value("scan") != nil {
            let scan = try part.object("scan") ?? [:]
            settings.scanning = try ScanOptions(json: scan, declared: Session().formatOptions)
            settings.saving.fillLimit = try SavingOptions(ofScan: scan).fillLimit
        }
        settings.inlineThreshold = try part.integer("inline_threshold", in: 0...UInt64.max) ?? 0
        if let size = try integer("record_size", in: 1...UInt64.max) {
            settings.saving[ParquetForm.recordSize] = size
        }
        let progress = context.progress
        settings.progress = { progress.add(1) }
        return settings
    }
}
