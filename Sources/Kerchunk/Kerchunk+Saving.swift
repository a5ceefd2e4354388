// SPDX-License-Identifier: Apache-2.0
// Virtual datasets out to reference files.

import KerchunkBytes
public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

/// How reference sets are written, in either form.
public struct SavingOptions: Hashable, Sendable {
    public var json = JSONReferenceWriter.Options()
    public var parquet = ParquetReferenceOptions()
    /// Missing chunks of one array that are embedded at most, where the Zarr version cannot say what they hold.
    public var fillLimit: UInt64 = 10_000

    public init() {}
}

extension Kerchunk {
    /// `dataset` without what a set of this form cannot hold, and what that is.
    public static func fit(
        _ dataset: VirtualDataset, into format: ReferenceFormat
    ) -> (dataset: VirtualDataset, issues: [Issue]) {
        format == .parquet ? dataset.fittingParquet() : (dataset, [])
    }

    /// Writes `dataset` to `path`, a path or URL, in the form that it tells (`ReferenceFormat`). The output appears whole or
    /// not at all, and may be what the dataset is read from, except for Parquet sets in object stores.
    /// - Parameter files: reaches stores that outputs go to.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, to path: String, options: SavingOptions = SavingOptions(),
        overwrite: Bool = false, progress: WritingProgress? = nil,
        cancellation: Cancellation = Cancellation(), files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> UInt64 {
        switch ReferenceFormat(path: path) {
        case .json:
            return try save(
                dataset, asJSON: path, options: options.json, overwrite: overwrite, progress: progress,
                cancellation: cancellation, files: files)
        case .parquet:
            return try save(
                dataset, asParquet: path, options: options.parquet, overwrite: overwrite, progress: progress,
                cancellation: cancellation, files: files)
        }
    }

    /// Writes `dataset` as kerchunk JSON to `path`, which appears whole or not at all; compressed where the path ends in
    /// `.zst` or `.gz`, or where `options` say so.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, asJSON path: String,
        options: JSONReferenceWriter.Options = JSONReferenceWriter.Options(), overwrite: Bool = false,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> UInt64 {
        let file = try beginOutput(
            path, overwrite: overwrite, isDurable: options.isDurable, succeeding: options.succession,
            files: files.stoppable(by: cancellation))
        var options = options
        options.compression = options.compression ?? JSONReferenceWriter.compression(ofFileNamed: path)
        return try write(
            dataset, asJSONTo: file, named: path, options: options, progress: progress,
            cancellation: cancellation
        ) {
            () throws(KerchunkError) in
            try refuseToReplaceSource(path, dataset)
            if let succession = options.succession { try checkUnchanged(path, succession, files) }
        }
    }

    /// Writes `dataset` as kerchunk JSON to `output` and commits it.
    /// - Parameter name: names the output in errors.
    @discardableResult
    public static func write(
        _ dataset: VirtualDataset, asJSONTo output: any Upload, named name: String,
        options: JSONReferenceWriter.Options = JSONReferenceWriter.Options(),
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try write(
            dataset, asJSONTo: output, named: name, options: options, progress: nil,
            cancellation: cancellation
        ) {}
    }

    private static func write(
        _ dataset: VirtualDataset, asJSONTo output: any Upload, named name: String,
        options: JSONReferenceWriter.Options, progress: WritingProgress?, cancellation: Cancellation,
        checkBeforeCommit: () throws(KerchunkError) -> Void
    ) throws(KerchunkError) -> UInt64 {
        do {
            let dataset = try dataset.represented(
                inZarr: options.zarrFormat, codecs: BuiltinCodecs.directory
            ).dataset
            let count = try JSONReferenceWriter(options: options, codecs: BuiltinCodecs.directory).write(
                dataset, to: output, progress: progress, cancellation: cancellation)
            try cancellation.check()
            try checkBeforeCommit()
            try output.commit()
            return count
        } catch {
            output.abort()
            var failure = KerchunkError(wrapping: error)
            if ![.cancelled, .usage, .changed].contains(failure.kind) { failure.kind = .output }
            failure.url = failure.url ?? name
            throw failure
        }
    }

    /// Throws where an object in a store is no longer what was read of it; for files of this machine their output sees to
    /// that.
    private static func checkUnchanged(
        _ location: String, _ succession: Succession, _ files: FileOpener
    ) throws(KerchunkError) {
        guard case .store(_, let url) = try files.outputPlace(location) else { return }
        do {
            if OutputState(remote: try files.openSource(url).stamp) == succession.read { return }
        } catch {
            let failure = KerchunkError(wrapping: error).locating(url: url)
            guard failure.kind == .notFound else { throw failure }
        }
        throw Succession.overtaken(url)
    }

    /// `overwrite` must never cost the data that the references point to.
    static func refuseToReplaceSource(_ path: String, _ dataset: VirtualDataset) throws(KerchunkError) {
        let name = LocationChain.outerFile(of: path)
        var names = Set(exactly: [name])
        if case .local(let path) = Location(name) {
            guard Platform.exists(path) else { return }
            names = Set(exactly: [absolutePath(path), Platform.realPath(path)].compactMap { $0 })
        }
        let isSource = dataset.sources.sources.contains { source in
            guard case .local(let file) = Location(source.url) else { return names.contains(source.url) }
            return names.contains(file)
        }
        guard !isSource else {
            throw KerchunkError(
                .usage, "the output would replace a file that the references point to", url: path)
        }
    }
}
