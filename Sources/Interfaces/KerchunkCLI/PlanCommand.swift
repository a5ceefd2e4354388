// SPDX-License-Identifier: Apache-2.0
// `kerchunk summarize` and `kerchunk plan`: a combination in several steps, for many processes.

import ArgumentParser
import Kerchunk

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Plans a combination and saves the plan, for \"kerchunk execute\".",
        discussion: """
            The plan says which chunk of which input goes where. Any number of processes can execute parts of it. With
            --summaries the inputs are what "kerchunk summarize" wrote.

            Examples:
              kerchunk plan 'refs/*.json' -o plan.json
              kerchunk plan --summaries part1.json part2.json -o plan.json
              kerchunk execute plan.json -o all.parq
            """)

    @Argument(help: ArgumentHelp("Reference sets, in any form, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @Flag(help: "The inputs are lists of summaries, in the order of what they summarize.")
    var summaries = false

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Option(help: ArgumentHelp("Chunks of one Parquet file of the output.", valueName: "n"))
    var recordSize: UInt64 = 100_000

    @Option(help: "Zarr version of the output: 2, or 3 for JSON.")
    var zarrFormat = 2

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The plan to write; - is standard output.", valueName: "plan")
    )
    var output: String

    @Flag(help: "Replace a plan that exists.")
    var overwrite = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Inputs at once; as many as cores by default.", valueName: "n"))
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "No progress bar, no notes and no summary.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "Inputs that cannot be used: fail (write nothing), or skip (leave them out, and list them).",
            valueName: "fail|skip"))
    var onError = OnError.fail

    @Flag(help: "Print a report for programs on standard output (on standard error with -o -).")
    var json = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format is 2 or 3, not \(zarrFormat)")
        }
        if recordSize < 1 { throw ValidationError("--record-size is at least 1") }
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
    }

    func run() throws {
        Platform.watchInterrupts()
        let run = OutputRun(
            RunManner(place: output, isQuiet: quiet, isJSON: json, storage: storage))
        try run.execute {
            let combined = try plan(run)
            return (0, combined.plan.arrays.count)
        }
    }

    private func plan(_ run: OutputRun) throws -> CombinedDataset {
        if output != "-" {
            try checkOutput(
                output, overwrite: overwrite, options: SavingOptions(), files: try storage.files())
        }
        let list = try InputList(inputs, listedIn: filesFrom, files: combining.files(storage))
        Console.writeSkipped(list.issues)
        let names = list.absoluteNames
        let request = try combining.request()
        var settings = CombineSettings()
        settings.saving.zarrFormat = zarrFormat
        settings.threadCount = jobs ?? Kerchunk.width(for: names)
        settings.files = try combining.files(storage)
        settings.sources = try combining.sources(storage)
        settings.cancellation = Platform.interruption
        settings.skipsFailures = onError == .skip
        let combined: CombinedDataset
        if summaries {
            let document = try SummaryDocument(readingFrom: names, files: try storage.files())
            combined = try Kerchunk.combine(summarized: document, request: request, settings: settings)
        } else {
            let progress = Progress(total: names.count, of: "inputs", isQuiet: quiet)
            settings.progress = { progress.advance() }
            defer { progress.end() }
            combined = try Kerchunk.combine(
                names.map { .references($0) }, request: request, settings: settings)
        }
        for (name, issues) in combined.inputIssues { try run.report(issues, of: name) }
        for decision in combined.plan.decisions { run.note(decision) }
        try run.report(combined.plan.issues, of: output)
        run.leftOut = combined.leftOut
        run.inputCount = combined.plan.inputs.count
        run.members["inputs"] = .integer(run.inputCount)
        run.members["decisions"] = .strings(combined.plan.decisions)
        run.members["dropped"] = CombineReport(plan: combined.plan).droppedJSON
        var task = CombineTask(combined, request: request)
        task.saving = settings.saving
        task.sources = settings.sources ?? settings.files
        task.inlineThreshold = inlineThreshold.bytes
        task.recordSize = recordSize
        try Console.write(try task.json(), to: output, overwrite: overwrite, files: try storage.files())
        combined.finish()
        run.summary.deed = counted(run.inputCount, "input") + " planned"
        run.summary.product = "a plan"
        if zarrFormat == 2 {
            let count = try task.partitionCount()
            run.members["partitions"] = .integer(count)
            run.summary.product = "a plan of \(counted(count, "partition"))"
        }
        return combined
    }
}

struct SummarizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "summarize",
        abstract: "Reads what planning needs of some inputs, for \"kerchunk plan --summaries\".",
        discussion: """
            Metadata and coordinate values, no references: a few kilobytes an input. Batches of inputs can be summarized
            at the same time, with the same options about joining.

            Examples:
              kerchunk summarize 'refs/2001*.json' -o 2001.json
              kerchunk summarize 'refs/2002*.json' -o 2002.json --first-index 365
              kerchunk plan --summaries 2001.json 2002.json -o plan.json
            """)

    @Argument(help: ArgumentHelp("Reference sets, in any form, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @Option(help: ArgumentHelp("The number of the first of these among all inputs, from 0.", valueName: "n"))
    var firstIndex = 0

    @Option(help: "Zarr version of the output: 2, or 3 for JSON.")
    var zarrFormat = 2

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The list to write; - is standard output.", valueName: "summaries"))
    var output: String

    @Flag(help: "Replace a list that exists.")
    var overwrite = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Inputs at once; as many as cores by default.", valueName: "n"))
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "No progress bar, no warnings and no summary.")
    var quiet = false

    @Option(
        help: ArgumentHelp(
            "Inputs that cannot be used: fail (write nothing), or skip (leave them out, and list them).",
            valueName: "fail|skip"))
    var onError = OnError.fail

    @Flag(help: "Print a report for programs on standard output (on standard error with -o -).")
    var json = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format is 2 or 3, not \(zarrFormat)")
        }
        if firstIndex < 0 { throw ValidationError("--first-index is at least 0") }
    }

    func run() throws {
        Platform.watchInterrupts()
        let run = OutputRun(RunManner(place: output, isQuiet: quiet, isJSON: json, storage: storage))
        try run.execute {
            try summarize(run)
            return (0, 0)
        }
    }

    private func summarize(_ run: OutputRun) throws {
        if output != "-" {
            try checkOutput(
                output, overwrite: overwrite, options: SavingOptions(), files: try storage.files())
        }
        let list = try InputList(inputs, listedIn: filesFrom, files: combining.files(storage))
        Console.writeSkipped(list.issues)
        let names = list.absoluteNames
        var settings = CombineSettings()
        settings.files = try combining.files(storage)
        settings.sources = try combining.sources(storage)
        settings.saving.zarrFormat = zarrFormat
        settings.firstIndex = firstIndex
        settings.threadCount = jobs ?? Kerchunk.width(for: names)
        settings.cancellation = Platform.interruption
        settings.skipsFailures = onError == .skip
        let progress = Progress(total: names.count, of: "inputs", isQuiet: quiet)
        settings.progress = { progress.advance() }
        let document: SummaryDocument
        do {
            defer { progress.end() }
            document = try Kerchunk.summarize(
                names.map { .references($0) }, request: try combining.request(), settings: settings)
        }
        for (name, issues) in document.inputIssues { try run.report(issues, of: name) }
        run.leftOut = document.leftOut
        run.inputCount = document.summaries.count
        run.members["inputs"] = .integer(run.inputCount)
        run.summary.deed = counted(run.inputCount, "input") + " read"
        run.summary.product = counted(run.inputCount, "summary")
        try Console.write(document.json, to: output, overwrite: overwrite, files: try storage.files())
    }
}

extension SummaryDocument {
    /// All summaries of several files.
    fileprivate init(readingFrom paths: [String], files: FileOpener) throws(KerchunkError) {
        var summaries: [InputSummary] = []
        for path in paths {
            do {
                let text = try files.contents(of: path)
                summaries += try SummaryDocument(json: try JSONScanner.parse(text).object ?? [:]).summaries
            } catch {
                throw KerchunkError(wrapping: error).locating(url: path)
            }
        }
        self.init(summaries)
    }
}
