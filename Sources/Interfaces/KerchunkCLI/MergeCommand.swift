// SPDX-License-Identifier: Apache-2.0
// `kerchunk merge` and `kerchunk concat-arrays`: one reference set out of several.

import ArgumentParser
import Kerchunk

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merges the variables of several reference sets with the same coordinates.",
        discussion: """
            A variable that several inputs have must have the same values in all of them; values are \
            read if they are in different files. All conflicts are reported together. To concatenate \
            along a dimension use concat-arrays.

            Examples:
              kerchunk merge tas.json pr.json -o all.json
              kerchunk merge surface.parq levels.parq -o all.parq
            """)

    @Argument(help: "Reference sets, in any form.")
    var inputs: [String]

    @OptionGroup var output: ReferenceOutput

    func validate() throws {
        if inputs.count < 2 { throw ValidationError("merge needs at least two inputs") }
    }

    func run() throws {
        try output.write(reading: inputs) { run in
            let shared = SharedReading()
            let merged = try Kerchunk.merge(
                try inputs.map { (name: $0, dataset: try run.open($0, sharing: shared)) },
                session: try output.storage.session())
            try run.report(merged.issues, of: inputs[0])
            return merged.dataset
        }
    }
}

struct ConcatArraysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "concat-arrays",
        abstract: "Concatenates one array of several reference sets along an axis.",
        discussion: """
            Dtypes, codecs, fill values, chunk shapes and the other dimension lengths must agree, and \
            all inputs but the last must consist of whole chunks. Only this array is written; "kerchunk \
            merge" puts arrays together.

            Examples:
              kerchunk concat-arrays 2020.json 2021.json -o tas.json --array tas
              kerchunk concat-arrays a.parq b.parq -o ab.parq --array /g/tas --axis time
            """)

    @Argument(help: "Reference sets, in any form, in the order along the axis.")
    var inputs: [String]

    @Option(help: ArgumentHelp("The path of the array.", valueName: "name"))
    var array: String

    @Option(help: ArgumentHelp("The number of the axis, or the name of a dimension.", valueName: "axis"))
    var axis = "0"

    @OptionGroup var output: ReferenceOutput

    func validate() throws {
        if inputs.count < 2 { throw ValidationError("concat-arrays needs at least two inputs") }
    }

    func run() throws {
        let axis = Int(axis).map(ArrayConcatenation.Axis.number) ?? .dimension(axis)
        let concatenation = ArrayConcatenation(
            path: array, axis: axis, codecs: try output.storage.session().codecs)
        try output.write(reading: inputs) { run in
            let shared = SharedReading()
            let joined = try concatenation.join(
                try inputs.map { (name: $0, dataset: try run.open($0, sharing: shared)) })
            try run.report(joined.issues, of: inputs[0])
            return joined.dataset
        }
    }
}
