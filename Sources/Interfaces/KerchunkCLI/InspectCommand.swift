// SPDX-License-Identifier: Apache-2.0
// `kerchunk inspect`: its arguments.

import ArgumentParser
import Kerchunk

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows a file or a reference set as a dataset.",
        discussion: """
            Shows dimensions, coordinates and variables as ncdump -h and xarray do, and where the chunks \
            are: how many are missing, and which along each axis, by coordinate value if the references \
            embed the coordinate. For each coordinate it shows first and last value, the step, and where \
            the step changes, such as "3 days are missing: 2001-02-03 to 2001-02-05".

            Examples:
              kerchunk inspect file.nc
              kerchunk inspect refs.json --variable tas
              kerchunk inspect refs.parq
              kerchunk inspect refs.json --json | jq '.groups[0].variables[].name'
            """)

    @Argument(help: "A data file of a known format, or a reference set.")
    var input: String

    @OptionGroup var document: DocumentArgument

    @Option(
        help: ArgumentHelp(
            "Only this variable (a name or path), with all its attributes.", valueName: "name"))
    var variable: String?

    @Flag(help: "Also read coordinates whose values are in remote files.")
    var read = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func run() throws {
        Platform.watchInterrupts()
        try reporting(asJSON: document.json, work)
    }

    private func work() throws {
        // Everything embedded would hide where the chunks are.
        var options = ScanOptions()
        options.inlineThreshold = 0
        let session = try storage.session()
        // What a set names is shown in any case.
        var showing = session
        showing.files.trust.allowsLocal = true
        var opened = try Kerchunk.open(input, options: options, session: showing)
        if opened.form == nil {
            // As it would be written.
            let said = try Kerchunk.represent(opened.dataset, as: SavingOptions(), leavesOut: true)
            opened.dataset = said.dataset
            opened.issues += said.issues
        }
        let mayRead = (try? session.files.trust.check(opened.dataset, from: input)) != nil
        let summary = try DatasetSummary(
            opened, location: input, only: variable,
            coordinates: CoordinateReading(session, readsFiles: mayRead, readsRemote: read))
        if document.json {
            var json = summary.json
            if storage.stats { json = json.adding("stats", StorageArguments.traffic.counts.json) }
            try Console.write(json)
        } else {
            try Platform.write(summary.text(inFull: variable != nil), to: 1)
        }
        for issue in opened.issues where !document.json { Console.writeError(issue.text(file: input)) }
        if !document.json { storage.showStatistics() }
    }
}
