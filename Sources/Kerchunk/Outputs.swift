// SPDX-License-Identifier: Apache-2.0
// Where outputs go, and whether they may.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReferences
public import KerchunkStorage

extension FileOpener {
    /// What an output is called by a user.
    enum OutputPlace {
        /// A path of this machine.
        case local(String)
        /// A URL, and the store behind it.
        case store(OutputStore, url: String)
    }

    /// - Throws: for places that take no files.
    func outputPlace(_ location: String) throws(KerchunkError) -> OutputPlace {
        var name = location
        if let chain = try LocationChain(location) {
            guard chain.steps.isEmpty else {
                throw KerchunkError(.usage, "nothing can be written into archives", url: location)
            }
            name = chain.outer
        }
        guard case .remote(let scheme, let url) = Location(name) else {
            if case .local(let path) = Location(name) { return .local(path) }
            return .local(name)
        }
        var cleaning = access
        cleaning.cancellation = Cancellation()
        do {
            guard let store = try stores.store(scheme, access) as? any WritableStore,
                let cleaner = try stores.store(scheme, cleaning) as? any WritableStore
            else {
                throw KerchunkError(
                    .usage,
                    scheme.hasPrefix("http")
                        ? "web servers take no files: write to a path of this machine, or to an object store"
                        : "nothing can be written to \(scheme)://", url: url)
            }
            return .store(OutputStore(store, cleaning: cleaner), url: url)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    /// All bytes of the file at `location`: a plan, a list of names.
    public func contents(of location: String) throws(KerchunkError) -> Bytes {
        do {
            let source = try openSource(location)
            return try source.read(ByteRange(0..<source.size()))
        } catch {
            throw KerchunkError(wrapping: error).locating(url: location)
        }
    }
}

extension Kerchunk {
    /// Whether something is at `location`, a path or URL; of a place for a Parquet set, whether a set is there.
    public static func exists(
        _ location: String, files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> Bool {
        let name = LocationChain.outerFile(of: location)
        guard case .remote(let scheme, let url) = Location(name) else {
            if case .local(let path) = Location(name) { return Platform.exists(path) }
            return false
        }
        do {
            let store = try files.stores.store(scheme, files.access)
            if ReferenceFormat(path: url) == .parquet {
                return try ParquetReferenceSet.exists(url, in: store)
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
    public static func checkOutput(
        _ location: String, overwrite: Bool = false, options: SavingOptions = SavingOptions(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) {
        switch try files.outputPlace(location) {
        case .local(let path):
            if ReferenceFormat(path: path) == .parquet {
                try ParquetReferenceWriter(options: options.parquet, codecs: BuiltinCodecs.directory)
                    .check(path, overwrite: overwrite)
            } else if Platform.exists(path) {
                guard overwrite else { throw AtomicFile.existsAlready(location) }
                try refuseToReplaceData(path)
            }
        case .store(let store, let url):
            if ReferenceFormat(path: url) == .parquet {
                try ParquetReferenceWriter(
                    options: options.parquet, codecs: BuiltinCodecs.directory, store: store
                ).check(url, overwrite: overwrite)
            } else if overwrite {
                try refuseToReplaceData(url, files: files)
            } else if try exists(url, files: files) {
                throw AtomicFile.existsAlready(url)
            }
        }
    }

    /// A file in the making at `location`, a path or URL, which appears whole or not at all.
    /// - Parameter succession: where it is made of what is at its place on this machine.
    public static func beginOutput(
        _ location: String, overwrite: Bool = false, isDurable: Bool = false,
        succeeding succession: Succession? = nil, files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> any Upload {
        switch try files.outputPlace(location) {
        case .local(let path):
            if overwrite { try refuseToReplaceData(path) }
            return try AtomicFile(
                path, overwrite: overwrite, isDurable: isDurable, succeeding: succession)
        case .store(let output, let url):
            if !overwrite, try exists(url, files: files) { throw AtomicFile.existsAlready(url) }
            do {
                return try output.store.begin(url)
            } catch {
                throw KerchunkError(wrapping: error).locating(url: url)
            }
        }
    }

    /// Keeps others from appending to `location` while what is there is read, added to and replaced, until the result ends.
    /// In object stores there are no locks; there it is looked whether the set is still what was read before it is replaced.
    /// - Parameters:
    ///   - seconds: how long others are waited for.
    ///   - isWaiting: called once where that takes more than 3 seconds.
    /// - Throws: kind `output` where others have it longer.
    public static func lockForAppending(
        _ location: String, waiting seconds: UInt64 = 600, files: FileOpener = FileOpener(),
        cancellation: Cancellation = Cancellation(), isWaiting: () -> Void = {}
    ) throws(KerchunkError) -> OutputLock? {
        guard case .local(let path) = try files.outputPlace(location) else { return nil }
        return try OutputLock(path, waiting: seconds, cancellation: cancellation, isWaiting: isWaiting)
    }

    /// Writes Parquet sets to `location`, and the name that the set has there.
    static func parquetWriter(
        to location: String, options: ParquetReferenceOptions, files: FileOpener, cancellation: Cancellation
    ) throws(KerchunkError) -> (writer: ParquetReferenceWriter, path: String) {
        let codecs = BuiltinCodecs.directory
        switch try files.stoppable(by: cancellation).outputPlace(location) {
        case .local(let path): return (ParquetReferenceWriter(options: options, codecs: codecs), path)
        case .store(let store, let url):
            return (ParquetReferenceWriter(options: options, codecs: codecs, store: store), url)
        }
    }

    /// Partitions that are written together where the caller does not say: as many as cores, or 16 where the output is
    /// remote, at most `concurrency`.
    public static func outputWidth(for location: String, concurrency: Int = 64) -> Int {
        Location.isRemote(location)
            ? max(1, min(concurrency, max(16, Platform.coreCount))) : Platform.coreCount
    }
}
