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
    /// That of all outputs.
    let form: any ReferenceForm
    /// Where the outputs of several inputs go.
    let directory: String?
    var writesToStandardOutput: Bool { jobs.first?.output == "-" }

    /// - Parameter output: `-`, a set of one file or of many, or a directory.
    init(inputs: InputList, output: String, forms: FormDirectory = Session().forms) throws(KerchunkError) {
        let files = inputs.names
        let isSeveral = inputs.isSeveral
        let first = files[0]
        if output == "-" {
            guard files.count == 1 else {
                throw KerchunkError(
                    .usage,
                    "\(counted(files.count, "input")) cannot be written to standard output; give a directory")
            }
            form = forms.standard
            jobs = [Job(input: first, output: "-")]
            directory = nil
            return
        }
        let status = Platform.statusIfAny(output)
        // A folder without the ending of a form holds a set for each input.
        let named = forms.form(byEndingOf: output)
        form = named ?? forms.standard
        if isSeveral {
            let isFile = status.map { !$0.isDirectory } ?? (named != nil)
            if form.isFolder || isFile { throw Self.refusal(of: output) }
        }
        if form.isFolder {
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
        var folder = output.withoutClosingSlashes[...]
        if let dot = folder.lastIndex(of: "."), dot > folder.lastIndex(of: "/") ?? folder.startIndex {
            folder = folder[..<dot]
        }
        return KerchunkError(
            .usage,
            "several inputs cannot be written to one reference set here: \"kerchunk build\" combines them into one, and "
                + "\"kerchunk scan … -o \(folder)/\" writes one for each", url: output)
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
