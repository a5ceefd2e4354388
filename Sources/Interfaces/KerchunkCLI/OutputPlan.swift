// SPDX-License-Identifier: Apache-2.0
// Which file the references of each input go to.

import Kerchunk

/// Inputs, and the output of each.
struct OutputPlan {
    struct Job: Equatable, Sendable {
        let input: String
        /// `-` is standard output.
        let output: String
    }

    let jobs: [Job]
    /// Where the outputs of several inputs go.
    let directory: String?
    var writesToStandardOutput: Bool { jobs.first?.output == "-" }

    /// - Parameter output: `-`, a file, a Parquet set, or a directory.
    init(inputs: InputList, output: String) throws(KerchunkError) {
        let files = inputs.names
        let isSeveral = inputs.isSeveral
        let first = files[0]
        if output == "-" {
            guard files.count == 1 else {
                throw KerchunkError(
                    .usage, "\(counted(files.count, "input")) cannot go to standard output; give a directory")
            }
            jobs = [Job(input: first, output: "-")]
            directory = nil
            return
        }
        let status = Platform.statusIfAny(output)
        let isParquet = Self.namesParquet(output)
        if isSeveral {
            let isFile = status.map { !$0.isDirectory } ?? Self.namesJSON(output)
            if isParquet || isFile { throw Self.refusal(of: output) }
        }
        if isParquet {
            jobs = [Job(input: first, output: output)]
            directory = nil
            return
        }
        let isDirectory = status?.isDirectory == true || output.hasSuffix("/")
        directory = isSeveral || isDirectory ? output : nil
        if isSeveral || isDirectory {
            jobs = zip(files, try Kerchunk.outputNames(of: files, in: output)).map {
                Job(input: $0, output: $1)
            }
        } else {
            jobs = [Job(input: first, output: output)]
        }
        try refuseToReplaceInputs()
    }

    /// What is said where several inputs, or a pattern, are to go to what holds one.
    private static func refusal(of output: String) -> KerchunkError {
        var folder = output[...]
        while folder.hasSuffix("/") { folder.removeLast() }
        if let dot = folder.lastIndex(of: "."), dot > folder.lastIndex(of: "/") ?? folder.startIndex {
            folder = folder[..<dot]
        }
        return KerchunkError(
            .usage,
            "several inputs cannot go to one reference set here: \"kerchunk build\" joins them into one, and "
                + "\"kerchunk scan … -o \(folder)/\" writes one for each", url: output)
    }

    /// Whether a new output of this name is one file.
    private static func namesJSON(_ output: String) -> Bool {
        ["", ".gz", ".zst"].contains { output.hasSuffix(".json" + $0) }
    }

    /// Whether one input goes to a Parquet set: a directory of another name holds a JSON file for each input.
    static func namesParquet(_ output: String) -> Bool {
        let name = output.hasSuffix("/") ? String(output.dropLast()) : output
        return name.hasSuffix(".parq") || name.hasSuffix(".parquet")
    }

    /// `--overwrite` must never cost the data themselves.
    private func refuseToReplaceInputs() throws(KerchunkError) {
        let remote = Set(jobs.map { LocationChain.outerFile(of: $0.input) }.filter(Location.isRemote))
        if let replaced = jobs.first(where: { remote.contains(LocationChain.outerFile(of: $0.output)) }) {
            throw KerchunkError(.usage, "the output would replace an input", url: replaced.output)
        }
        let existing = jobs.compactMap { job in
            (Platform.statusIfAny(job.output)).map { (path: job.output, identity: $0.identity) }
        }
        guard !existing.isEmpty else { return }
        let inputs = Set(
            jobs.compactMap { Platform.statusIfAny(LocationChain.outerFile(of: $0.input))?.identity })
        if let replaced = existing.first(where: { inputs.contains($0.identity) }) {
            throw KerchunkError(.usage, "the output would replace an input", url: replaced.path)
        }
    }
}
