// SPDX-License-Identifier: Apache-2.0
// What can be chosen for one form of output or another; forms pass over what is not theirs.

import ArgumentParser
import Kerchunk

/// Options that belong to forms of reference sets.
struct FormArguments: ParsableArguments {
    @OptionGroup var partitions: RecordSizeArgument

    @OptionGroup var filling: FillMissingArgument

    @Flag(help: "Write folders of URLs once in JSON, as templates.")
    var templates = false

    @Option(
        help: ArgumentHelp(
            "Compress JSON with zstd or gzip; outputs named .zst or .gz are compressed anyway.",
            valueName: "codec"))
    var compress: Compression?

    @Flag(help: "One line for each reference in JSON.")
    var pretty = false

    func apply(to options: inout SavingOptions) {
        options[ParquetForm.recordSize] = partitions.recordSize
        options[ParquetForm.fillMissing] = filling.fillMissing
        options[JSONForm.isPretty] = pretty
        options[JSONForm.usesTemplates] = templates
        options[JSONForm.compression] = compress?.rawValue
    }
}

struct RecordSizeArgument: ParsableArguments {
    @Option(help: ArgumentHelp("Chunks of one Parquet file.", valueName: "n"))
    var recordSize: UInt64 = ParquetForm.recordSize.standard

    func validate() throws {
        if recordSize < 1 { throw ValidationError("--record-size is at least 1") }
    }
}

struct FillMissingArgument: ParsableArguments {
    @Flag(help: "Embed missing chunks as fill values in Parquet, for readers that cannot read nulls.")
    var fillMissing = false
}

struct ZarrFormatArgument: ParsableArguments {
    @Option(help: "Zarr version of the metadata: 2, or 3 for JSON.")
    var zarrFormat = 2

    func validate() throws {
        guard zarrFormat == 2 || zarrFormat == 3 else {
            throw ValidationError("--zarr-format is 2 or 3, not \(zarrFormat)")
        }
    }

    /// Throws where `form` cannot hold metadata of this version.
    func check(for form: any ReferenceForm) throws {
        if let formats = form.writableZarrFormats, !formats.contains(zarrFormat) {
            throw ValidationError(
                "\(form.name) reference sets hold Zarr \(formats.upperBound) metadata only; "
                    + "write JSON for --zarr-format \(zarrFormat)")
        }
    }
}

/// Codecs of whole files.
enum Compression: String, ExpressibleByArgument, CaseIterable { case zstd, gzip }
