// SPDX-License-Identifier: Apache-2.0
// Where and how commands that change reference sets write them.

import ArgumentParser
import Kerchunk

/// The options of such commands.
struct ReferenceOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The reference set to write: Parquet where it ends in .parq, .parquet or /, packed where in .kpack, else JSON; - is standard output.",
            valueName: "out"))
    var output: String

    @Flag(help: "Replace an output that exists; it may be the input.")
    var overwrite = false

    @Flag(
        help:
            "Remove a Parquet set that an object store has at this place, and write the new one there: until it is whole there is none."
    )
    var inPlace = false

    @OptionGroup var forms: FormArguments

    @Option(help: "Zarr version of the metadata in JSON: 2 or 3.")
    var zarrFormat = 2

    @Flag(help: "Wait until the output is on its device: it then outlives a failure of power.")
    var durable = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Threads that write Parquet; as many as cores by default.", valueName: "n")
    )
    var jobs: Int?

    @Flag(help: "Take issues for failures: write nothing, and exit with 3.")
    var strict = false

    @Flag(name: .shortAndLong, help: "No warnings and no summary.")
    var quiet = false

    @Flag(help: "Print a report for programs on standard output (on standard error with -o -).")
    var json = false

    @OptionGroup var storage: StorageArguments

    /// The form that the name of the output means.
    var form: any ReferenceForm {
        output == "-" ? BuiltinForms.directory.standard : BuiltinForms.directory.form(ofOutput: output)
    }

    func validate() throws {
        try FormArguments.check(zarrFormat: zarrFormat, for: form)
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
    }

    var options: SavingOptions {
        var options = SavingOptions()
        forms.apply(to: &options)
        options.zarrFormat = zarrFormat
        options.isDurable = durable
        options.replacesInPlace = inPlace
        options.threadCount =
            jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        return options
    }

    /// Says early that nothing can be written there, or that an output exists which may not be replaced.
    /// - Parameter inputs: what the output may not replace where that would come first.
    func checkWritable(reading inputs: [String]) throws {
        guard output != "-" else { return }
        try checkOutput(output, overwrite: overwrite, options: options, files: try storage.files())
        if inPlace { try refuseOwnPlace(output, reading: inputs) }
    }

    /// - Returns: how many references were written.
    func save(_ dataset: VirtualDataset) throws -> UInt64 {
        guard output == "-" else {
            return try Kerchunk.save(
                dataset, to: output, options: options, overwrite: overwrite,
                cancellation: Platform.interruption, files: try storage.files())
        }
        return try Kerchunk.write(
            dataset, to: StandardOutput(), named: "standard output", options: options,
            cancellation: Platform.interruption)
    }
}

/// Says early that nothing can be written to `output`.
/// - Parameter form: that of the output; nil for the one that its name tells.
func checkOutput(
    _ output: String, as form: (any ReferenceForm)? = nil, overwrite: Bool, options: SavingOptions,
    files: FileOpener
) throws {
    if case .remote("memory", _) = Location(LocationChain.outerFile(of: output)) {
        throw KerchunkError(.usage, "what is written to memory:// goes with this process", url: output)
    }
    try Kerchunk.checkOutput(output, as: form, overwrite: overwrite, options: options, files: files)
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
    func place(_ location: String) -> String { LocationChain.outerFile(of: location).withoutClosingSlashes }
    return place(one) == place(other)
}
