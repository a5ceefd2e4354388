// SPDX-License-Identifier: Apache-2.0
// `kerchunk scan`: its arguments.

import ArgumentParser
import Kerchunk

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Locates the chunks of files and writes references to them.",
        discussion: """
            One input gives one JSON file, or a Parquet set where OUT ends in .parq or .parquet. Several, a pattern or a \
            list give a directory with one <file name>.json each.

            Examples:
              kerchunk scan file.nc -o refs.json
              kerchunk scan file.nc -o - | python use.py
              kerchunk scan file.nc -o refs.parq --record-size 10000
              kerchunk scan 'data/**/*.nc' -o refs/ --jobs 8
              kerchunk scan 'tar://*.nc::archive.tar' -o refs/
              kerchunk scan zip://dir/a.nc::archive.zip -o refs.json
              kerchunk scan file.h5 -o refs.json --group /model \\
                --include 't*' --exclude tmp
              kerchunk scan '/archive/**/*.nc' -o refs/ --skip-existing --on-error skip
              find /archive -name '*.nc' |
                kerchunk scan --files-from - -o refs/ --json > manner.json

            Exit status: 0 done, 1 some inputs failed, 2 wrong usage, 3 issues under --strict, 130 interrupted.
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, URLs, or patterns with *, ?, [...] and **; tar://MEMBER::FILE and zip://MEMBER::FILE for files in archives.",
            valueName: "input"))
    var inputs: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "A JSON file, a Parquet set (.parq, .parquet), a packed set (.kpack), a directory, or - for standard output.",
            valueName: "out"))
    var output: String

    @OptionGroup var further: FurtherInputs

    @OptionGroup(title: "Scanning") var scanning: ScanningArguments

    @OptionGroup(title: "Scanning") var inlining: InliningArgument

    @OptionGroup(title: "Scanning") var variables: VariableArguments

    @Option(help: "How to write variable-length strings.")
    var vlenEncode = HDF5Scanner.StringEncoding.embed

    @Option(
        help: ArgumentHelp(
            "How many missing chunks of one array may be embedded as fill values.", valueName: "n")
    )
    var fillLimit: UInt64 = 10_000

    @OptionGroup(title: "Output") var replacing: ReplacingArguments

    @OptionGroup(title: "Output") var partitions: RecordSizeArgument

    @OptionGroup(title: "Output") var version: ZarrFormatArgument

    @OptionGroup(title: "Output") var writing: WritingArguments

    @Flag(
        help:
            "Keep outputs whose inputs have not changed since; scan new and changed files."
    )
    var skipExisting = false

    @OptionGroup(title: "Run") var manner: RunArguments

    @OptionGroup(title: "Run") var failing: OnErrorArgument

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        let forms = Session().forms
        try version.check(for: forms.form(byEndingOf: output) ?? forms.standard)
        try further.check(inputs)
        if skipExisting, output == "-" {
            throw ValidationError("--skip-existing cannot be used with standard output")
        }
    }

    func run() throws {
        let session = try storage.session()
        let plan = try OutputPlan(
            inputs: try further.list(inputs, session), output: output, forms: session.forms)
        var options = scanning.options(inlining)
        options[HDF5Scanner.stringEncoding] = vlenEncode
        options.included = variables.include
        options.excluded = variables.exclude
        options.allowsUnmatchedNames = plan.jobs.count > 1
        var run = ScanRun(plan: plan, options: options, session: session)
        run.writing = writing.options(
            for: output, manner, replacing, partitions, version, storage)
        run.writing.fillLimit = fillLimit
        run.isStrict = writing.strict
        run.onError = failing.onError
        run.skipsExisting = skipExisting
        run.overwrites = manner.overwrite
        run.printsReport = manner.json
        run.isQuiet = manner.quiet
        run.threads = manner.jobs ?? Kerchunk.width(for: plan.jobs.map(\.input))
        run.storage = storage
        try run.execute()
    }
}
