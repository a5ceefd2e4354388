// SPDX-License-Identifier: Apache-2.0
// Virtual datasets out to reference sets.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Writes `dataset` to `path`, a path or URL, in the form that it tells. The output appears whole or not at all, and may
    /// be what the dataset is read from, except for sets of many files in object stores.
    /// - Parameters:
    ///   - form: the form; nil for the one that `path` tells.
    ///   - issues: what is not in the dataset, for forms that keep that.
    ///   - note: anything else that readers shall know, for forms that keep it.
    ///   - progress: called while partitions, or runs of references, are written.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, to path: String, as form: (any ReferenceForm)? = nil,
        options: SavingOptions = SavingOptions(), issues: [Issue] = [], note: JSONObject = [:],
        overwrite: Bool = false, progress: WritingProgress? = nil, session: Session = Session()
    ) throws(KerchunkError) -> UInt64 {
        var writing = session.writing(options, overwrite: overwrite)
        writing.issues = issues
        writing.note = note
        writing.progress = progress
        let form = form ?? session.forms.form(ofOutput: path)
        let said = try represent(dataset, as: options, in: form, session: session).dataset
        return try form.write(said, to: session.outputPlace(path), writing)
    }

    /// Writes `dataset` to `output` in a form of one file, and commits it.
    /// - Parameters:
    ///   - name: names the output in errors; by it a file may be compressed.
    ///   - form: nil for that of outputs whose names tell nothing.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String,
        as form: (any FileReferenceForm)? = nil,
        options: SavingOptions = SavingOptions(), issues: [Issue] = [], note: JSONObject = [:],
        session: Session = Session()
    ) throws(KerchunkError) -> UInt64 {
        let form = form ?? session.forms.standard
        var writing = session.writing(options)
        writing.issues = issues
        writing.note = note
        let said: VirtualDataset
        do {
            said = try represent(dataset, as: options, in: form, session: session).dataset
        } catch {
            output.abort()
            throw error
        }
        return try form.writeAndCommit(said, to: output, named: name, writing)
    }
}
