// SPDX-License-Identifier: Apache-2.0
// Reference sets into other reference sets. What needs no files is a method of `VirtualDataset`: `renamingSources`,
// `selecting`, `subchunking`; `ArrayConcatenation` joins arrays.

public import KerchunkModel
public import KerchunkReferences

extension Kerchunk {
    /// `dataset` with the bytes of all chunks of fewer than `threshold` stored bytes, read from their sources when the
    /// chunks are asked for.
    public static func inlineChunks(
        of dataset: VirtualDataset, below threshold: UInt64, session: Session = Session()
    ) -> VirtualDataset {
        dataset.inliningChunks(below: threshold, reading: session.sourceReader())
    }

    /// `dataset` with whole arrays decoded and embedded as one raw chunk each.
    /// - Returns: the dataset, and what could not be read and stays as it is.
    public static func inlineArrays(
        of dataset: VirtualDataset, _ choice: ArrayInlining, session: Session = Session()
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        try dataset.inliningArrays(choice, reading: session.sourceReader(), codecs: session.codecs)
    }

    /// The variables of several reference sets in one; arrays that several have must have the same values, which are
    /// read where they lie in different places.
    /// - Throws: one error with all conflicts.
    public static func merge(
        _ inputs: [DatasetMerge.Input], session: Session = Session()
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        try DatasetMerge(reader: session.arrayReader()).merge(inputs)
    }

    /// `dataset` as metadata that are saved with `options` say it: the same values, masked alike. Saving does the same; this
    /// also tells what the Zarr version cannot say.
    /// - Parameters:
    ///   - form: the form that is saved; nil where only the version counts.
    ///   - leavesOut: whether arrays that it cannot say at all are left out, each with an issue; else saving them fails.
    public static func represent(
        _ dataset: VirtualDataset, as options: SavingOptions, in form: (any ReferenceForm)? = nil,
        leavesOut: Bool = false, session: Session = Session()
    ) throws(KerchunkError) -> (dataset: VirtualDataset, issues: [Issue]) {
        if let form, form.keepsMissingData { return (dataset, []) }
        let version = form.map { options.zarrFormat(in: $0) } ?? options.zarrFormat
        let kept: (dataset: VirtualDataset, issues: [Issue]) =
            leavesOut
            ? dataset.leavingOut(unsayableInZarr: version, codecs: session.codecs) : (dataset, [])
        let said = try kept.dataset.represented(
            inZarr: version, fillLimit: options.fillLimit, codecs: session.codecs)
        return (said.dataset, kept.issues + said.issues)
    }
}
