// SPDX-License-Identifier: Apache-2.0
// A combination that is planned once and executed anywhere: the plan, and how to open its inputs.

public import KerchunkBytes
public import KerchunkCombining
public import KerchunkModel
public import KerchunkReferences
public import KerchunkScanning
import KerchunkStorage

/// A saved plan.
public struct CombineTask: Sendable {
    public let plan: CombinePlan
    /// What the output will be saved as; of it the Zarr version is saved.
    public var saving = SavingOptions()
    /// Chunks of fewer stored bytes are embedded.
    public var inlineThreshold: UInt64
    /// What stands before URLs of references that have no protocol; nil where these are paths.
    public var remoteProtocol: String?
    /// Chunks of one partition of the output, in forms that have partitions.
    public var recordSize: UInt64
    public let recordedSources: [SourceTable.Source]
    /// How inputs are scanned that are files; nil where inputs are reference sets. It is not saved, but has to be the same.
    public var scanning: ScanOptions?
    /// The directory where scans are kept for all who execute the plan.
    public var scratch: String?
    /// All that decides on what a scanned input becomes.
    private var scanningJSON: JSONValue? {
        scanning.map { options in
            var json = options.json
            json["fill_limit"] = .integer(saving.fillLimit)
            return .object(json)
        }
    }
    /// What the scanning was when the plan was saved.
    private var savedScanning: JSONValue?
    private let preprocessing: [DatasetEdit]
    private let postprocessing: [DatasetEdit]

    /// What `job` planned.
    init(_ combined: CombinedDataset, _ job: BuildJob) {
        plan = combined.plan
        recordedSources = combined.recordedSources
        preprocessing = job.request.preprocessing
        postprocessing = job.request.postprocessing
        saving = job.settings.saving
        inlineThreshold = job.settings.inlineThreshold
        remoteProtocol = job.session.sources.remoteProtocol
        recordSize = job.session.forms.partitioned.map { job.settings.saving[$0.recordSize] } ?? 1
    }

    /// - Throws: for changes that are functions.
    public func json() throws(KerchunkError) -> JSONObject {
        func edits(_ list: [DatasetEdit]) throws(KerchunkError) -> JSONValue {
            var edits: [JSONValue] = []
            for edit in list { edits.append(try edit.json()) }
            return .array(edits)
        }
        return [
            "kerchunk": .string(Kerchunk.version), "zarr_format": .integer(saving.zarrFormat),
            "inline_threshold": .integer(inlineThreshold), "record_size": .integer(recordSize),
            "remote_protocol": remoteProtocol.map { .string($0) } ?? .null,
            "scanning": scanningJSON ?? savedScanning ?? .null,
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
                .unsupported, "not a plan that version \(Kerchunk.version) of this program made")
        }
        func edits(_ name: String) throws(KerchunkError) -> [DatasetEdit] {
            var edits: [DatasetEdit] = []
            for edit in json[name]?.array ?? [] { edits.append(try DatasetEdit(json: edit)) }
            return edits
        }
        plan = try CombinePlan(json: document)
        saving.zarrFormat = Int(format)
        inlineThreshold = threshold
        self.recordSize = recordSize
        remoteProtocol = json["remote_protocol"]?.string
        savedScanning = json["scanning"].flatMap { $0.isNull ? Optional.none : $0 }
        preprocessing = try edits("preprocess")
        postprocessing = try edits("postprocess")
        recordedSources = (json["sources"]?.array ?? []).compactMap { value in
            guard let members = value.object, let url = members["url"]?.string else { return nil }
            return SourceTable.Source(url: url, stamp: SourceStamp(members))
        }
    }

    /// The output; inputs are opened when their chunks are asked for, and must be what they were.
    public func dataset(
        memoryLimit: Int = 256 << 20, session: Session = Session()
    ) throws(KerchunkError) -> VirtualDataset {
        let task = self
        let session = naming(session)
        let shared = SharedReading()
        guard savedScanning == nil || savedScanning == scanningJSON else {
            throw KerchunkError(
                .usage, "the plan is for files that were scanned with other options than those given now")
        }
        let scanned = try scanning.map { options throws(KerchunkError) in
            ScannedFiles(options: options, packed: try ScannedFiles.reader(session), session: session)
        }
        let library = InputLibrary(count: plan.inputs.count, limit: memoryLimit) {
            index throws(KerchunkError) in
            if let scanned { return try task.open(index, scanned, session) }
            return try task.open(index, shared, session)
        }
        var dataset = try CombineExecutor(plan: plan, library: library).dataset()
        dataset = try postprocessing.applied(to: dataset)
        return inlineThreshold > 0
            ? Kerchunk.inlineChunks(of: dataset, below: inlineThreshold, session: session) : dataset
    }

    /// The same session, which knows the protocol that the plan was made with.
    private func naming(_ session: Session) -> Session {
        var named = session
        named.sources.remoteProtocol = session.sources.remoteProtocol ?? remoteProtocol
        return named
    }

    private func open(
        _ index: Int, _ scanned: ScannedFiles, _ session: Session
    ) throws(KerchunkError) -> VirtualDataset {
        let name = plan.inputs[index]
        let known = plan.stamps[index]
        let (opened, kept) = try scanned.open(name, known) { key throws(KerchunkError) in
            guard let scratch else { return nil }
            try Platform.makeDirectory(scratch)
            return "\(scratch)/\(key).kpack"
        }
        // A scan that was kept is that of the file as it was; servers are not asked again for it.
        let now: SourceStamp
        if let form = opened.form, kept == nil {
            now = CombineRun.stamp(of: name, form: form)
        } else if Location.isRemote(name), kept?.wasThere == true {
            now = known
        } else {
            now = try scanned.stamp(of: name, asks: known != SourceStamp())
        }
        guard now == known else {
            throw KerchunkError(.changed, "the input has changed since the plan was made", url: name)
        }
        let changed = try Kerchunk.represent(
            opened.dataset, as: saving, leavesOut: opened.form == nil || kept != nil, session: session)
        return try preprocessing.applied(to: changed.dataset.asInput)
    }

    private func open(
        _ index: Int, _ shared: SharedReading, _ session: Session
    ) throws(KerchunkError) -> VirtualDataset {
        let name = plan.inputs[index]
        let opened = try Kerchunk.openReferences(name, sharing: shared, session: session)
        let known = plan.stamps[index]
        guard
            known == SourceStamp() || CombineRun.stamp(of: name, opened) == known
        else {
            throw KerchunkError(.changed, "the input has changed since the plan was made", url: name)
        }
        let changed = try Kerchunk.represent(opened.dataset, as: saving, session: session)
        return try preprocessing.applied(to: changed.dataset.asInput)
    }

    /// The name of the work, for partitions that come from several processes.
    private func resumeKey(_ options: SavingOptions, _ form: any ReferenceForm) throws(KerchunkError)
        -> String
    {
        var fingerprint = Fingerprint()
        fingerprint.combine(options.text(of: form))
        fingerprint.combine(JSONValue.object(try json()).serialized())
        return fingerprint.text
    }

    /// Writes the whole output to `path`; in forms with partitions, a run that was cut off goes on with what is missing.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public func save(
        to path: String, options: SavingOptions = SavingOptions(), memoryLimit: Int = 256 << 20,
        overwrite: Bool = false, session: Session = Session()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let dataset = try dataset(memoryLimit: memoryLimit, session: session)
        let form = session.forms.form(ofOutput: path)
        if let partitioned = form.partitioned {
            var writing = try writing(partitioned, options, session)
            writing.overwrites = overwrite
            return try form.write(dataset, to: session.outputPlace(path), writing)
        }
        var options = options
        options.zarrFormat = saving.zarrFormat
        return try Kerchunk.save(
            dataset, to: path, options: options, overwrite: overwrite, session: session)
    }

    // MARK: In several processes

    private func writing(
        _ form: any PartitionedReferenceForm, _ options: SavingOptions, _ session: Session
    ) throws(KerchunkError) -> ReferenceWriting {
        var options = options
        options[form.recordSize] = recordSize
        var writing = session.writing(options)
        writing.resumeKey = try resumeKey(options, form)
        writing.recordedSources = recordedSources
        return writing
    }

    /// The form of an output in partitions at `path`; nil for wherever it will be.
    private static func form(
        _ path: String?, _ forms: FormDirectory
    ) throws(KerchunkError) -> any PartitionedReferenceForm {
        let form = path.map { forms.form(ofOutput: $0).partitioned } ?? forms.partitioned
        if let form { return form }
        throw KerchunkError(.usage, "the form of the output has no partitions", url: path)
    }

    /// Partitions of all arrays of the output, which are numbered from 0.
    public func partitionCount(session: Session = Session()) throws(KerchunkError) -> UInt64 {
        let form = try Self.form(nil, session.forms)
        return try form.partitionCount(
            of: try dataset(session: session), writing(form, SavingOptions(), session))
    }

    /// Writes some partitions of the set that will be at `path`; others may do so at the same time.
    /// - Returns: how many references they hold.
    public func write(
        _ partitions: Range<UInt64>, to path: String, options: SavingOptions = SavingOptions(),
        session: Session = Session()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let form = try Self.form(path, session.forms)
        var writing = try writing(form, options, session)
        writing.keepsPartial = true
        return try form.writePartitions(
            partitions, of: try dataset(session: session), to: session.outputPlace(path), writing)
    }

    /// Puts the set into its place, when all of its partitions are written.
    public func finish(
        _ path: String, options: SavingOptions = SavingOptions(), overwrite: Bool = false,
        session: Session = Session()
    ) throws(KerchunkError) -> UInt64 {
        try checkSources()
        let form = try Self.form(path, session.forms)
        var writing = try writing(form, options, session)
        writing.overwrites = overwrite
        return try form.finish(
            try dataset(session: session), to: session.outputPlace(path), writing)
    }
}
