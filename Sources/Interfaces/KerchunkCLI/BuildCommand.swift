// SPDX-License-Identifier: Apache-2.0
// `kerchunk build`: files into one reference set, in one go.

import ArgumentParser
import Kerchunk

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Scans files and combines them into one reference set.",
        discussion: """
            The same as "kerchunk scan" followed by "kerchunk combine", without files in between. With \
            --scratch the scans are kept until the output is written, so a run that was interrupted does \
            not scan again.

            Examples:
              kerchunk build 'data/*.nc' -o cube.parq
              kerchunk build 'data/*.nc' -o cube.parq --concat-dim time --scratch work/
              kerchunk build 'data/*.nc' -o cube.parq --on-error skip --json > report.json
              kerchunk build --files-from list.txt -o cube.json --drop 'tmp*'
            """)

    @Argument(help: ArgumentHelp("Files, reference sets, or patterns.", valueName: "input"))
    var inputs: [String] = []

    @OptionGroup var further: FurtherInputs

    @OptionGroup(title: "Joining") var joining: JoiningArguments

    @OptionGroup(title: "Run") var running: JoiningRunArguments

    @OptionGroup(title: "Scanning") var scanning: ScanningArguments

    @OptionGroup(title: "Output") var output: ReferenceOutput

    func validate() throws { try further.check(inputs) }

    func run() throws {
        Platform.watchInterrupts()
        var run = try JoiningRun(joining, output: output, running: running)
        run.job.settings.scanning = scanning.options(running.inlining)
        try run.execute(further.list(inputs, run.job.session).names.map { .file($0) })
    }
}
