// SPDX-License-Identifier: Apache-2.0
// `kerchunk dereference`: references to members of archives as references to the archives.

import ArgumentParser
import Kerchunk

struct DereferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dereference",
        abstract: "Turns references to members of archives into references to byte ranges of the archives.",
        discussion: """
            For reference sets with URLs such as tar://a.nc::file:///x.tar and \
            zip://b/0.0::s3://bucket/x.zip, which "kerchunk scan" does not write. Whole members become \
            ranges. If all chunks of an array are deflated members of a ZIP archive, the array gets the \
            codec "deflate". Other references stay as they are.

            Examples:
              kerchunk dereference refs.json -o plain.json
              kerchunk dereference refs.parq -o refs.parq --overwrite
            """)

    @Argument(help: "A reference set, in any form.")
    var input: String

    @OptionGroup var output: ReferenceOutput

    func run() throws {
        try output.write(reading: [input]) { run in
            let dataset = try run.open(input)
            do {
                return try Kerchunk.dereference(dataset, session: try output.storage.session())
            } catch let error as KerchunkError {
                throw error.locating(url: input)
            }
        }
    }
}
