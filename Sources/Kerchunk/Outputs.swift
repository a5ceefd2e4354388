// SPDX-License-Identifier: Apache-2.0
// Where outputs go, and whether they may.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkReferences
import KerchunkScanning
public import KerchunkStorage

extension Session {
    /// - Throws: for places that take no files.
    func outputPlace(_ location: String) throws(KerchunkError) -> OutputPlace {
        var name = location
        if let chain = try LocationChain(location) {
            guard chain.steps.isEmpty else {
                throw KerchunkError(.usage, "cannot write into archives", url: location)
            }
            name = chain.outer
        }
        guard case .remote(let scheme, let url) = Location(name) else {
            if case .local(let path) = Location(name) { return .local(path) }
            return .local(name)
        }
        let (stores, access) = (outputs.stores, outputs.access)
        var cleaning = access
        cleaning.cancellation = Cancellation()
        do {
            guard let store = try stores.store(scheme, access) as? any WritableStore,
                let cleaner = try stores.store(scheme, cleaning) as? any WritableStore
            else {
                throw KerchunkError(
                    .usage,
                    scheme.hasPrefix("http")
                        ? "web servers take no files; write to a local path, or to an object store"
                        : "cannot write to \(scheme)://", url: url)
            }
            return .store(OutputStore(store, cleaning: cleaner), url: url)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    /// Throws where a file at the place of an output is no reference set: it was hardly meant.
    @Sendable func refuseToReplaceData(_ source: any ByteSource) throws {
        var probe = try Probe(.file(source))
        if forms.isReplaceable(probe.start) { return }
        let scanned = try probe.recognized(among: formats)?.format
        let name =
            scanned.map { "a file of the format \($0.name)" } ?? GivenFile.name(probe.start)
        throw KerchunkError(
            .output,
            "the output exists and is \(name.map { $0 + ", which holds data" } ?? "not a reference set"); "
                + "it is not replaced, so choose another place")
    }

    /// All bytes of the file at `location`: a plan, a list of names.
    public func contents(of location: String) throws(KerchunkError) -> Bytes {
        do {
            let source = try files.openSource(location)
            return try source.read(ByteRange(0..<source.size()))
        } catch {
            throw KerchunkError(wrapping: error).locating(url: location)
        }
    }
}

extension Kerchunk {
    /// Whether something is at `location`, a path or URL; of a place for a set of many files, whether a set is there.
    public static func exists(
        _ location: String, session: Session = Session()
    ) throws(KerchunkError) -> Bool {
        let name = LocationChain.outerFile(of: location)
        guard case .remote(let scheme, let url) = Location(name) else {
            if case .local(let path) = Location(name) { return Platform.exists(path) }
            return false
        }
        do {
            let store = try session.outputs.stores.store(scheme, session.outputs.access)
            if let form = session.forms.folderForm(named: url) {
                return try form.markers.contains { try StoreOutput.isTaken(url, by: $0, in: store) }
            }
            do {
                _ = try store.open(url).size()
                return true
            } catch let error as KerchunkError where error.kind == .notFound {
                return false
            }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    /// Says early that nothing can be written to `location`, or that an output exists there which may not be replaced.
    /// - Parameter form: that of the output; nil for the one that `location` tells.
    public static func checkOutput(
        _ location: String, as form: (any ReferenceForm)? = nil, overwrite: Bool = false,
        options: SavingOptions = SavingOptions(), session: Session = Session()
    ) throws(KerchunkError) {
        let form = form ?? session.forms.form(ofOutput: location)
        try form.check(try session.outputPlace(location), session.writing(options, overwrite: overwrite))
    }

    /// A file in the making at `location`, a path or URL, which appears whole or not at all.
    public static func beginOutput(
        _ location: String, overwrite: Bool = false, session: Session = Session()
    ) throws(KerchunkError) -> any Upload {
        try session.outputPlace(location).beginFile(
            overwrite: overwrite, replacing: session.refuseToReplaceData)
    }

    /// Keeps others from appending to `location` while what is there is read, added to and replaced, until the result ends.
    /// In object stores there are no locks; there it is looked whether the set is still what was read before it is replaced.
    /// - Parameters:
    ///   - seconds: how long others are waited for.
    ///   - isWaiting: called once where that takes more than 3 seconds.
    /// - Throws: kind `output` where others have it longer.
    public static func lockForAppending(
        _ location: String, waiting seconds: UInt64 = 600, session: Session = Session(),
        isWaiting: () -> Void = {}
    ) throws(KerchunkError) -> OutputLock? {
        guard case .local(let path) = try session.outputPlace(location) else { return nil }
        return try OutputLock(
            path, waiting: seconds, cancellation: session.cancellation, isWaiting: isWaiting)
    }

    /// Partitions that are written together where the caller does not say: as many as cores, or 16 where the output is
    /// remote, at most `concurrency`.
    public static func outputWidth(for location: String, concurrency: Int = 64) -> Int {
        Location.isRemote(location)
            ? max(1, min(concurrency, max(16, Platform.coreCount))) : Platform.coreCount
    }
}
