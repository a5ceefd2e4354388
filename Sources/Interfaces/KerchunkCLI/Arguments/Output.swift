// SPDX-License-Identifier: Apache-2.0
// Where and how commands write reference sets.

import ArgumentParser
import Kerchunk

/// The options of commands that change reference sets.
struct ReferenceOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The reference set to write: Parquet if it ends in .parq, .parquet or /, packed if in .kpack, otherwise JSON; - is standard output. With --overwrite it may be the input.",
            valueName: "out"))
    var output: String

    @OptionGroup var run: RunArguments

    @OptionGroup var replacing: ReplacingArguments

    @OptionGroup var partitions: RecordSizeArgument

    @OptionGroup var version: ZarrFormatArgument

    @OptionGroup var writing: WritingArguments

    @OptionGroup var storage: StorageArguments

    /// The form that the name of the output means.
    var form: any ReferenceForm {
        output == "-" ? Session().forms.standard : Session().forms.form(ofOutput: output)
    }

    func validate() throws { try version.check(for: form) }

    var overwrite: Bool { run.overwrite }

    var options: SavingOptions {
        writing.options(for: output, run, replacing, partitions, version, storage)
    }

    /// Says early that nothing can be written there, or that an output exists which may not be replaced.
    /// - Parameter inputs: what the output may not replace where that would come first.
    func checkWritable(reading inputs: [String]) throws {
        guard output != "-" else { return }
        try checkOutput(output, overwrite: overwrite, options: options, try storage.session())
        if replacing.inPlace { try refuseOwnPlace(output, reading: inputs) }
    }

    /// - Returns: how many references were written.
    func save(_ dataset: VirtualDataset) throws -> UInt64 {
        guard output == "-" else {
            return try Kerchunk.save(
                dataset, to: output, options: options, overwrite: overwrite, session: try storage.session())
        }
        return try Kerchunk.write(
            dataset, to: StandardOutput(), named: "standard output", options: options,
            session: try storage.session())
    }
}

/// What becomes of a set in Parquet that is there, and what is in the new one.
struct ReplacingArguments: ParsableArguments {
    @Flag(
        help:
            "Remove the Parquet set that is at this place in an object store and write the new one there; until it is complete there is none."
    )
    var inPlace = false

    @Flag(help: "Embed missing chunks as fill values in Parquet, for readers that cannot read nulls.")
    var fillMissing = false
}

/// Where plans and summaries go.
struct DocumentOutput: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
    var output: String

    /// Says early that nothing can be written there.
    func check(_ run: RunArguments, _ session: Session) throws {
        guard output != "-" else { return }
        try checkOutput(output, overwrite: run.overwrite, options: SavingOptions(), session)
    }
}

/// Says early that nothing can be written to `output`.
/// - Parameter form: that of the output; nil for the one that its name tells.
func checkOutput(
    _ output: String, as form: (any ReferenceForm)? = nil, overwrite: Bool, options: SavingOptions,
    _ session: Session
) throws {
    if case .remote("memory", _) = Location(LocationChain.outerFile(of: output)) {
        throw KerchunkError(.usage, "memory:// is lost when this process ends", url: output)
    }
    try Kerchunk.checkOutput(output, as: form, overwrite: overwrite, options: options, session: session)
}

/// What a set is read from would go before the set is there.
func refuseOwnPlace(_ output: String, reading inputs: [String]) throws {
    guard let input = inputs.first(where: { isSamePlace($0, output) }), Location.isRemote(output) else {
        return
    }
    throw KerchunkError(
        .usage, "a set in an object store cannot be rewritten in place; choose another place", url: input)
}

/// Whether two locations are one but for slashes at the end.
private func isSamePlace(_ one: String, _ other: String) -> Bool {
    func place(_ location: String) -> String { LocationChain.outerFile(of: location).withoutClosingSlashes }
    return place(one) == place(other)
}
