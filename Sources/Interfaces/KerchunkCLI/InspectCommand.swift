// SPDX-License-Identifier: Apache-2.0
// `kerchunk inspect`: its arguments.

import ArgumentParser
import Kerchunk

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Shows a file or a reference set as a dataset.")
}
