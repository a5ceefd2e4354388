// SPDX-License-Identifier: Apache-2.0
// How commands go about their work, and how they tell of it.

import ArgumentParser
import Kerchunk

/// Options of all commands that write.
struct RunArguments: ParsableArguments {
    @Flag(help: "Replace an output that exists.")
    var overwrite = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Files, or partitions of Parquet, at once; as many as cores by default, more where they are remote.",
            valueName: "n"))
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "No progress bar, no warnings and no summary.")
    var quiet = false

    @Flag(help: "Print a report for programs on standard output (on standard error with -o -).")
    var json = false

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs is at least 1, not \(jobs)") }
    }
}

struct MemoryArgument: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "References that are kept in memory, in bytes; others go to the scratch directory, or are read again.",
            valueName: "size"))
    var memory = ByteCount(256 << 20)

    var bytes: Int { Int(clamping: memory.bytes) }
}

/// For commands that show something.
struct DocumentArgument: ParsableArguments {
    @Flag(help: "Print the same for programs, as JSON.")
    var json = false
}
