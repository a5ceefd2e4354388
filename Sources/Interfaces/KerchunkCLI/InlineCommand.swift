// SPDX-License-Identifier: Apache-2.0
// `kerchunk inline`: data into the references themselves.

import ArgumentParser
import Kerchunk

struct InlineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inline",
        abstract: "Embeds small chunks, or whole arrays, in a reference set.",
        discussion: """
            --threshold embeds chunks as they are stored. --array and --array-size decode whole arrays \
            and embed each as one raw chunk. This is good for coordinates, which are read whole each \
            time a dataset is opened.

            Examples:
              kerchunk inline refs.json -o fast.json --threshold 1000
              kerchunk inline refs.json -o fast.json --array time --array 'lat*'
              kerchunk inline refs.parq -o fast.parq --array-size 100kB
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @Option(help: ArgumentHelp("Embed chunks of fewer stored bytes.", valueName: "bytes"))
    var threshold = ByteCount(0)

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Embed these arrays as a whole: names or paths, with * and ?. Repeatable.", valueName: "name"))
    var array: [String] = []

    @Option(help: ArgumentHelp("Embed all arrays of fewer decoded bytes as a whole.", valueName: "bytes"))
    var arraySize = ByteCount(0)

    @OptionGroup var output: ReferenceOutput

    func validate() throws {
        if threshold.bytes == 0, array.isEmpty, arraySize.bytes == 0 {
            throw ValidationError("nothing to embed: give --threshold, --array or --array-size")
        }
    }

    func run() throws {
        try output.write(reading: [input]) { run in
            var dataset = try run.open(input)
            let session = try output.storage.session()
            if !array.isEmpty || arraySize.bytes > 0 {
                let choice = ArrayInlining(names: array, size: arraySize.bytes)
                do {
                    let result = try Kerchunk.inlineArrays(of: dataset, choice, session: session)
                    try run.report(result.issues, of: input)
                    dataset = result.dataset
                } catch let error as KerchunkError {
                    throw error.locating(url: input)
                }
            }
            return threshold.bytes > 0
                ? Kerchunk.inlineChunks(of: dataset, below: threshold.bytes, session: session) : dataset
        }
    }
}
