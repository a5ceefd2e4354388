// SPDX-License-Identifier: Apache-2.0
// `kerchunk build`: files into one reference set, in one go.

import ArgumentParser
import Kerchunk

struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Scans files and joins them into one reference set.",
        discussion: """
            The same as "kerchunk scan" and "kerchunk combine" without files in between. With --scratch, what was scanned is
            kept until the output is there: a run that was cut off does not scan it again.

            Examples:
              kerchunk build 'data/*.nc' -o cube.parq
              kerchunk build 'data/*.nc' -o cube.parq --concat-dim time --scratch work/
              kerchunk build 'data/*.nc' -o cube.parq --on-error skip --json > report.json
              kerchunk build --files-from list.txt -o cube.json --drop 'tmp*'
            """)

    @Argument(help: ArgumentHelp("Files, reference sets, or patterns.", valueName: "input"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one a line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    @OptionGroup(title: "Joining") var combining: CombineOptions

    @OptionGroup(title: "Run") var running: CombineRunOptions

    @Option(
        help: ArgumentHelp(
            "Split uncompressed contiguous data into chunks of at most this: 64MiB, 1GB.", valueName: "bytes")
    )
    var maxChunkSize: ByteCount?

    @Option(
        help: ArgumentHelp(
            "Codecs that references may name: those of zarr and numcodecs and, only where these do not do, those of swift_kerchunk (auto); none of swift_kerchunk (zarr), which leaves data out; those of both (all).",
            valueName: "auto|zarr|all"))
    var codecs = ScanOptions.CodecSet.auto

    @Option(
        help: ArgumentHelp(
            "The group that becomes the root; it keeps the dimensions of those above.", valueName: "path"))
    var group = "/"

    @Flag(help: "One variable for an object with several names.")
    var noLinks = false

    @Flag(help: "Let files name other files outside their own folder.")
    var followExternal = false

    @Flag(help: "Take what is left of truncated and damaged files; what is missing of them are issues.")
    var salvage = false

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
        var runner = try CombineRunner(combining, output: output, running: running)
        runner.settings.scanning.maximumChunkSize = maxChunkSize?.bytes
        runner.settings.scanning.inlineThreshold = running.inlineThreshold.bytes
        runner.settings.scanning.codecs = codecs
        runner.settings.scanning.group = group
        runner.settings.scanning[HDF5Scanner.followsLinks] = !noLinks
        runner.settings.scanning.followsExternal = followExternal
        runner.settings.scanning.salvages = salvage
        try runner.execute(names.map { .file($0) }, deed: "joined")
    }
}
