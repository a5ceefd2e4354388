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

    @Argument(help: ArgumentHelp("Reference sets, in any form, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @OptionGroup(title: "Run") var running: CombineRunOptions

    @OptionGroup(title: "Output") var output: ReferenceOutput

    func validate() throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        try running.check()
    }

    func run() throws {
        Platform.watchInterrupts()
        let list = try InputList(inputs, listedIn: filesFrom, files: combining.files(output.storage))
        Console.writeSkipped(list.issues)
        let names = list.names
        let run = try CombineRunner(combining, output: output, running: running)
        try run.execute(names.map { .references($0) }, deed: "joined")
    }
}
