// SPDX-License-Identifier: Apache-2.0
// `kerchunk select`: part of a reference set.

import ArgumentParser
import Kerchunk

struct SelectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "select",
        abstract: "Selects some variables, or one group, of a reference set.",
        discussion: """
            Examples:
              kerchunk select refs.json -o tas.json \\
                --include tas --include time --include lat --include lon
              kerchunk select refs.parq -o small.parq --exclude '*_bnds'
              kerchunk select refs.json -o forecast.json --group /forecast
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @OptionGroup var variables: VariableArguments

    @OptionGroup var root: GroupArgument

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input], trusts: true) { run in
            let dataset = try run.open(input)
            do {
                return try dataset.selecting(
                    group: root.group, included: variables.include, excluded: variables.exclude)
            } catch let error as KerchunkError {
                throw error.locating(url: input)
            }
        }
    }
}
