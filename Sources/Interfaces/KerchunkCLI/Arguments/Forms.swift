// SPDX-License-Identifier: Apache-2.0
// How reference sets are written; forms pass over what is not theirs.

import ArgumentParser
import Kerchunk

/// What all commands that write reference sets are told of that.
struct WritingArguments: ParsableArguments {
    @Flag(help: "Write folders of URLs once in JSON, as templates.")
    var templates = false

    @Option(
        help: ArgumentHelp(
            "Compress JSON with zstd or gzip; outputs named .zst or .gz are always compressed.",
            valueName: "codec"))
    var compress: Compression?

    @Flag(help: "One line for each reference in JSON.")
    var pretty = false

    @Flag(help: "Flush outputs to disk (slower; survives a power failure).")
    var durable = false

    @Flag(help: "Treat issues as errors: write no output for an input with issues, and exit with 3.")
    var strict = false

    func options(
        for output: String, _ run: RunArguments, _ replacing: ReplacingArguments,
        _ partitions: RecordSizeArgument, _ version: ZarrFormatArgument, _ storage: StorageArguments
    ) -> SavingOptions {
        var options = SavingOptions()
        options[ParquetForm.recordSize] = partitions.recordSize
        options[ParquetForm.fillMissing] = replacing.fillMissing
        options[JSONForm.isPretty] = pretty
        options[JSONForm.usesTemplates] = templates
        options[JSONForm.compression] = compress?.rawValue
        options.zarrFormat = version.zarrFormat
        options.isDurable = durable
        options.replacesInPlace = replacing.inPlace
        options.threadCount =
            run.jobs ?? Kerchunk.outputWidth(for: output, concurrency: storage.concurrency)
        return options
    }
}

struct RecordSizeArgument: ParsableArguments {
    @Option(help: ArgumentHelp("Chunks per Parquet file.", valueName: "n"))
    var recordSize: UInt64 = ParquetForm.recordSize.standard

    func validate() throws {
        if recordSize < 1 { throw ValidationError("--record-size must be at least 1") }
    }
}

struct ZarrFormatArgument: ParsableArguments {
    @Option(help: "Zarr version of the metadata: 2, or 3 for JSON.")
    var zarrFormat = 2

    func validate() throws {
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format must be 2 or 3, not \(zarrFormat)")
        }
    }

    /// Throws where `form` cannot hold metadata of this version.
    func check(for form: any ReferenceForm) throws {
        if let formats = form.writableZarrFormats, !formats.contains(zarrFormat) {
            throw ValidationError(
                "\(form.name) reference sets can only hold Zarr \(formats.upperBound) metadata; "
                    + "write JSON for --zarr-format \(zarrFormat)")
        }
    }
}

/// Codecs of whole files.
enum Compression: String, ExpressibleByArgument, CaseIterable { case zstd, gzip }
