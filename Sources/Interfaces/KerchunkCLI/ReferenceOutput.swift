// SPDX-License-Identifier: Apache-2.0
// Where and how commands that change reference sets write them.

import ArgumentParser
import Kerchunk

/// The options of such commands.
struct ReferenceOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The reference set to write: Parquet where it ends in .parq, .parquet or /, else JSON; - is standard output.",
            valueName: "out"))
    var output: String

    @Flag(help: "Replace an output that exists; it may be the input.")
    var overwrite = false

    @Flag(
        help:
            "Remove a Parquet set that an object store has at this place, and write the new one there: until it is whole there is none."
    )
    var inPlace = false

    @Option(help: ArgumentHelp("Chunks of one Parquet file.", valueName: "n"))
    var recordSize: UInt64 = 100_000

    @Flag(help: "Embed missing chunks as fill values in Parquet, for readers that cannot read nulls.")
    var fillMissing = false

    @Option(help: "Zarr version of the metadata in JSON: 2 or 3.")
    var zarrFormat = 2

    @Flag(help: "Write folders of URLs once in JSON, as templates.")
    var templates = false

    @Option(
        help: ArgumentHelp(
            "Compress JSON with zstd or gzip; outputs named .zst or .gz are compressed anyway.",
            valueName: "codec"))
    var compress: Compression?

    @Flag(help: "One line for each reference in JSON.")
    var pretty = false

    @Flag(help: "Wait until the output is on its device: it then outlives a failure of power.")
    var durable = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Threads that write Parquet; as many as cores by default.", valueName: "n")
    )
    var jobs: Int?

    @Flag(help: "Take issues for failures: write nothing, and exit with 3.")
    var strict = false

    @Flag(name: .shortAndLong, help: "No warnings.")
    var quiet = false

    @OptionGroup var storage: StorageArguments

    var format: ReferenceFormat { output == "-" ? .json : ReferenceFormat(path: output) }

    func validate() throws {
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format is 2 or 3, not \(zarrFormat)")
        }
        if zarrFormat == 3, format == .parquet {
            throw ValidationError(
                "Parquet reference sets hold Zarr 2 metadata only; write JSON for --zarr-format 3")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
        if recordSize < 1 { throw ValidationError("--record-size is at least 1") }
    }

    var options: SavingOptions {
        var options = SavingOptions()
        options.json.zarrFormat = zarrFormat
        options.json.isPretty = pretty
        options.json.usesTemplates = templates
        options.json.compression = compress?.rawValue
        options.parquet.recordSize = recordSize
        options.parquet.fillMissing = fillMissing
        options.json.isDurable = durable
        options.parquet.isDurable = durable
        options.parquet.replacesInPlace = inPlace
        options.parquet.threadCount =
            jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        return options
    }

    /// Opens the reference set `input`; what of it cannot be used is shown, and fails under `--strict`.
    /// - Parameter partitions: shared by sets that are opened together.
    func open(_ input: String, partitions: PartitionCache? = nil) throws -> VirtualDataset {
        let opened = try Kerchunk.openReferences(
            input, partitions: partitions, cancellation: Platform.interruption, files: try storage.files())
        let changed: (dataset: VirtualDataset, issues: [Issue])
        do {
            changed = try Kerchunk.changeZarrFormat(of: opened, to: zarrFormat)
        } catch {
            throw error.locating(url: input)
        }
        try report(opened.issues + changed.issues, of: input)
        return changed.dataset
    }

    /// Shows `issues`; under `--strict` they end the command.
    func report(_ issues: [Issue], of input: String) throws {
        if !quiet || strict { for issue in issues { Console.writeError(issue.text(file: input)) } }
        guard strict, !issues.isEmpty else { return }
        Console.writeError(
            "error: \(issues.count) issues, which --strict does not allow; nothing was written")
        throw ExitStatus.issues.error
    }

    /// Says early that nothing can be written there, or that an output exists which may not be replaced.
    /// - Parameter inputs: what the output may not replace where that would come first.
    func checkWritable(reading inputs: [String]) throws {
        guard output != "-" else { return }
        try checkOutput(output, overwrite: overwrite, options: options, files: try storage.files())
        if inPlace { try refuseOwnPlace(output, reading: inputs) }
    }

    func save(_ dataset: VirtualDataset) throws {
        let (dataset, issues) = Kerchunk.fit(dataset, into: format)
        try report(issues, of: output)
        if output == "-" {
            try Kerchunk.write(
                dataset, asJSONTo: StandardOutput(), named: "standard output", options: options.json,
                cancellation: Platform.interruption)
        } else {
            try Kerchunk.save(
                dataset, to: output, options: options, overwrite: overwrite,
                cancellation: Platform.interruption, files: try storage.files())
        }
        storage.showStatistics()
    }
}

/// Says early that nothing can be written to `output`.
func checkOutput(_ output: String, overwrite: Bool, options: SavingOptions, files: FileOpener) throws {
    if case .remote("memory", _) = Location(LocationChain.outerFile(of: output)) {
        throw KerchunkError(.usage, "what is written to memory:// goes with this process", url: output)
    }
    try Kerchunk.checkOutput(output, overwrite: overwrite, options: options, files: files)
}

/// What a set is read from would go before the set is there.
func refuseOwnPlace(_ output: String, reading inputs: [String]) throws {
    guard let input = inputs.first(where: { isSamePlace($0, output) }), Location.isRemote(output) else {
        return
    }
    throw KerchunkError(
        .usage, "a set in an object store cannot be written in its own place; choose another one", url: input)
}

/// Whether two locations are one but for slashes at the end.
private func isSamePlace(_ one: String, _ other: String) -> Bool {
    func place(_ location: String) -> Substring {
        var name = LocationChain.outerFile(of: location)[...]
        while name.hasSuffix("/") { name.removeLast() }
        return name
    }
    return place(one) == place(other)
}
