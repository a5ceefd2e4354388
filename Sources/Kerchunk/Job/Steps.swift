// SPDX-License-Identifier: Apache-2.0
// The steps of a combination: summarize, plan, embed, write; and the rules for appending.

import KerchunkBytes
public import KerchunkCombining
public import KerchunkModel
import KerchunkReferences
public import KerchunkStorage

extension BuildJob {
    /// All steps in this process. Where the output has no place, such as standard output, it goes to `upload`.
    /// - Parameters:
    ///   - upload: takes the output where `settings.output` is nil, in the form of one file.
    ///   - name: what errors call it.
    ///   - isWaiting: called once where others append to the output, and that takes more than 3 seconds.
    ///   - progress: called while partitions, or runs of references, are written.
    ///   - tell: gets the combination before it is written; what it throws ends the job.
    public func run(
        _ inputs: [CombineInput], to upload: (any Upload)? = nil, named name: String = "the output",
        isWaiting: () -> Void = {}, progress: WritingProgress? = nil,
        tell: (CombinedDataset) throws -> Void = { _ in }
    ) throws -> Outcome {
        if settings.appended != nil {
            try checkAppending()
            if let output = settings.output {
                try Kerchunk.checkOutput(
                    output, overwrite: overwrites || takesItsOwnPlace, options: settings.saving,
                    session: session)
            }
        }
        let lock = try settings.appended.flatMap { place throws(KerchunkError) in
            try Kerchunk.lockForAppending(place, waiting: appendWait, session: session, isWaiting: isWaiting)
        }
        // Until what was read has been replaced.
        defer { withExtendedLifetime(lock) {} }
        let combined = try combine(inputs)
        try tell(combined)
        var references: UInt64?
        if let output = settings.output {
            references = try Kerchunk.save(
                combined, to: output, options: settings.saving, overwrite: overwrites, progress: progress,
                session: session)
        } else if let upload {
            references = try Kerchunk.write(
                combined.dataset, to: upload, named: name, options: settings.saving, session: session)
        }
        combined.finish()
        return Outcome(references: references, combined: combined)
    }

    /// Opens inputs, scans those that are files, and plans how they become one; nothing is written.
    public func combine(_ inputs: [CombineInput]) throws(KerchunkError) -> CombinedDataset {
        try Kerchunk.combine(inputs, request: request, settings: settings, session: session)
    }

    /// What planning needs of some of the inputs.
    public func summarize(_ inputs: [CombineInput]) throws(KerchunkError) -> SummaryDocument {
        try Kerchunk.summarize(inputs, request: request, settings: settings, session: session)
    }

    /// A plan of reference sets that can be executed anywhere.
    public func plan(
        _ inputs: [CombineInput]
    ) throws(KerchunkError) -> (task: CombineTask, combined: CombinedDataset) {
        let combined = try combine(inputs)
        return (CombineTask(combined, self), combined)
    }

    /// The same of inputs that were summarized before.
    /// - Parameter areFiles: whether they are files to scan, and not reference sets; whoever executes the plan scans them with
    ///   the same options.
    public func plan(
        summarized summaries: SummaryDocument, areFiles: Bool = false
    ) throws(KerchunkError) -> (task: CombineTask, combined: CombinedDataset) {
        let combined = try Kerchunk.combine(
            summarized: summaries, areFiles: areFiles, request: request, settings: settings, session: session)
        var task = CombineTask(combined, self)
        if areFiles {
            task.scanning = settings.scanning
            task.scratch = settings.scratch
        }
        return (task, combined)
    }

    /// Whether the output goes to the place of the set that is appended to.
    private var takesItsOwnPlace: Bool {
        guard let appended = settings.appended, let output = settings.output else { return false }
        return appended.withoutClosingSlashes.isExactly(output.withoutClosingSlashes)
    }

    /// Says early what stands against appending: there is nothing to append to, or its place cannot take what comes of it.
    public func checkAppending() throws(KerchunkError) {
        guard let place = settings.appended, try Kerchunk.exists(place, session: session) else {
            throw KerchunkError(
                .notFound, "there is no reference set to append to; leave out --append the first time",
                url: settings.appended)
        }
        let form = session.forms.form(ofOutput: place)
        if takesItsOwnPlace, Location.isRemote(place), form.isFolder {
            throw KerchunkError(
                .usage,
                "a \(form.name) set in an object store cannot be appended to in place, since readers would see a mix: "
                    + "combine it with the new inputs into another place, or append to a local copy",
                url: place)
        }
    }
}
