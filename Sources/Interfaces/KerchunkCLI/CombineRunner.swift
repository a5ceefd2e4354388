// SPDX-License-Identifier: Apache-2.0
// What "kerchunk combine" and "kerchunk build" have in common: from inputs to a written reference set.

import ArgumentParser
import Kerchunk

/// Options of the run itself.
struct CombineRunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Option(
        help: ArgumentHelp(
            "A directory for what does not fit into memory; scanned files stay there until the output is written.",
            valueName: "directory"))
    var scratch: String?

    @Option(
        help: ArgumentHelp(
            "References that are kept in memory, in bytes; others go to the scratch directory.",
            valueName: "size"))
    var memory = ByteCount(256 << 20)

    @Flag(help: "Append the inputs to the output, which exists.")
    var append = false

    @Option(
        help: ArgumentHelp(
            "With --append: how long to wait for other runs that append to the same output.",
            valueName: "seconds"))
    var appendWait: UInt64 = 600

    @Flag(help: "Show the plan, and write nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Inputs that cannot be used: fail (write nothing), or skip (leave them out, and list them).",
            valueName: "fail|skip"))
    var onError = OnError.fail

    func check() throws {
        if let scratch, Location.isRemote(scratch) {
            throw ValidationError("--scratch is a directory of this machine, not \(scratch)")
        }
    }
}

/// From inputs to a written reference set.
struct CombineRunner {
    let request: CombineRequest
    let output: ReferenceOutput
    let running: CombineRunOptions
    var settings = CombineSettings()

    init(_ combining: CombineOptions, output: ReferenceOutput, running: CombineRunOptions) throws {
        request = try combining.request()
        settings.files = try combining.files(output.storage)
        settings.sources = try combining.sources(output.storage)
        self.output = output
        self.running = running
    }

    /// - Parameter deed: what is done to inputs: `joined`.
    func execute(_ inputs: [CombineInput], deed: String) throws {
        let run = OutputRun(output)
        if running.dryRun {
            Platform.watchInterrupts()
            try checkPlace(inputs)
            return try show(try combine(inputs, run))
        }
        try run.execute {
            try checkPlace(inputs)
            let lock = try running.append ? lockOutput() : nil
            // Until what was read has been replaced.
            defer { withExtendedLifetime(lock) {} }
            let combined = try combine(inputs, run)
            run.inputCount = inputs.count - combined.leftOut.count
            run.summary.deed = counted(run.inputCount, "input") + " " + deed
            run.leftOut = combined.leftOut
            try tell(combined, run)
            let dataset = inlined(combined.dataset)
            let references =
                output.output == "-" ? try output.save(dataset) : try save(combined, dataset, run)
            combined.finish()
            return (references, dataset.variableCount)
        }
    }

    private func combine(_ inputs: [CombineInput], _ run: OutputRun) throws -> CombinedDataset {
        var settings = settings
        settings.saving = output.options
        settings.threadCount = output.jobs ?? Kerchunk.width(for: inputs.map(\.name))
        settings.scratch = running.scratch
        if running.append { settings.appended = output.output }
        settings.memoryLimit = Int(clamping: running.memory.bytes)
        settings.cancellation = Platform.interruption
        settings.skipsFailures = running.onError == .skip
        if output.output != "-" { settings.output = output.output }
        let progress = Progress(total: inputs.count, of: "inputs", isQuiet: output.quiet)
        settings.progress = { progress.advance() }
        defer { progress.end() }
        let combined = try Kerchunk.combine(inputs, request: request, settings: settings)
        for (name, issues) in combined.inputIssues { try run.report(issues, of: name) }
        return combined
    }

    /// Waits until no other run appends to the output.
    private func lockOutput() throws -> OutputLock? {
        try Kerchunk.lockForAppending(
            output.output, waiting: running.appendWait, files: try output.storage.files(),
            cancellation: Platform.interruption
        ) {
            if output.quiet { return }
            Console.writeError(
                "note: waiting for another run that appends to \(withoutControls(shownURL(output.output)))")
        }
    }

    /// Says early what stands against the output.
    private func checkPlace(_ inputs: [CombineInput]) throws {
        if running.append {
            guard output.output != "-", try Kerchunk.exists(output.output, files: try output.storage.files())
            else {
                throw KerchunkError(
                    .notFound, "there is no reference set to append to; leave --append out the first time",
                    url: output.output)
            }
            if Location.isRemote(output.output), output.form.isFolder {
                throw KerchunkError(
                    .usage,
                    "a \(output.form.name) set in an object store cannot be appended to in its own place, as readers would see a mix: "
                        + "combine it with the new inputs into another place, or append to a copy on this machine",
                    url: output.output)
            }
            if !running.dryRun {
                try Kerchunk.checkOutput(
                    output.output, overwrite: true, options: output.options, files: try output.storage.files()
                )
            }
        } else if !running.dryRun {
            try output.checkWritable(reading: inputs.map(\.name))
        }
    }

    private func show(_ combined: CombinedDataset) throws {
        let report = CombineReport(plan: combined.plan)
        var json = report.json.adding("left_out", Self.leftOut(combined))
        json = json.adding("stats", StorageArguments.traffic.counts.json)
        var text = report.text
        if !combined.leftOut.isEmpty {
            text += "\ninputs left out:\n"
            for (name, error) in combined.leftOut {
                text += "  \(withoutControls(shownURL(name))): \(shownText(error.message))\n"
            }
        }
        if output.json { try Console.write(json) } else { try Platform.write(text, to: 1) }
        if !output.json { output.storage.showStatistics() }
    }

    private static func leftOut(_ combined: CombinedDataset) -> JSONValue {
        .array(combined.leftOut.map { ["input": .string(shownURL($0.name)), "error": $0.error.json] })
    }

    private func tell(_ combined: CombinedDataset, _ run: OutputRun) throws {
        let plan = combined.plan
        for decision in plan.decisions { run.note(decision) }
        if !plan.differences.isEmpty {
            run.note(
                "\(counted(plan.differences.count, "attribute")) \(plan.differences.count == 1 ? "differs" : "differ") among the inputs; the first input's are kept (--dry-run lists them)"
            )
        }
        run.members["inputs"] = .integer(plan.inputs.count)
        run.members["decisions"] = .strings(plan.decisions)
        run.members["dropped"] = CombineReport(plan: plan).droppedJSON
        run.members["differences"] = .array(plan.differences.map(\.json))
        if settings.scanning.codecs == .auto { run.report(combined.notes) }
        try run.report(plan.issues, of: output.output)
    }

    private func inlined(_ dataset: VirtualDataset) -> VirtualDataset {
        let threshold = running.inlineThreshold.bytes
        guard threshold > 0 else { return dataset }
        return Kerchunk.inlineChunks(
            of: dataset, below: threshold, files: settings.sources ?? settings.files)
    }

    private func save(
        _ combined: CombinedDataset, _ dataset: VirtualDataset, _ run: OutputRun
    ) throws -> UInt64 {
        if running.append, combined.addsNothing {
            run.note("nothing to append; the output stays as it is")
            run.summary.isWritten = false
            return 0
        }
        let progress = Progress(total: 0, of: "chunks", isQuiet: output.quiet)
        defer { progress.end() }
        return try Kerchunk.save(
            combined, as: dataset, wish: "inline \(running.inlineThreshold.bytes)", to: output.output,
            options: output.options, overwrite: output.overwrite || running.append,
            progress: { progress.reach($0, of: $1) }, cancellation: Platform.interruption,
            files: try output.storage.files())
    }
}
