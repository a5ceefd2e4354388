// SPDX-License-Identifier: Apache-2.0
// One combination: inputs are opened and summarized in parallel, then planned, and pulled from when they are written.

import KerchunkBytes
import KerchunkCombining
import KerchunkModel
import KerchunkReading
import KerchunkReferences
import KerchunkScanning
import KerchunkStorage
import Synchronization

struct CombineRun: Sendable {
    let inputs: [CombineInput]
    /// By input: its number among all that were given; nil where none was left out.
    var places: [Int]?
    private let request: CombineRequest
    let settings: CombineSettings
    let session: Session
    private let scratch: ScratchSpace
    private let packed: PackedDatasetReader
    private let shared = SharedReading()
    /// By input: the packed file that it is in, once it is.
    let packedFiles: PackedFiles
    private let reader: ArrayReader
    /// Chunks that are read together from what was put on disk; few, as inputs may alternate in the output.
    private static let blockRows: UInt64 = 2048

    // A class because a mutex cannot be moved.
    final class PackedFiles: Sendable {
        let files = Mutex<[Int: PackedInput]>([:])
        /// What the request names, and inputs have.
        let names = Mutex(NamedVariables())
        /// What the set that is appended to was when it was read.
        let appended = Mutex<CombinedDataset.AppendedSet?>(nil)
        /// Names in `ScanOptions.included` that no scanned file had so far; nil where none was scanned.
        let unmatched = Mutex<Set<String>?>(nil)
        /// Inputs whose values could not be read while planning, by their numbers in the plan.
        let unread = Mutex<[Int: KerchunkError]>([:])
    }

    struct PackedInput {
        let path: String
        /// Whether it holds the input as the request wants it, and not as it was scanned.
        let isPrepared: Bool
    }

    init(
        _ inputs: [CombineInput], request: CombineRequest, settings: CombineSettings, session: Session
    ) throws(KerchunkError) {
        self.inputs = (settings.appended.map { [.references($0)] } ?? []) + inputs
        self.request = request
        self.settings = settings
        self.session = session
        scratch = ScratchSpace(settings)
        packed = try ScannedFiles.reader(session)
        packedFiles = PackedFiles()
        reader = session.arrayReader()
    }

    func execute() throws(KerchunkError) -> CombinedDataset {
        let library = library()
        let found = try summarize(into: library)
        if request.checksNames {
            try packedFiles.names.withLock { names throws(KerchunkError) in try names.check(request) }
        }
        return try plan(found, library)
    }

    /// What planning needs of the inputs.
    func summarize() throws(KerchunkError) -> SummaryDocument {
        let found = try summarize(into: library())
        var document = SummaryDocument(found.loaded.map(\.summary))
        document.inputIssues = issues(found)
        document.leftOut = found.leftOut
        return document
    }

    /// Plans inputs that were summarized before.
    func plan(_ summaries: [InputSummary]) throws(KerchunkError) -> CombinedDataset {
        try plan(summaries, issues: [], leftOut: [], library())
    }

    private func library() -> InputLibrary {
        InputLibrary(count: inputs.count, limit: settings.memoryLimit) { index throws(KerchunkError) in
            try open(index).input.dataset
        }
    }

    private func summarize(into library: InputLibrary) throws(KerchunkError) -> Found {
        let summarizer = InputSummarizer(request: request, reader: reader)
        let existing = try settings.appended.map { name throws(KerchunkError) in
            try loadExisting(name, summarizer, library)
        }
        let pool = WorkerPool(width: settings.threadCount)
        let results: [Result<Loaded, KerchunkError>] = pool.map(inputs.count) { index in
            do throws(KerchunkError) {
                try session.cancellation.check()
                if let existing, index == 0 { return .success(existing) }
                // Those that are left out are done with, too.
                defer { settings.progress() }
                return .success(try load(index, summarizer, library, existing?.summary))
            } catch {
                return .failure(error.locating(url: inputs[index].name))
            }
        }
        try session.cancellation.check()
        var found = Found()
        for (index, result) in results.enumerated() {
            switch result {
            case .success(let one):
                found.loaded.append(one)
                found.places.append(index)
            // What is asked wrongly is no fault of an input.
            case .failure(let error) where settings.skipsFailures && error.kind == .usage: throw error
            case .failure(let error): found.leftOut.append((inputs[index].name, error))
            }
        }
        let errors = found.leftOut.map(\.error)
        let isAppendedLeft = existing != nil && found.places.first != 0
        let used = found.loaded.count - (existing == nil ? 0 : 1)
        if let error = KerchunkError.together(errors), !settings.skipsFailures || isAppendedLeft || used < 1 {
            throw error
        }
        try checkScannedNames()
        return found
    }

    func plan(
        _ summaries: [InputSummary], issues: [(name: String, issues: [Issue])],
        leftOut: [(name: String, error: KerchunkError)], _ library: InputLibrary
    ) throws(KerchunkError) -> CombinedDataset {
        let reading = InputReading { index, variables throws(KerchunkError) in
            do throws(KerchunkError) {
                return try values(of: variables, index, library)
            } catch {
                packedFiles.unread.withLock { $0[index] = $0[index] ?? error }
                throw error
            }
        } hasMissingChunks: { index, variable throws(KerchunkError) in
            try hasMissingChunks(variable, index, library)
        }
        let planner = CombinePlanner(
            request: request, pool: WorkerPool(width: settings.threadCount),
            codecs: session.codecs, reading: reading)
        let plan = try planner.plan(summaries)
        try session.cancellation.check()
        if plan.alternates { try repack(plan, library) }
        var dataset = try CombineExecutor(plan: plan, library: library).dataset()
        // What is appended to lost its attributes the first time.
        dataset =
            try settings.appended == nil && request.checksNames
            ? request.postprocessing.checked(applyingTo: dataset)
            : request.postprocessing.applied(to: dataset)
        if settings.inlineThreshold > 0 {
            dataset = Kerchunk.inlineChunks(of: dataset, below: settings.inlineThreshold, session: session)
        }
        return CombinedDataset(
            plan: plan, dataset: dataset, inputIssues: issues, leftOut: leftOut,
            recordedSources: summaries.flatMap(\.sources), scratch: scratch,
            inlineThreshold: settings.inlineThreshold, codecs: session.codecs,
            appended: packedFiles.appended.withLock { $0 })
    }

    // MARK: Inputs

    struct Loaded: Sendable {
        let summary: InputSummary
        let issues: [Issue]
    }

    /// Opens an input, and keeps its chunks where there is room for them.
    private func load(
        _ index: Int, _ summarizer: InputSummarizer, _ library: InputLibrary, _ existing: InputSummary?
    ) throws(KerchunkError) -> Loaded {
        var (input, isLoaded) = try open(index)
        try KerchunkError.refuse(damage: input.issues)
        let number = (existing == nil ? index : index - 1) + settings.firstIndex
        let outer = try outerCoordinates(of: input.dataset, index, existing)
        if !outer.coordinates.isEmpty {
            for (dimension, array) in outer.coordinates {
                input.dataset.root[dimension.text] = .array(array)
            }
        }
        var summary = try summarizer.summarize(
            input.dataset, name: inputs[index].name, index: number, stamp: input.stamp, appendingTo: existing,
            outer: outer.named, ordering: outer.ordering)
        if let existing {
            input.dataset = input.dataset.expandingDimensions(
                like: existing, request.concatDimensions + request.coordinates.map(\.dimension),
                outputName: summary.outputName)
            summary = try summarizer.summarize(
                input.dataset, name: inputs[index].name, index: number, stamp: input.stamp,
                appendingTo: existing,
                outer: outer.named, ordering: outer.ordering)
        }
        if settings.skipsFailures, let (path, reason) = summary.unread.min(by: { $0.key < $1.key }) {
            let sentence = reason.prefix { $0 != "\n" }
            throw KerchunkError(.input, "the coordinate cannot be read: \(sentence)", object: "/" + path.text)
        }
        if isLoaded, !library.hasRoom(for: input.dataset) {
            let isKept = existing == nil && packedFiles.files.withLock { $0[index] != nil }
            input.dataset = isKept ? try open(index).input.dataset : try pack(index, input)
            isLoaded = false
        }
        library.keep(input.dataset, as: index, stays: isLoaded)
        return Loaded(summary: summary, issues: input.issues)
    }

    /// Coordinates of a scanned group that lie elsewhere in its file.
    private func outerCoordinates(
        of dataset: VirtualDataset, _ index: Int, _ existing: InputSummary?
    ) throws(KerchunkError) -> OuterCoordinates.Found {
        guard case .file(let location) = inputs[index], !settings.scanning.isWholeFile else {
            return OuterCoordinates.Found()
        }
        let outer = OuterCoordinates(
            of: dataset, at: location, request: request, settings: settings, reader: reader,
            session: session)
        return try outer.find(for: dataset.root, appendingTo: existing)
    }

    private func loadExisting(
        _ name: String, _ summarizer: InputSummarizer, _ library: InputLibrary
    ) throws(KerchunkError) -> Loaded {
        var state: OutputState?
        // Before it is read: what changes later has another state.
        if case .local(let path) = try session.outputPlace(name) {
            state = session.forms.state(ofLocal: path)
        }
        let (input, isLoaded) = try open(0)
        if let version = input.zarrFormat, version != settings.saving.zarrFormat {
            throw KerchunkError(
                .usage,
                "the set has metadata of Zarr version \(version), and would be rewritten as version "
                    + "\(settings.saving.zarrFormat); --zarr-format \(version) appends to it as it is",
                url: name)
        }
        packedFiles.appended.withLock {
            $0 = CombinedDataset.AppendedSet(
                location: name, state: state ?? OutputState(remote: input.stamp), recordSize: input.recordSize
            )
        }
        try KerchunkError.refuse(damage: input.issues)
        library.keep(input.dataset, as: 0, stays: isLoaded)
        return Loaded(
            summary: try summarizer.summarize(existing: input.dataset, name: name, stamp: input.stamp),
            issues: input.issues)
    }

    /// An input as the request wants it, and whether its chunks are in memory.
    private func open(_ index: Int) throws(KerchunkError) -> (input: Opened, isLoaded: Bool) {
        if let file = packedFiles.files.withLock({ $0[index] }) {
            var opened = try packed.open(file.path)
            if !file.isPrepared {
                let said = try Kerchunk.represent(
                    opened.dataset, as: settings.saving, leavesOut: true, session: session)
                opened.dataset = try prepared(said.dataset, index)
            }
            return (opened, false)
        }
        switch inputs[index] {
        case .references(let location):
            return try references(
                try Kerchunk.openReferences(location, sharing: shared, session: session), location, index)
        case .file(let location): return try scan(location, index)
        case .dataset(_, let dataset):
            let said = try Kerchunk.represent(dataset, as: settings.saving, session: session)
            let issues = said.issues + Self.looseKeyIssues(of: dataset)
            return (Opened(try prepared(said.dataset, index), issues: issues, from: .made("dataset")), false)
        }
    }

    private func references(
        _ opened: Opened, _ location: String, _ index: Int
    ) throws(KerchunkError) -> (input: Opened, isLoaded: Bool) {
        let changed = try Kerchunk.represent(opened.dataset, as: settings.saving, session: session)
        var input = opened
        input.dataset = try prepared(changed.dataset, index)
        input.issues += changed.issues + Self.looseKeyIssues(of: changed.dataset)
        input.stamp = Self.stamp(of: location, opened)
        return (input, !opened.isLazy)
    }

    private static func looseKeyIssues(of dataset: VirtualDataset) -> [Issue] {
        dataset.looseKeys.map { [$0.issue("and a combination only takes arrays")] } ?? []
    }

    /// A dataset as the request wants inputs; a set that is appended to is what it is.
    private func prepared(_ dataset: VirtualDataset, _ index: Int) throws(KerchunkError) -> VirtualDataset {
        if settings.appended != nil && index == 0 { return dataset }
        var names = packedFiles.names.withLock { $0 }
        let prepared = try names.prepare(dataset.asInput, request)
        packedFiles.names.withLock { $0.add(names) }
        return prepared
    }

    /// Scans a file, unless an earlier attempt has left what it found.
    private func scan(_ location: String, _ index: Int) throws(KerchunkError) -> (
        input: Opened, isLoaded: Bool
    ) {
        let options = settings.scanning
        let scanned = ScannedFiles(options: options, packed: packed, session: session)
        // What an earlier attempt has left is of use only for the same file.
        let stamp = try scanned.stamp(of: location, asks: settings.scratch != nil)
        var (opened, kept) = try scanned.open(location, stamp) { key throws(KerchunkError) in
            try scratch.lastingFile(key)
        }
        if opened.form != nil, kept == nil { return try references(opened, location, index) }
        let missing = VariableSelection(options).unmatched(by: opened.dataset, opened.issues)
        packedFiles.unmatched.withLock { $0 = $0?.intersection(missing) ?? Set(missing) }
        if let kept {
            packedFiles.files.withLock { $0[index] = PackedInput(path: kept.path, isPrepared: false) }
        }
        let said = try Kerchunk.represent(
            opened.dataset, as: settings.saving, leavesOut: true, session: session)
        opened.dataset = try prepared(said.dataset, index)
        opened.issues += said.issues
        opened.stamp = stamp
        return (opened, kept?.wasThere != true)
    }

    // MARK: On disk

    /// Puts the chunks of an input into the scratch directory.
    private func pack(_ index: Int, _ input: Opened) throws(KerchunkError) -> VirtualDataset {
        let path = try scratch.file("input-\(index)")
        var saving = SavingOptions()
        saving[PackedForm.blockRows] = Self.blockRows
        try Kerchunk.save(
            input.dataset, to: path, as: PackedForm(), options: saving, overwrite: true,
            session: session)
        packedFiles.files.withLock { $0[index] = PackedInput(path: path, isPrepared: true) }
        return try packed.open(path).dataset
    }

    /// Where inputs alternate in the output, each is read many times over: partitions of sets, which would be decoded as
    /// often, are packed first.
    private func repack(_ plan: CombinePlan, _ library: InputLibrary) throws(KerchunkError) {
        let results: [Result<Void, KerchunkError>] = WorkerPool(width: settings.threadCount).map(
            plan.inputs.count
        ) { number in
            let index = place(number)
            guard case .references(let location) = inputs[index],
                session.forms.folderForm(named: location)?.partitioned != nil,
                packedFiles.files.withLock({ $0[index] == nil })
            else { return .success(()) }
            do throws(KerchunkError) {
                try session.cancellation.check()
                library.keep(try pack(index, try open(index).input), as: number, stays: false)
                return .success(())
            } catch {
                return .failure(error.locating(url: inputs[index].name))
            }
        }
        for result in results { try result.get() }
    }

    private func hasMissingChunks(
        _ variable: VariableSummary, _ index: Int, _ library: InputLibrary
    ) throws(KerchunkError) -> Bool {
        do {
            return try ChunkSurvey(try library.array(variable, of: index).0).missing > 0
        } catch {
            throw KerchunkError(wrapping: error).locating(
                url: inputs[place(index)].name, object: "/" + variable.path)
        }
    }

    /// The number of an input among all that were given.
    private func place(_ number: Int) -> Int { places.map { $0[number] } ?? number }

    private func values(
        of variables: [VariableSummary], _ index: Int, _ library: InputLibrary
    ) throws(KerchunkError) -> [Bytes] {
        var bytes: [Bytes] = []
        for variable in variables {
            let (array, table) = try library.array(variable, of: index)
            do throws(KerchunkError) {
                bytes.append(try reader.elements(of: array, in: table))
            } catch {
                throw error.locating(object: "/" + variable.path)
            }
        }
        return bytes
    }
}
