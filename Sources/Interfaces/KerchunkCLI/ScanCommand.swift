// SPDX-License-Identifier: Apache-2.0
// `kerchunk scan`: its arguments.

public import ArgumentParser
public import Kerchunk

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Locates the chunks of files and writes references to them.",
        discussion: """
            One input gives one JSON file, or a Parquet set where OUT ends in .parq or .parquet. Several, a pattern or a
            list give a directory with one <file name>.json each.

            Examples:
              kerchunk scan file.nc -o refs.json
              kerchunk scan file.nc -o - | python use.py
              kerchunk scan file.nc -o refs.parq --record-size 10000
              kerchunk scan 'data/**/*.nc' -o refs/ --jobs 8
              kerchunk scan 'tar://*.nc::archive.tar' -o refs/
              kerchunk scan zip://dir/a.nc::archive.zip -o refs.json
              kerchunk scan file.h5 -o refs.json --group /model --include 't*' --exclude tmp
              kerchunk scan '/archive/**/*.nc' -o refs/ --skip-existing --on-error skip
              find /archive -name '*.nc' | kerchunk scan --files-from - -o refs/ --json > report.json

            Exit status: 0 done, 1 some inputs failed, 2 wrong usage, 3 issues under --strict, 130 interrupted.
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, URLs, or patterns with *, ?, [...] and **; tar://MEMBER::FILE and zip://MEMBER::FILE are in archives.",
            valueName: "input"))
    var inputs: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The JSON file, a Parquet set (.parq, .parquet), a packed one (.kpack), a directory, or - for standard output.",
            valueName: "out"))
    var output: String

    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes; 0 embeds none.", valueName: "bytes"))
    var inlineThreshold = ByteCount(500)

    @Option(
        help: ArgumentHelp(
            "Split uncompressed contiguous data into chunks of at most this: 64MiB, 1GB.", valueName: "bytes")
    )
    var maxChunkSize: ByteCount?

    @OptionGroup var forms: FormArguments

    @Option(help: "Zarr version of the references: 2 or 3.")
    var zarrFormat = 2

    @Option(
        help: ArgumentHelp(
            "Codecs that references may name: those of zarr and numcodecs and, only where these do not do, those of swift_kerchunk (auto); none of swift_kerchunk (zarr), which leaves data out; those of both (all).",
            valueName: "auto|zarr|all"))
    var codecs = ScanOptions.CodecSet.auto

    @Option(help: "How variable-length strings are written.")
    var vlenEncode = HDF5Scanner.StringEncoding.embed

    @Option(
        help: ArgumentHelp("Missing chunks of one array that may be embedded as fill values.", valueName: "n")
    )
    var fillLimit: UInt64 = 10_000

    @Option(
        help: ArgumentHelp(
            "The group that becomes the root; it keeps the dimensions of those above.", valueName: "path"))
    var group = "/"

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Only these variables: names or paths, with * and ?. Repeatable.", valueName: "name"))
    var include: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("Not these variables. Repeatable.", valueName: "name"))
    var exclude: [String] = []

    @Flag(help: "One variable for an object with several names.")
    var noLinks = false

    @Flag(help: "Let files name other files outside their own folder.")
    var followExternal = false

    @Flag(help: "Take what is left of truncated files; what is missing of them are issues.")
    var salvage = false

    @Flag(help: "Take issues for failures: write no output for a file with issues, and exit with 3.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "Inputs that cannot be used: fail (exit with 1 when the others are done), or skip (leave them out, and list them).",
            valueName: "fail|skip"))
    var onError = OnError.fail

    @Flag(
        help:
            "Leave outputs as they are whose inputs have not changed since; scan the others, also those that changed."
    )
    var skipExisting = false

    @Flag(help: "Print a report for programs on standard output (on standard error with -o -).")
    var json = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Files at once; as many as cores by default, 32 where some are remote.", valueName: "n")
    )
    var jobs: Int?

    @Flag(help: "Replace outputs that exist.")
    var overwrite = false

    @Flag(
        help:
            "Remove a Parquet set that an object store has at this place, and write the new one there: until it is whole there is none."
    )
    var inPlace = false

    @Flag(help: "Wait until outputs are on their device: they then outlive a failure of power.")
    var durable = false

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @Flag(name: .shortAndLong, help: "No progress bar, no warnings and no summary.")
    var quiet = false

    @OptionGroup(title: "Stores") var storage: StorageArguments

    func validate() throws {
        let form = BuiltinForms.directory.form(byEndingOf: output) ?? BuiltinForms.directory.standard
        try FormArguments.check(zarrFormat: zarrFormat, for: form)
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
        if let maxChunkSize, maxChunkSize.bytes == 0 {
            throw ValidationError("--max-chunk-size is at least 1")
        }
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input is given") }
        if skipExisting, output == "-" {
            throw ValidationError("--skip-existing has no meaning for standard output")
        }
    }

    func run() throws {
        let list = try InputList(inputs, listedIn: filesFrom, files: storage.files())
        Console.writeSkipped(list.issues)
        let plan = try OutputPlan(inputs: list, output: output)
        var options = options
        options.allowsUnmatchedNames = plan.jobs.count > 1
        var run = ScanRun(plan: plan, options: options)
        forms.apply(to: &run.writing)
        run.writing.zarrFormat = zarrFormat
        run.writing.fillLimit = fillLimit
        run.writing.threadCount =
            jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        run.writing.replacesInPlace = inPlace
        run.writing.isDurable = durable
        run.isStrict = strict
        run.onError = onError
        run.skipsExisting = skipExisting
        run.overwrites = overwrite
        run.printsReport = json
        run.isQuiet = quiet
        run.threads = jobs ?? Kerchunk.width(for: plan.jobs.map(\.input))
        run.storage = storage
        try run.execute()
    }

    private var options: ScanOptions {
        var options = ScanOptions()
        options.inlineThreshold = inlineThreshold.bytes
        options.maximumChunkSize = maxChunkSize?.bytes
        options.codecs = codecs
        options[HDF5Scanner.stringEncoding] = vlenEncode
        options[HDF5Scanner.followsLinks] = !noLinks
        options.followsExternal = followExternal
        options.salvages = salvage
        options.group = group
        options.included = include
        options.excluded = exclude
        return options
    }
}

extension ByteCount {
    init(_ bytes: UInt64) { self.bytes = bytes }
    var defaultValueDescription: String { "\(bytes)" }
}

extension ScanOptions.CodecSet: ExpressibleByArgument {}
extension HDF5Scanner.StringEncoding: ExpressibleByArgument {}
