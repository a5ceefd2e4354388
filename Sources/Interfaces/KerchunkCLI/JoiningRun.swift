// SPDX-License-Identifier: Apache-2.0
// What "kerchunk combine" and "kerchunk build" have in common: a job, and what is told of it.

import ArgumentParser
import Kerchunk

/// Options of the run itself.
struct JoiningRunArguments: ParsableArguments {
    @OptionGroup var inlining: InliningArgument

    @Option(
        help: ArgumentHelp(
            "A directory for what does not fit into memory; scans stay there until the output is written.",
            valueName: "directory"))
    var scratch: String?

    @OptionGroup var memory: MemoryArgument

    @Flag(help: "Append the inputs to the output, which must exist.")
    var append = false

    @Option(
        help: ArgumentHelp(
            "With --append: seconds to wait for other runs that append to the same output.",
            valueName: "seconds"))
    var appendWait: UInt64 = 600

    @Flag(help: "Show the plan and write nothing.")
    var dryRun = false

    @OptionGroup var failing: OnErrorArgument

    func validate() throws {
        if let scratch, Location.isRemote(scratch) {
            throw ValidationError("--scratch must be a local directory, not \(scratch)")
        }
    }
}

/// From inputs to a written reference set, as the command does it.
struct JoiningRun {
    var job: BuildJob
    let output: ReferenceOutput
    let isDryRun: Bool

    init(_ joining: JoiningArguments, output: ReferenceOutput, running: JoiningRunArguments) throws {
        var settings = CombineSettings()
        settings.saving = output.options
        settings.scratch = running.scratch
        settings.memoryLimit = running.memory.bytes
        settings.inlineThreshold = running.inlining.inlineThreshold.bytes
        settings.skipsFailures = running.failing.onError == .skip
        if output.output != "-" { settings.output = output.output }
        if running.append { settings.appended = output.output }
        job = BuildJob(
            request: try joining.request(), settings: settings, session: try joining.session(output.storage))
        job.overwrites = output.overwrite
        job.appendWait = running.appendWait
        self.output = output
        isDryRun = running.dryRun
    }

    func execute(_ inputs: [CombineInput]) throws {
        let run = OutputRun(output)
        var job = job
        job.settings.threadCount = output.run.jobs ?? Kerchunk.width(for: inputs.map(\.name))
        if isDryRun {
            Platform.watchInterrupts()
            if job.settings.appended != nil { try job.checkAppending() }
            return try show(try measured(&job, inputs) { try $0.combine(inputs) }, run)
        }
        try run.execute {
            if job.settings.appended == nil { try output.checkWritable(reading: inputs.map(\.name)) }
            let writing = Progress(total: 0, of: "chunks", isQuiet: output.run.quiet)
            defer { writing.end() }
            let outcome = try measured(&job, inputs) { job in
                try job.run(
                    inputs, to: output.output == "-" ? StandardOutput() : nil, named: "standard output",
                    isWaiting: noteWaiting, progress: { writing.reach($0, of: $1) }
                ) { try tell($0, of: inputs.count, run) }
            }
            if outcome.references == nil {
                run.note("nothing to append; the output is unchanged")
                run.summary.isWritten = false
            }
            return (outcome.references ?? 0, outcome.combined.dataset.variableCount)
        }
    }

    /// Does `work`, and shows how many inputs are done.
    private func measured<Result>(
        _ job: inout BuildJob, _ inputs: [CombineInput], _ work: (BuildJob) throws -> Result
    ) throws -> Result {
        let progress = Progress(total: inputs.count, of: "inputs", isQuiet: output.run.quiet)
        defer { progress.end() }
        job.settings.progress = { progress.advance() }
        return try work(job)
    }

    private func noteWaiting() {
        if output.run.quiet { return }
        Console.writeError(
            "note: waiting for another run that is appending to \(withoutControls(shownURL(output.output)))")
    }

    private func show(_ combined: CombinedDataset, _ run: OutputRun) throws {
        for (name, issues) in combined.inputIssues { try run.report(issues, of: name) }
        let report = CombineReport(plan: combined.plan)
        var json = report.json.adding("left_out", leftOutJSON(combined.leftOut))
        json = json.adding("stats", StorageArguments.traffic.counts.json)
        var text = report.text
        if !combined.leftOut.isEmpty {
            text += "\ninputs left out:\n"
            for (name, error) in combined.leftOut {
                text += "  \(withoutControls(shownURL(name))): \(shownText(error.message))\n"
            }
        }
        if output.run.json { try Console.write(json) } else { try Platform.write(text, to: 1) }
        if !output.run.json { output.storage.showStatistics() }
    }

    /// Tells what was decided, and what of `count` inputs is not used.
    private func tell(_ combined: CombinedDataset, of count: Int, _ run: OutputRun) throws {
        for (name, issues) in combined.inputIssues { try run.report(issues, of: name) }
        run.inputCount = count - combined.leftOut.count
        run.summary.deed = counted(run.inputCount, "input") + " joined"
        run.leftOut = combined.leftOut
        let plan = combined.plan
        for decision in plan.decisions { run.note(decision) }
        if !plan.differences.isEmpty {
            run.note(
                "\(counted(plan.differences.count, "attribute")) \(plan.differences.count == 1 ? "differs" : "differ") among the inputs; those of the first input are kept (--dry-run lists them)"
            )
        }
        run.members["inputs"] = .integer(plan.inputs.count)
        run.members["decisions"] = .strings(plan.decisions)
        run.members["dropped"] = CombineReport(plan: plan).droppedJSON
        run.members["differences"] = .array(plan.differences.map(\.json))
        if job.settings.scanning.codecs == .auto { run.report(combined.notes) }
        try run.report(plan.issues, of: output.output)
    }
}
