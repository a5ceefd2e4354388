// SPDX-License-Identifier: Apache-2.0
// Many datasets into one.

import KerchunkBytes
public import KerchunkCombining
public import KerchunkModel
import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Plans how `inputs` become one dataset.
    /// - Throws: one error with all that stands against it.
    public static func combine(
        _ inputs: [CombineInput], request: CombineRequest = CombineRequest(),
        settings: CombineSettings = CombineSettings()
    ) throws(KerchunkError) -> CombinedDataset {
        try CombineRun(inputs: inputs, request: request, settings: settings).execute()
    }

    /// What planning needs of `inputs`: a few kilobytes each. Batches of inputs can be summarized apart, with the same
    /// request and `settings.firstIndex`, and be planned together.
    public static func summarize(
        _ inputs: [CombineInput], request: CombineRequest = CombineRequest(),
        settings: CombineSettings = CombineSettings()
    ) throws(KerchunkError) -> SummaryDocument {
        try CombineRun(inputs: inputs, request: request, settings: settings).summarize()
    }

    /// Plans inputs that were summarized before, in the order of the summaries; their chunks are opened when they are asked
    /// for.
    /// - Parameter areFiles: whether they are files to scan, with `settings.scanning`, and not reference sets.
    /// - Throws: one error with all that stands against it.
    public static func combine(
        summarized summaries: SummaryDocument, areFiles: Bool = false,
        request: CombineRequest = CombineRequest(), settings: CombineSettings = CombineSettings()
    ) throws(KerchunkError) -> CombinedDataset {
        let inputs = summaries.summaries.map { summary in
            areFiles ? CombineInput.file(summary.name) : .references(summary.name)
        }
        return try CombineRun(inputs: inputs, request: request, settings: settings).plan(summaries.summaries)
    }

    /// Writes a combination to `path` in the form that the path tells. In Parquet a run that was cut off goes on with the
    /// partitions that are missing.
    /// - Parameters:
    ///   - dataset: that of `combined`, or what was made of it.
    ///   - wish: all that went into `dataset` beside the plan, as text: with another one nothing is resumed.
    ///   - note: where inputs are appended to `path`: a file of this machine that is told what takes its place, right
    ///     before it does (`Succession`).
    ///   - progress: called while partitions, or runs of references, are written.
    ///   - files: reaches stores that outputs go to.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ combined: CombinedDataset, as dataset: VirtualDataset, wish: String, to path: String,
        options: SavingOptions = SavingOptions(), overwrite: Bool = false, note: String? = nil,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> UInt64 {
        var options = options
        options.succeed(combined, at: path, note: note)
        guard ReferenceFormat(path: path) == .parquet else {
            return try save(
                dataset, to: path, options: options, overwrite: overwrite, progress: progress,
                cancellation: cancellation, files: files)
        }
        var fingerprint = Fingerprint()
        fingerprint.combine(version)
        fingerprint.combine(wish)
        let parquet = options.parquet
        let reuse = parquet.fillMissing ? nil : PartitionReuse(combined, recordSize: parquet.recordSize)
        fingerprint.combine("\(parquet.recordSize) \(parquet.fillMissing) \(parquet.compressionLevel)")
        combined.plan.combine(into: &fingerprint)
        var resumed = parquet
        resumed.resumeKey = fingerprint.text
        let (writer, path) = try parquetWriter(
            to: path, options: resumed, files: files, cancellation: cancellation)
        return try writer.write(
            dataset, to: path, overwrite: overwrite, recordedSources: combined.recordedSources,
            reusing: reuse.map { $0.file }, progress: progress, cancellation: cancellation)
    }
}

extension SavingOptions {
    /// Where `combined` goes to the place of the set that inputs were appended to: lets it take that place only as long as
    /// what was read is there.
    /// - Parameter note: as for `Kerchunk.save`.
    package mutating func succeed(_ combined: CombinedDataset, at path: String, note: String? = nil) {
        func place(_ location: String) -> Substring {
            var name = location[...]
            while name.count > 1, name.hasSuffix("/") { name.removeLast() }
            return name
        }
        guard let appended = combined.appended, place(appended.location) == place(path) else { return }
        json.succession = Succession(appended.state, note: note)
        parquet.succession = json.succession
    }
}
