// SPDX-License-Identifier: Apache-2.0
// Many datasets into one.

import KerchunkBytes
public import KerchunkCombining
public import KerchunkModel
import KerchunkReferences

extension Kerchunk {
    /// Plans how `inputs` become one dataset.
    /// - Throws: one error with all that stands against it.
    public static func combine(
        _ inputs: [CombineInput], request: CombineRequest = CombineRequest(),
        settings: CombineSettings = CombineSettings(), session: Session = Session()
    ) throws(KerchunkError) -> CombinedDataset {
        try CombineRun(inputs, request: request, settings: settings, session: session).execute()
    }

    /// What planning needs of `inputs`: a few kilobytes each. Batches of inputs can be summarized apart, with the same
    /// request and `settings.firstIndex`, and be planned together.
    public static func summarize(
        _ inputs: [CombineInput], request: CombineRequest = CombineRequest(),
        settings: CombineSettings = CombineSettings(), session: Session = Session()
    ) throws(KerchunkError) -> SummaryDocument {
        try CombineRun(inputs, request: request, settings: settings, session: session).summarize()
    }

    /// Plans inputs that were summarized before, in the order of the summaries; their chunks are opened when they are asked
    /// for.
    /// - Parameter areFiles: whether they are files to scan, with `settings.scanning`, and not reference sets.
    /// - Throws: one error with all that stands against it.
    public static func combine(
        summarized summaries: SummaryDocument, areFiles: Bool = false,
        request: CombineRequest = CombineRequest(), settings: CombineSettings = CombineSettings(),
        session: Session = Session()
    ) throws(KerchunkError) -> CombinedDataset {
        let inputs = summaries.summaries.map { summary in
            areFiles ? CombineInput.file(summary.name) : .references(summary.name)
        }
        return try CombineRun(inputs, request: request, settings: settings, session: session)
            .plan(summaries.summaries)
    }

    /// Writes a combination to `path` in the form that the path tells. In forms with partitions a run that was cut off
    /// goes on with those that are missing; what is appended to keeps its partition size.
    /// - Parameters:
    ///   - note: where inputs are appended to `path`: a file of this machine that is told what takes its place, right
    ///     before it does (`Succession`).
    ///   - progress: called while partitions, or runs of references, are written.
    /// - Returns: how many references to chunks were written, inline ones included; nil where all of them were there before
    ///   they were appended, so that `path` stays as it is.
    @discardableResult
    public static func save(
        _ combined: CombinedDataset, to path: String, options: SavingOptions = SavingOptions(),
        overwrite: Bool = false, note: String? = nil, progress: WritingProgress? = nil,
        session: Session = Session()
    ) throws(KerchunkError) -> UInt64? {
        var options = options
        options.succeed(combined, at: path, note: note)
        let isAppended = options.succession != nil
        if isAppended, combined.addsNothing { return nil }
        let form = session.forms.form(ofOutput: path)
        if let partitioned = form.partitioned, isAppended,
            let known = combined.appended?.recordSize
        {
            options[partitioned.recordSize] = known
        }
        var writing = session.writing(options, overwrite: overwrite || isAppended)
        writing.progress = progress
        if let partitioned = form.partitioned {
            var fingerprint = Fingerprint()
            fingerprint.combine(version)
            fingerprint.combine("inline \(combined.inlineThreshold)")
            fingerprint.combine(options.text(of: form))
            combined.plan.combine(into: &fingerprint)
            writing.resumeKey = fingerprint.text
            writing.recordedSources = combined.recordedSources
            writing.reusing = PartitionReuse(combined, partitioned, writing).map { $0.file }
        }
        return try form.write(combined.dataset, to: session.outputPlace(path), writing)
    }
}

extension SavingOptions {
    /// Where `combined` goes to the place of the set that inputs were appended to: lets it take that place only as long as
    /// what was read is there.
    /// - Parameter note: as for `Kerchunk.save`.
    package mutating func succeed(_ combined: CombinedDataset, at path: String, note: String? = nil) {
        guard let appended = combined.appended,
            appended.location.withoutClosingSlashes == path.withoutClosingSlashes
        else { return }
        succession = Succession(appended.state, note: note)
    }
}
