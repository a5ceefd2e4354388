// SPDX-License-Identifier: Apache-2.0
// `kerchunk combine`: many reference sets into one.

import ArgumentParser
import Kerchunk

struct CombineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "combine",
        abstract: "Combines many reference sets into one, along dimensions.",
        discussion: """
            Without options it finds the dimension whose coordinate differs between inputs. Inputs are \
            placed by their coordinate values, whatever their order. All problems of all inputs are \
            reported together. --dry-run shows the plan and writes nothing.

            Examples:
              kerchunk combine 'refs/*.json' -o all.parq
              kerchunk combine 'refs/*.json' -o all.json \\
                --concat-dim time --identical-dim lat,lon
              kerchunk combine 'run_*.json' -o all.json --concat-dim run \\
                --coord 'run=regex:run_(\\d+)' --coord-dtype run=i4
              kerchunk combine 'refs/*.json' -o all.parq --dry-run
            """)

    @OptionGroup var inputs: ReferenceInputs

    @OptionGroup(title: "Joining") var joining: JoiningArguments

    @OptionGroup(title: "Run") var running: JoiningRunArguments

    @OptionGroup(title: "Output") var output: ReferenceOutput

    func run() throws {
        Platform.watchInterrupts()
        let run = try JoiningRun(joining, output: output, running: running)
        try run.execute(inputs.list(run.job.session).names.map { .references($0) })
    }
}
