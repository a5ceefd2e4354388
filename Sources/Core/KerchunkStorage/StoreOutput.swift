// SPDX-License-Identifier: Apache-2.0
// A set of files in the making below a URL. See docs/ARCHITECTURE.md, D12.

public import KerchunkModel
import Synchronization

/// A store that outputs go to.
public struct OutputStore: Sendable {
    /// Its keys are whole URLs; may be stopped.
    public let store: any WritableStore
    /// The same store, which nothing stops: it removes what was begun.
    public let cleaning: any WritableStore

    public init(_ store: any WritableStore, cleaning: (any WritableStore)? = nil) {
        self.store = store
        self.cleaning = cleaning ?? store
    }
}

/// Files go where they will be at once, but the one without which there is no set comes last: readers see the whole set, or
/// none. An object `.partial-KEY` stands there meanwhile: it keeps other work away, and tells the same work, also of other
/// processes, that what is there is its own.
// A class because it ends once: committed, removed, or left for later.
public final class StoreOutput: OutputSet {
    /// What is written, and what may give way to it.
    public struct Request: Sendable {
        /// The file that makes the set: where it is, there is a set.
        public var lastKey: String
        /// Whether a file below the URL can be part of a set: no other is ever removed, and none may be there.
        public var isPart: @Sendable (_ key: String) -> Bool
        /// Whether what work left behind that was cut off is removed.
        public var removesLeftovers: Bool
        /// Whether a set that is there is removed first.
        public var replacesInPlace: Bool
        /// The work, where it may go on or has several hands.
        public var resumption: AtomicDirectory.Resumption?

        public init(
            lastKey: String, removesLeftovers: Bool = false, replacesInPlace: Bool = false,
            resuming resumption: AtomicDirectory.Resumption? = nil,
            isPart: @escaping @Sendable (_ key: String) -> Bool
        ) {
            self.lastKey = lastKey
            self.removesLeftovers = removesLeftovers
            self.replacesInPlace = replacesInPlace
            self.resumption = resumption
            self.isPart = isPart
        }
    }

    public let path: String
    public let mayHoldFiles: Bool
    private let request: Request
    private let output: OutputStore
    private let folder: StoreFolder
    /// The object that stands there while the set is being made.
    private let mark: String
    private let isOpen = Atomic(true)

    private static let markStart = ".partial-"
    /// Objects that one request removes, at most.
    private static let batch = 1000

    /// - Throws: kind `output` where a set is there, or what other work has begun, or files that are no part of any.
    public init(_ url: String, in output: OutputStore, _ request: Request) throws(KerchunkError) {
        path = url
        self.request = request
        self.output = output
        folder = StoreFolder(url, in: output.store)
        let key = request.resumption?.key
        if let key { try AtomicDirectory.check(key, path: url) }
        mark = Self.markStart + (key ?? String(UInt64.random(in: .min ... .max), radix: 36))
        var isResumed = false
        do {
            isResumed = try folder.list(prefix: Self.markStart).map(\.key) == [mark]
            if isResumed {
                if try Self.exists(request.lastKey, in: folder) { try Self.giveWay(url, request, output) }
            } else {
                isResumed = try Self.clear(url, request, mark: mark, output, folder)
            }
            try Self.write(Self.note, as: mark, folder, output.store)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
        mayHoldFiles = isResumed || request.resumption?.isShared == true
        do {
            try checkMarks()
        } catch {
            // Others were faster; nothing but the mark is ours.
            if !isResumed { try? output.cleaning.remove([folder.url(of: mark)]) }
            isOpen.store(false, ordering: .relaxed)
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    private static let note =
        "A reference set is being written here; it is complete when .zmetadata exists.\n"

    // MARK: What is there before

    /// Whether a set is at `url`.
    public static func isTaken(_ url: String, by lastKey: String, in store: any ObjectStore) throws -> Bool {
        try exists(lastKey, in: StoreFolder(url, in: store))
    }

    private static func exists(_ key: String, in folder: StoreFolder) throws -> Bool {
        do {
            _ = try folder.open(key).size()
            return true
        } catch let error as KerchunkError where error.kind == .notFound {
            return false
        }
    }

    /// Says early what stands against a set at `url`; what other work has left there is looked at when it is begun.
    public static func check(_ url: String, in store: any ObjectStore, _ request: Request)
        throws(KerchunkError)
    {
        do {
            try check(StoreFolder(url, in: store).listLevel(prefix: "").objects.map(\.key), url, request)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    private static func check(_ found: [String], _ url: String, _ request: Request) throws(KerchunkError) {
        if let other = found.first(where: { !isOurs($0, request) }) {
            throw KerchunkError(
                .output,
                "the place contains other files, such as \"\(other)\"; a reference set needs a place of its own",
                url: url)
        }
        if found.contains(request.lastKey), !mayGiveWay(request) { throw existsAlready(url) }
    }

    private static func mayGiveWay(_ request: Request) -> Bool {
        request.replacesInPlace && request.resumption?.isShared != true
    }

    /// The error for a set that may not be replaced.
    public static func existsAlready(_ url: String) -> KerchunkError {
        KerchunkError(
            .output,
            "the place already contains a reference set, which cannot be replaced in one step in an object store; choose another place, "
                + "or give --in-place, which removes it first", url: url)
    }

    /// Removes the set at `url` if that was asked for: first what makes it one.
    private static func giveWay(_ url: String, _ request: Request, _ output: OutputStore) throws {
        guard mayGiveWay(request) else { throw existsAlready(url) }
        try output.store.remove([StoreFolder(url, in: output.store).url(of: request.lastKey)])
    }

    /// Makes room where that was asked for.
    /// - Returns: whether the same work has begun meanwhile, and goes on here.
    private static func clear(
        _ url: String, _ request: Request, mark: String, _ output: OutputStore, _ folder: StoreFolder
    ) throws -> Bool {
        // What is at the top tells whether it is worth while to list all.
        let level = try folder.listLevel(prefix: "")
        if level.objects.isEmpty, level.folders.isEmpty { return false }
        try check(level.objects.map(\.key), url, request)
        let found = try folder.list(prefix: "").map(\.key)
        try check(found, url, request)
        if !found.contains(request.lastKey), found.filter({ $0.hasPrefix(markStart) }) == [mark] {
            return true
        }
        if found.contains(request.lastKey) {
            try giveWay(url, request, output)
        } else if !request.removesLeftovers || request.resumption?.isShared == true {
            throw KerchunkError(
                .output,
                found.contains { $0.hasPrefix(markStart) }
                    ? "another run is writing there, or was interrupted; --overwrite removes what it has written"
                    : "the place contains files of a set without \"\(request.lastKey)\"; --overwrite removes them",
                url: url)
        }
        // Without its mark another run cannot commit any more; it may just have done so.
        try remove(found.filter { $0.hasPrefix(markStart) }, folder, output.store)
        let left = try folder.list(prefix: "").map(\.key)
        guard !left.contains(request.lastKey) else { throw existsAlready(url) }
        try remove(left.filter { isOurs($0, request) }, folder, output.store)
        return false
    }

    private static func isOurs(_ key: String, _ request: Request) -> Bool {
        key == request.lastKey || key.hasPrefix(markStart) || request.isPart(key)
    }

    /// Throws unless the mark is there, and no other.
    private func checkMarks() throws {
        let marks = try folder.list(prefix: Self.markStart).map(\.key)
        guard marks == [mark] else {
            throw KerchunkError(
                .output,
                marks.contains(mark)
                    ? "another run is writing to the same place; wait for it, or end it"
                    : "another run has since written there", url: path)
        }
    }

    // MARK: Files

    public func begin(_ key: String) throws -> any Upload { try output.store.begin(folder.url(of: key)) }
    public func open(_ key: String) throws -> any ByteSource { try folder.open(key) }
    public func remove(_ key: String) throws { try output.store.remove([folder.url(of: key)]) }

    public func link(_ key: String, to path: String) throws {
        try write(try Platform.readToEnd(path), as: key)
    }

    /// Uploads that were cut off left nothing that could be seen.
    public func removeStrays() {}

    private static func write(
        _ text: String, as key: String, _ folder: StoreFolder, _ store: any WritableStore
    ) throws {
        let upload = try store.begin(folder.url(of: key))
        do {
            try upload.write(Array(text.utf8))
            try upload.commit()
        } catch {
            upload.abort()
            throw error
        }
    }

    private static func remove(_ keys: [String], _ folder: StoreFolder, _ store: any WritableStore) throws {
        var start = 0
        while start < keys.count {
            let end = min(start + batch, keys.count)
            try store.remove(keys[start..<end].map { folder.url(of: $0) })
            start = end
        }
    }

    // MARK: The end

    public func commit(with key: String, _ bytes: [UInt8]) throws {
        guard isOpen.load(ordering: .relaxed) else { return }
        precondition(
            request.resumption?.isShared != true,
            "a set that other processes are writing to cannot be committed")
        try checkMarks()
        do {
            try write(bytes, as: key)
            // Who gives up the same work removes the mark first, and looks for the set then.
            try checkMarks()
        } catch {
            try? output.cleaning.remove([folder.url(of: key)])
            throw error
        }
        isOpen.store(false, ordering: .relaxed)
        // Readers pass over the mark where it stays.
        try? output.cleaning.remove([folder.url(of: mark)])
    }

    public func abort() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        if request.resumption?.isShared == true || request.resumption?.keepsPartial == true { return }
        let folder = StoreFolder(path, in: output.cleaning)
        guard let marks = try? folder.list(prefix: Self.markStart).map(\.key), marks == [mark] else {
            // Others have taken the place: what is there is theirs.
            return
        }
        try? output.cleaning.remove([folder.url(of: mark)])
        guard let left = try? folder.list(prefix: "").map(\.key), !left.contains(request.lastKey) else {
            return
        }
        try? Self.remove(left.filter(request.isPart), folder, output.cleaning)
    }

    deinit { abort() }
}
