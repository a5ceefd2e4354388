// SPDX-License-Identifier: Apache-2.0
// `kerchunk convert` and `kerchunk consolidate`: reference sets from one form to another.

import ArgumentParser
import Kerchunk

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract:
            "Writes a reference set in another form: JSON, Parquet, another record size or Zarr version.",
        discussion: """
            Templates and generated references are written out. A set may be converted onto itself with --overwrite.

            Examples:
              kerchunk convert refs.json -o refs.parq
              kerchunk convert refs.parq -o refs.json
              kerchunk convert refs.parq -o refs.parq --overwrite --record-size 10000
              kerchunk convert refs.json -o v3.json --zarr-format 3
            """)

    @Argument(help: "A JSON or Parquet reference set.")
    var input: String

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input], trusts: true) { try $0.open(input) }
    }
}

struct ConsolidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consolidate",
        abstract: "Writes a JSON reference set with consolidated metadata.",
        discussion: """
            Today's xarray and zarr find groups through ".zmetadata" only. Parquet sets have it by their nature.

            Examples:
              kerchunk consolidate refs.json -o consolidated.json
              kerchunk consolidate refs.json -o refs.json --overwrite
            """)

    @Argument(help: "A JSON or Parquet reference set.")
    var input: String

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input], trusts: true) { try $0.open(input) }
    }
}
