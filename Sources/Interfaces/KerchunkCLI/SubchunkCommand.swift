// SPDX-License-Identifier: Apache-2.0
// `kerchunk subchunk`: smaller chunks of uncompressed arrays.

import ArgumentParser
import Kerchunk

struct SubchunkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subchunk",
        abstract: "Splits the uncompressed chunks of a variable into equal parts.",
        discussion: """
            Chunks are split along their first axis and then, if needed, along the next axes: chunks of \
            shape (4, 6) and the factor 8 give chunks of shape (1, 3).

            Examples:
              kerchunk subchunk refs.json -o fine.json --variable tas --factor 4
              kerchunk subchunk refs.parq -o refs.parq --overwrite \\
                --variable /forecast/tas --factor 365
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @Option(help: ArgumentHelp("The path of the variable.", valueName: "name"))
    var variable: String

    @Option(help: ArgumentHelp("Number of parts per chunk.", valueName: "n"))
    var factor: UInt64

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input]) { run in
            let dataset = try run.open(input)
            do {
                return try dataset.subchunking(variable, factor: factor)
            } catch let error as KerchunkError {
                throw error.locating(url: input)
            }
        }
    }
}
