// SPDX-License-Identifier: Apache-2.0
// `kerchunk convert` and `kerchunk consolidate`: reference sets from one form to another.

import ArgumentParser
import Kerchunk

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract:
            "Converts a reference set to another form (JSON, Parquet), record size or Zarr version.",
        discussion: """
            Templates and generated references are expanded. With --overwrite the output may be the input itself.

            Examples:
              kerchunk convert refs.json -o refs.parq
              kerchunk convert refs.parq -o refs.json
              kerchunk convert refs.parq -o refs.parq --overwrite --record-size 10000
              kerchunk convert refs.json -o v3.json --zarr-format 3
              kerchunk convert tifffile.json -o image.parq --root-name image
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @Option(
        help: ArgumentHelp(
            "The name of a group member for an array that is itself the root of the set, as in sets of tifffile.",
            valueName: "name"))
    var rootName: String?

    @OptionGroup var output: ReferenceOutput

    func validate() throws {
        guard let rootName, rootName.isEmpty || rootName.contains("/") || rootName.hasPrefix(".z") else {
            return
        }
        throw ValidationError(
            "--root-name must be a single name that does not start with .z, not \"\(rootName)\"")
    }

    func run() throws {
        try output.write(reading: [input], trusts: true) { run in
            var dataset = try run.open(input)
            if let rootName { dataset.root = dataset.root.namingRootArray(rootName) }
            return dataset
        }
    }
}

struct ConsolidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consolidate",
        abstract: "Writes a JSON reference set with consolidated metadata.",
        discussion: """
            Current versions of xarray and zarr find groups only through ".zmetadata". Parquet sets always have it.

            Examples:
              kerchunk consolidate refs.json -o consolidated.json
              kerchunk consolidate refs.json -o refs.json --overwrite
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input], trusts: true) { try $0.open(input) }
    }
}
