// SPDX-License-Identifier: Apache-2.0
// `kerchunk summarize` and `kerchunk plan`: a combination in several steps, for many processes.

import ArgumentParser
import Kerchunk

/// Options of commands that do a part of a combination.
struct StepArguments: ParsableArguments {
    @OptionGroup(title: "Joining") var joining: JoiningArguments

    @OptionGroup var version: ZarrFormatArgument

    @OptionGroup var document: DocumentOutput

    @OptionGroup var manner: RunArguments

    @OptionGroup var failing: OnErrorArgument

    @OptionGroup(title: "Stores") var storage: StorageArguments

    /// The combination.
    func job() throws -> BuildJob {
        var settings = CombineSettings()
        settings.saving.zarrFormat = version.zarrFormat
        settings.skipsFailures = failing.onError == .skip
        return BuildJob(
            request: try joining.request(), settings: settings, session: try joining.session(storage))
    }

    /// Does `work` with the inputs as users mean them, and tells what came of it.
    func execute(
        _ inputs: ReferenceInputs, _ work: (BuildJob, [String], OutputRun) throws -> Int
    ) throws {
        Platform.watchInterrupts()
        let run = OutputRun(
            RunManner(
                place: document.output, isQuiet: manner.quiet, isJSON: manner.json, storage: storage))
        try run.execute {
            try document.check(manner, try storage.session())
            var job = try job()
            let names = try inputs.list(job.session).absoluteNames
            job.settings.threadCount = manner.jobs ?? Kerchunk.width(for: names)
            return (0, try work(job, names, run))
        }
    }

    func write(_ content: JSONObject) throws {
        try Console.write(
            content, to: document.output, overwrite: manner.overwrite, try storage.session())
    }

    /// Does `work` with inputs, and shows how many are done.
    func measured<Result>(
        _ job: BuildJob, _ names: [String], _ work: (BuildJob, [CombineInput]) throws -> Result
    ) throws -> Result {
        var job = job
        let progress = Progress(total: names.count, of: "inputs", isQuiet: manner.quiet)
        job.settings.progress = { progress.advance() }
        defer { progress.end() }
        return try work(job, names.map { .references($0) })
    }
}

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plans a combination and saves the plan, for \"kerchunk execute\".",
        discussion: """
            The plan says which chunk of which input goes where. Any number of processes can execute \
            parts of it. With --summaries the inputs are the files that "kerchunk summarize" wrote.

            Examples:
              kerchunk plan 'refs/*.json' -o plan.json
              kerchunk plan --summaries part1.json part2.json -o plan.json
              kerchunk execute plan.json -o all.parq
            """)

    @OptionGroup var inputs: ReferenceInputs

    @Flag(help: "The inputs are lists of summaries, in the order of the inputs that they summarize.")
    var summaries = false

    @OptionGroup var inlining: InliningArgument

    @OptionGroup var partitions: RecordSizeArgument

    @OptionGroup var step: StepArguments

    func run() throws {
        try step.execute(inputs) { job, names, run in
            var job = job
            job.settings.inlineThreshold = inlining.inlineThreshold.bytes
            job.settings.saving[ParquetForm.recordSize] = partitions.recordSize
            let (task, combined) = try plan(job, names)
            try tell(combined, run)
            try step.write(try task.json())
            combined.finish()
            run.summary.product = "a plan"
            if step.version.zarrFormat == 2 {
                let count = try task.partitionCount(session: job.session)
                run.members["partitions"] = .integer(count)
                run.summary.product = "a plan of \(counted(count, "partition"))"
            }
            return combined.plan.arrays.count
        }
    }

    private func plan(
        _ job: BuildJob, _ names: [String]
    ) throws -> (task: CombineTask, combined: CombinedDataset) {
        if summaries {
            return try job.plan(
                summarized: SummaryDocument(readingFrom: names, try step.storage.session()))
        }
        return try step.measured(job, names) { try $0.plan($1) }
    }

    private func tell(_ combined: CombinedDataset, _ run: OutputRun) throws {
        for (name, issues) in combined.inputIssues { try run.report(issues, of: name) }
        for decision in combined.plan.decisions { run.note(decision) }
        try run.report(combined.plan.issues, of: step.document.output)
        run.leftOut = combined.leftOut
        run.inputCount = combined.plan.inputs.count
        run.members["inputs"] = .integer(run.inputCount)
        run.members["decisions"] = .strings(combined.plan.decisions)
        run.members["dropped"] = CombineReport(plan: combined.plan).droppedJSON
        run.summary.deed = counted(run.inputCount, "input") + " planned"
    }
}

struct SummarizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summarize",
        abstract: "Summarizes some inputs for \"kerchunk plan --summaries\".",
        discussion: """
            A summary has metadata and coordinate values but no references: a few kilobytes per input. \
            Batches of inputs can be summarized at the same time, with the same options for combining.

            Examples:
              kerchunk summarize 'refs/2001*.json' -o 2001.json
              kerchunk summarize 'refs/2002*.json' -o 2002.json --first-index 365
              kerchunk plan --summaries 2001.json 2002.json -o plan.json
            """)

    @OptionGroup var inputs: ReferenceInputs

    @Option(
        help: ArgumentHelp(
            "The number, among all inputs, of the first of these inputs, from 0.", valueName: "n"))
    var firstIndex = 0

    @OptionGroup var step: StepArguments

    func validate() throws {
        if firstIndex < 0 { throw ValidationError("--first-index must be at least 0") }
    }

    func run() throws {
        try step.execute(inputs) { job, names, run in
            var job = job
            job.settings.firstIndex = firstIndex
            let document = try step.measured(job, names) { try $0.summarize($1) }
            for (name, issues) in document.inputIssues { try run.report(issues, of: name) }
            run.leftOut = document.leftOut
            run.inputCount = document.summaries.count
            run.members["inputs"] = .integer(run.inputCount)
            run.summary.deed = counted(run.inputCount, "input") + " read"
            run.summary.product = counted(run.inputCount, "summary")
            try step.write(document.json)
            return 0
        }
    }
}

extension SummaryDocument {
    /// All summaries of several files.
    fileprivate init(readingFrom paths: [String], _ session: Session) throws(KerchunkError) {
        var summaries: [InputSummary] = []
        for path in paths {
            do {
                let text = try session.contents(of: path)
                summaries += try SummaryDocument(json: try JSONScanner.parse(text).object ?? [:]).summaries
            } catch {
                throw KerchunkError(wrapping: error).locating(url: path)
            }
        }
        self.init(summaries)
    }
}
