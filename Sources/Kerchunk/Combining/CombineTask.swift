// SPDX-License-Identifier: Apache-2.0
// A combination that is planned once and executed anywhere: the plan, and how to open its inputs.

public import KerchunkBytes
public import KerchunkCombining
public import KerchunkModel
public import KerchunkReferences
public import KerchunkScanning
public import KerchunkStorage

/// A saved plan.
public struct CombineTask: Sendable {
    public let plan: CombinePlan
    /// What the output will be saved as; of it the Zarr version is saved.
    public var saving = SavingOptions()
    /// Chunks of fewer stored bytes are embedded.
    public var inlineThreshold: UInt64 = 500
    /// Opens inputs, and reaches the stores that outputs go to, unless `outputs` does.
    public var files = FileOpener()
    /// Reaches the stores that outputs go to; nil where `files` does.
    package var outputs: FileOpener?
    /// Opens the files that references name; of it only the protocol is saved.
    public var sources = FileOpener()
    /// Chunks of one Parquet file: partitions are counted by it.
    public var recordSize: UInt64 = 100_000
    public let recordedSources: [SourceTable.Source]
    /// How inputs are scanned that are files; nil where inputs are reference sets. It is not saved, but has to be the same.
    public var scanning: ScanOptions?
    /// The directory where scans are kept for all who execute the plan.
    public var scratch: String?
    /// All that decides on what a scanned input becomes.
    private var scanningText: String? { scanning.map { "\($0), at most \(saving.fillLimit) chunks filled" } }
    /// What the scanning was when the plan was saved.
    private var savedScanning: String?
    private let preprocessing: [DatasetEdit]
    private let postprocessing: [DatasetEdit]

    /// - Parameter combined: of inputs that are reference sets.
    public init(_ combined: CombinedDataset, request: CombineRequest) {
        plan = combined.plan
        recordedSources = combined.recordedSources
        preprocessing = request.preprocessing
        postprocessing = request.postprocessing
    }

    /// - Throws: for changes that are functions.
    public func json() throws(KerchunkError) -> JSONObject {
        func edits(_ list: [DatasetEdit]) throws(KerchunkError) -> JSONValue {
            var edits: [JSONValue] = []
            for edit in list { edits.append(try edit.json()) }
            return .array(edits)
        }
        return [
            "kerchunk": .string(Kerchunk.version), "zarr_format": .integer(saving.json.zarrFormat),
            "inline_threshold": .integer(inlineThreshold), "record_size": .integer(recordSize),
            "remote_protocol": sources.remoteProtocol.map { .string($0) } ?? .null,
            "scanning": (scanningText ?? savedScanning).map { .string($0) } ?? .null,
            "preprocess": try edits(preprocessing), "postprocess": try edits(postprocessing),
            "plan": .object(plan.json),
            "sources": .array(
                recordedSources.map { source in
                    var object = source.stamp.json
                    object["url"] = .string(source.url)
                    return .object(object)
                }),
        ]
    }

    public init(json: JSONObject) throws(KerchunkError) {
        guard let document = json["plan"]?.object, json["kerchunk"]?.string == Kerchunk.version,
            let format = json["zarr_format"]?.number?.uint64, format == 2 || format == 3,
            let threshold = json["inline_threshold"]?.number?.uint64,
            let recordSize = json["record_size"]?.number?.uint64, recordSize > 0
        else {
            throw KerchunkError(
                .unsupported, "this is no plan that version \(Kerchunk.version) of this program has made")
        }
        func edits(_ name: String) throws(KerchunkError) -> [DatasetEdit] {
            var edits: [DatasetEdit] = []
            for edit in json[name]?.array ?? [] { edits.append(try DatasetEdit(json: edit)) }
            return edits
        }
        plan = try CombinePlan(json: document)
        saving.json.zarrFormat = Int(format)
        inlineThreshold = threshold
        self.recordSize = recordSize
        sources.remoteProtocol = json["remote_protocol"]?.string
        savedScanning = json["scanning"]?.string
        preprocessing = try edits("preprocess")
        postprocessing = try edits("postprocess")
        recordedSources = (json["sources"]?.array ?? []).compactMap { value in
            guard let members = value.object, let url = members["url"]?.string else { return nil }
            return SourceTable.Source(url: url, stamp: SourceStamp(members))
        }
    }

    /// The output; inputs are opened when their chunks are asked for, and must be what they were.
    public func dataset(
        memoryLimit: Int = 256 << 20, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> VirtualDataset {
        let task = self
        let partitions = PartitionCache()
        guard savedScanning == nil || savedScanning == scanningText else {
            throw KerchunkError(
                .usage, "the plan is for files that are scanned with other options than are given now")
        }
        let scanned = try scanning.map { options throws(KerchunkError) in
            ScannedFiles(
                options: options, files: files, packed: try Kerchunk.packedReader(),
                cancellation: cancellation)
        }
        let library = InputLibrary(count: plan.inputs.count, limit: memoryLimit) {
            index throws(KerchunkError) in
            if let scanned { return try task.open(index, scanned) }
            return try task.open(index, partitions, cancellation)
        }
        var dataset = try CombineExecutor(plan: plan, library: library).dataset()
        dataset = try postprocessing.applied(to: dataset)
        return inlineThreshold > 0
            ? Kerchunk.inlineChunks(
                of: dataset, below: inlineThreshold, files: sources.stoppable(by: cancellation))
            : dataset
    }

    private func open(_ index: Int, _ scanned: ScannedFiles) throws(KerchunkError) -> VirtualDataset {
        let name = plan.inputs[index]
        let known = plan.stamps[index]
        let found = try scanned.open(name, known) { key throws(KerchunkError) in
            guard let scratch else { return nil }
            try Platform.makeDirectory(scratch)
            return "\(scratch)/\(key).kpack"
        }
        // A scan that was kept is that of the file as it was; servers are not asked again for it.
        let now: SourceStamp
        if found.opened.isReferences, found.path == nil {
            now = CombineRun.stamp(of: name, isParquet: found.opened.format == "kerchunk Parquet")
        } else if Location.isRemote(name), found.wasKept {
            now = known
        } else {
            now = try scanned.stamp(of: name, asks: known != SourceStamp())
        }
        guard now == known else {
            throw KerchunkError(.changed, "the input is not what it was when the plan was made", url: name)
        }
        let changed = try Kerchunk.represent(
            found.opened.dataset, as: saving, leavesOut: !found.opened.isReferences || found.path != nil)
        return try preprocessing.applied(to: changed.dataset)
    }

    private func open(
        _ index: Int, _ partitions: PartitionCache, _ cancellation: Cancellation
    ) throws(KerchunkError) -> VirtualDataset {
        let name = plan.inputs[index]
        let opened = try Kerchunk.openReferences(
            name, partitions: partitions, cancellation: cancellation, files: files)
        let known = plan.stamps[index]
        guard
            known == SourceStamp() || CombineRun.stamp(of: name, opened) == known
        else {
            throw KerchunkError(.changed, "the input is not what it was when the plan was made", url: name)
        }
        let changed = try Kerchunk.represent(opened.dataset, as: saving)
        return try preprocessing.applied(to: changed.dataset)
    }

    /// The name of the work, for partitions that come from several processes.
    private func resumeKey(_ options: ParquetReferenceOptions) throws(KerchunkError) -> String {
        var fingerprint = Fingerprint()
        fingerprint.combine("\(options.fillMissing) \(options.compressionLevel)")
        fingerprint.combine(JSONValue.object(try json()).serialized())
        return fingerprint.text
    }

    /// Writes the whole output to `path`; in Parquet, a run that was cut off goes on with what is missing.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public func save(
        to path: String, options: SavingOptions = SavingOptions(), memoryLimit: Int = 256 << 20,
        overwrite: Bool = false, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let dataset = try dataset(memoryLimit: memoryLimit, cancellation: cancellation)
        guard ReferenceFormat(path: path) == .parquet else {
            var options = options
            options.json.zarrFormat = saving.json.zarrFormat
            return try Kerchunk.save(
                dataset, to: path, options: options, overwrite: overwrite, cancellation: cancellation,
                files: outputs ?? files)
        }
        let (writer, path) = try writer(to: path, options.parquet, cancellation)
        return try writer.write(
            dataset, to: path, overwrite: overwrite, recordedSources: recordedSources,
            cancellation: cancellation)
    }

    // MARK: In several processes

    private func options(_ options: ParquetReferenceOptions) throws(KerchunkError) -> ParquetReferenceOptions
    {
        var options = options
        options.recordSize = recordSize
        options.resumeKey = try resumeKey(options)
        return options
    }

    private func writer(
        to path: String, _ options: ParquetReferenceOptions, _ cancellation: Cancellation
    ) throws(KerchunkError) -> (ParquetReferenceWriter, path: String) {
        try Kerchunk.parquetWriter(
            to: path, options: self.options(options), files: outputs ?? files, cancellation: cancellation)
    }

    /// Partitions of all arrays of the output, which are numbered from 0.
    public func partitionCount() throws(KerchunkError) -> UInt64 {
        try ParquetReferenceWriter(
            options: try options(ParquetReferenceOptions()), codecs: BuiltinCodecs.directory
        ).partitionCount(of: try dataset())
    }

    /// Writes some partitions of the set that will be at `path`; others may do so at the same time.
    /// - Returns: how many references they hold.
    public func write(
        _ partitions: Range<UInt64>, to path: String,
        options: ParquetReferenceOptions = ParquetReferenceOptions(),
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let (writer, path) = try writer(to: path, options, cancellation)
        return try writer.writePartitions(
            partitions, of: try dataset(cancellation: cancellation), to: path, cancellation: cancellation)
    }

    /// Puts the set into its place, when all of its partitions are written.
    public func finish(
        _ path: String, options: ParquetReferenceOptions = ParquetReferenceOptions(), overwrite: Bool = false,
        cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let (writer, path) = try writer(to: path, options, cancellation)
        return try writer.finish(
            try dataset(cancellation: cancellation), to: path, overwrite: overwrite,
            recordedSources: recordedSources, cancellation: cancellation)
    }
}
