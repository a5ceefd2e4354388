// SPDX-License-Identifier: Apache-2.0
// What commands read, and what becomes of inputs that cannot be used.

import ArgumentParser
import Kerchunk

/// Inputs beside those on the command line.
struct FurtherInputs: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read more inputs from this file, one per line; - is standard input.", valueName: "list"))
    var filesFrom: String?

    /// - Parameter inputs: those on the command line.
    func check(_ inputs: [String]) throws {
        if inputs.isEmpty && filesFrom == nil { throw ValidationError("no input was given") }
    }

    /// The inputs; of what patterns passed over it is told.
    func list(_ inputs: [String], _ session: Session) throws -> InputList {
        let list = try InputList(inputs, listedIn: filesFrom, session: session)
        Console.writeSkipped(list.issues)
        return list
    }
}

/// Reference sets that are joined.
struct ReferenceInputs: ParsableArguments {
    @Argument(help: ArgumentHelp("Reference sets, in any form, or patterns.", valueName: "refs"))
    var inputs: [String] = []

    @OptionGroup var further: FurtherInputs

    func validate() throws { try further.check(inputs) }

    func list(_ session: Session) throws -> InputList { try further.list(inputs, session) }
}

/// What becomes of inputs that cannot be used.
enum OnError: String, ExpressibleByArgument, CaseIterable {
    /// They are failures.
    case fail
    /// They are left out, and listed at the end.
    case skip
}

struct OnErrorArgument: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Inputs that cannot be used: fail (exit with 1; other files are still scanned, but nothing is joined), or skip (leave them out, and list them).",
            valueName: "fail|skip"))
    var onError = OnError.fail
}

/// Which variables are taken.
struct VariableArguments: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Only these variables: names or paths, with * and ?. Repeatable.", valueName: "name"))
    var include: [String] = []

    @Option(
        parsing: .singleValue, help: ArgumentHelp("All but these variables. Repeatable.", valueName: "name"))
    var exclude: [String] = []
}

struct GroupArgument: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The group that becomes the root; it keeps the dimensions of the groups above.", valueName: "path"
        ))
    var group = "/"
}
