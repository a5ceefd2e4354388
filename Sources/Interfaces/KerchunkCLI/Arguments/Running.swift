// SPDX-License-Identifier: Apache-2.0
// How commands go about their work, and how they tell of it.

import ArgumentParser
import Kerchunk

/// Options of all commands that write.
struct RunArguments: ParsableArguments {
    @Flag(help: "Replace an existing output.")
    var overwrite = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Files, or partitions of Parquet, to work on at the same time (default: number of cores, more if they are remote).",
            valueName: "n"))
    var jobs: Int?

    @Flag(name: .shortAndLong, help: "No progress bar, no warnings and no summary.")
    var quiet = false

    @Flag(help: "Print a report for programs to standard output (standard error with -o -).")
    var json = false

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1, not \(jobs)") }
    }
}

struct MemoryArgument: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Bytes of references to keep in memory; the rest goes to the scratch directory, or is read again.",
            valueName: "size"))
    var memory = ByteCount(256 << 20)

    var bytes: Int { Int(clamping: memory.bytes) }
}

/// For commands that show something.
struct DocumentArgument: ParsableArguments {
    @Flag(help: "Print the same as JSON, for programs.")
    var json = false
}
