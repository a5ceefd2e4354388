// SPDX-License-Identifier: Apache-2.0
// `kerchunk combine`: many reference sets into one.

import ArgumentParser
import Kerchunk

struct CombineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "combine",
        abstract: "Joins many reference sets along dimensions into one.",
        discussion: """
            Without options it finds the dimension whose coordinate differs from input to input. Inputs land where their
            coordinate values say, whatever their order. What does not fit is told at once, for all inputs; --dry-run
            shows the plan and writes nothing.

            Examples:
              kerchunk combine 'refs/*.json' -o all.parq
              kerchunk combine 'refs/*.json' -o all.json --concat-dim time --identical-dim lat,lon
              kerchunk combine 'run_*.json' -o all.json --concat-dim run --coord 'run=regex:run_(\\d+)' --coord-dtype run=i4
              kerchunk combine 'refs/*.json' -o all.parq --dry-run
            """)

    @Argument(help: ArgumentHelp("JSON or Parquet reference sets, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Flag(help: "Show the plan, and write nothing.")
    var dryRun = false

    @Flag(help: "With --dry-run: the plan for programs, on standard output.")
    var json = false

    @OptionGroup(title: "Output") var output: ReferenceOutput

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        if json, !dryRun { throw ValidationError("--json goes with --dry-run") }
    }

    func run() throws {
        Platform.watchInterrupts()
        let names = try InputList(inputs, listedIn: filesFrom).names
        var run = CombineRunner(request: try combining.request(), output: output)
        run.inlineThreshold = inlineThreshold.bytes
        run.isDryRun = dryRun
        run.printsJSON = json
        try run.execute(names.map { .references($0) })
    }
}

/// From inputs to a written reference set.
struct CombineRunner {
    let request: CombineRequest
    let output: ReferenceOutput
    var settings = CombineSettings()
    var inlineThreshold: UInt64 = 500
    var isDryRun = false
    var printsJSON = false

    init(request: CombineRequest, output: ReferenceOutput) {
        self.request = request
        self.output = output
    }

    func execute(_ inputs: [CombineInput]) throws {
        if !isDryRun { try output.checkWritable() }
        var settings = settings
        settings.zarrFormat = output.zarrFormat
        settings.threadCount = output.jobs ?? Platform.coreCount
        settings.cancellation = Platform.interruption
        if output.output != "-" { settings.output = output.output }
        let progress = Progress(total: inputs.count, of: "inputs", isQuiet: output.quiet)
        settings.progress = { progress.advance() }
        let combined: CombinedDataset
        do {
            defer { progress.end() }
            combined = try Kerchunk.combine(inputs, request: request, settings: settings)
        }
        for (name, issues) in combined.inputIssues { try output.report(issues, of: name) }
        if isDryRun {
            let report = CombineReport(plan: combined.plan)
            try Platform.write(
                printsJSON ? report.json.serialized(isPretty: true) + "\n" : report.text, to: 1)
            return
        }
        if !output.quiet {
            for decision in combined.plan.decisions { Console.writeError("note: \(decision)") }
            let count = combined.plan.differences.count
            if count > 0 {
                Console.writeError(
                    "note: \(count) attributes differ among the inputs; those of the first are kept (--dry-run lists them)"
                )
            }
        }
        try output.report(combined.plan.issues, of: output.output)
        var dataset = combined.dataset
        if inlineThreshold > 0 { dataset = Kerchunk.inlineChunks(of: dataset, below: inlineThreshold) }
        if output.output == "-" {
            try output.save(dataset)
        } else {
            try Kerchunk.save(
                combined, as: dataset, wish: "inline \(inlineThreshold)", to: output.output, options: output.options,
                overwrite: output.overwrite, cancellation: Platform.interruption)
        }
        combined.finish()
    }
}
