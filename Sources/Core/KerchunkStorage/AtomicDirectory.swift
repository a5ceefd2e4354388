// SPDX-License-Identifier: Apache-2.0
// An output directory that appears whole or not at all. See docs/ARCHITECTURE.md, D12.

public import KerchunkModel
import Synchronization

/// Built beside its place under a temporary name, and swapped in at the end: readers see the old directory or the new
/// one, never a mix. Files inside appear whole, too.
// A class because it ends once: committed, removed, or left for later.
public final class AtomicDirectory: Sendable {
    /// Work that goes on where an earlier run of the same name was cut off.
    public struct Resumption: Hashable, Sendable {
        /// Names the work: the same inputs and options have the same key, others another one.
        public var key: String
        /// Whether others work on the same directory at the same time; none of them can commit it.
        public var isShared: Bool
        /// Whether what is there stays when the work is given up.
        public var keepsPartial: Bool

        public init(key: String, isShared: Bool = false, keepsPartial: Bool = false) {
            self.key = key
            self.isShared = isShared
            self.keepsPartial = keepsPartial
        }
    }

    /// What a directory of this kind consists of: nothing else is ever removed.
    public struct Kind: Sendable {
        /// What messages call one: `reference set`.
        public let name: String
        /// The file without which it is none.
        public let marker: String
        /// Whether a file inside can be part of it; the marker is.
        let isPart: @Sendable (_ key: String) -> Bool
        /// Whether the bytes of the marker are those of a directory of another kind.
        let isOther: @Sendable (_ marker: [UInt8]) -> Bool

        public init(
            _ name: String, marker: String, isPart: @escaping @Sendable (_ key: String) -> Bool,
            isOther: @escaping @Sendable (_ marker: [UInt8]) -> Bool = { _ in false }
        ) {
            self.name = name
            self.marker = marker
            self.isPart = isPart
            self.isOther = isOther
        }
    }

    public let path: String
    /// Where the directory is built.
    public let temporaryPath: String
    /// Nil for work that starts afresh and is seen by nobody else.
    public let resumption: Resumption?
    private let isDurable: Bool
    private let isOpen = Atomic(true)
    /// The place of an existing directory, links resolved.
    let place: String
    let kind: Kind
    private let overwrites: Bool
    private let succession: Succession?
    private let lock: Mutex<Platform.Lock?>

    /// - Parameters:
    ///   - kind: what an existing directory must be to be replaced.
    ///   - isDurable: whether `commit` waits until all is on its device.
    ///   - resumption: what to go on with; an exclusive lock on it is held until the end. Where another run has it and
    ///     `overwrite` is true, each does all of the work.
    ///   - succession: where the directory is made of what is at its place.
    /// - Throws: where `path` exists, and `overwrite` is false or it is not what is to be replaced; where another run
    ///   works on the same.
    public init(
        _ path: String, overwrite: Bool, _ kind: Kind, isDurable: Bool = false,
        resuming resumption: Resumption? = nil, succeeding succession: Succession? = nil
    ) throws(KerchunkError) {
        let text = path.withoutClosingSlashes
        self.path = text
        self.kind = kind
        self.isDurable = isDurable
        self.succession = succession
        let place = Platform.realPath(text) ?? text
        self.place = place
        try Self.check(text, overwrite: overwrite, kind)
        let own = "\(place).partial-\(Platform.processID)-\(Platform.monotonicTime)"
        let shared = resumption.map { "\(place).partial-\($0.key)" }
        var held: Platform.Lock?
        if let resumption, let shared { held = try Self.lock(shared, resumption, path: text) }
        if resumption != nil, held == nil {
            guard overwrite, resumption?.isShared != true, resumption?.keepsPartial != true else {
                throw KerchunkError(
                    .output, "another run is writing the same output; wait for it, or end it", url: text)
            }
        }
        let isOwn = resumption == nil || held == nil
        self.resumption = isOwn ? nil : resumption
        temporaryPath = isOwn ? own : shared ?? own
        lock = Mutex(held)
        var replaces = overwrite
        if !isOwn, resumption?.isShared == false, try Self.recover(temporaryPath, place) { replaces = true }
        overwrites = replaces
        do {
            try Platform.makeDirectory(temporaryPath)
        } catch {
            throw KerchunkError(.output, error.message, url: text)
        }
        // What is private is so from the beginning.
        if overwrite, let mode = Platform.statusIfAny(place)?.mode {
            Platform.setMode(temporaryPath, mode | 0o700)
        }
    }

    /// Throws unless `key` can be part of a file's name.
    static func check(_ key: String, path: String) throws(KerchunkError) {
        let isName = key.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
                || $0 == 95
        }
        guard isName, (1...100).contains(key.utf8.count) else {
            throw KerchunkError(
                .usage,
                "the resume key \"\(key)\" of an output is invalid; expected 1 to 100 letters, digits, - or _",
                url: path)
        }
    }

    /// - Returns: nil where another run has it.
    private static func lock(
        _ temporaryPath: String, _ resumption: Resumption, path: String
    ) throws(KerchunkError) -> Platform.Lock? {
        try check(resumption.key, path: path)
        do {
            if let slash = temporaryPath.lastIndex(of: "/"), slash != temporaryPath.startIndex {
                try Platform.makeDirectory(String(temporaryPath[..<slash]))
            }
            return try Platform.Lock(temporaryPath + ".lock", isShared: resumption.isShared)
        } catch {
            throw KerchunkError(.output, error.message, url: path)
        }
    }

    /// Puts in order what a run left behind that was cut off while it put its directory into its place.
    /// - Returns: whether it was about to replace what is at `place` (again): that was asked for then.
    private static func recover(_ temporaryPath: String, _ place: String) throws(KerchunkError) -> Bool {
        // What was already complete is made again: it may as well be what it replaced.
        Platform.removeTree(temporaryPath + swappedEnd)
        let replaced = temporaryPath + replacedEnd
        guard Platform.isTaken(replaced) else { return false }
        if try Platform.renameToFree(replaced, place) { return true }
        Platform.removeTree(replaced)
        return false
    }

    /// Removes files that were being written when an earlier run was cut off.
    public func removeStrays() { Self.removeStrays(temporaryPath) }

    private static func removeStrays(_ path: String) {
        for name in (try? Platform.list(path)) ?? [] {
            let member = path + "/" + name
            guard let status = Platform.statusIfAny(member) else { continue }
            if status.isDirectory {
                removeStrays(member)
            } else if AtomicFile.isTemporary(name) {
                Platform.remove(member)
            }
        }
    }

    /// Where the file `key` is while the directory is being built.
    public func temporaryPath(of key: String) -> String { temporaryPath + "/" + key }

    private func makeParent(of path: String) throws(KerchunkError) {
        if let slash = path.lastIndex(of: "/") { try Platform.makeDirectory(String(path[..<slash])) }
    }

    /// A file inside, whose directories are made.
    public func begin(_ key: String) throws(KerchunkError) -> any Upload {
        let path = temporaryPath(of: key)
        try makeParent(of: path)
        return try AtomicFile(path, overwrite: true)
    }

    /// Gives the file at `path` a second name inside; copies it where it lies on another file system.
    public func link(_ key: String, to path: String) throws {
        let name = temporaryPath(of: key)
        // Something that is not whole may have the name.
        Platform.remove(name)
        try makeParent(of: name)
        if try Platform.makeLink(name, to: path) { return }
        try write(try Platform.readToEnd(path), as: key)
    }

    /// Puts the directory into its place.
    public func commit() throws(KerchunkError) {
        guard isOpen.load(ordering: .relaxed) else { return }
        precondition(
            resumption?.isShared != true,
            "a directory that other processes are writing to cannot be committed")
        if overwrites { takeModes() }
        if isDurable { try Platform.syncFileSystem(temporaryPath) }
        try succession?.tell(temporaryPath, marker: kind.marker)
        try settle()
        isOpen.store(false, ordering: .relaxed)
        if isDurable, let slash = place.lastIndex(of: "/") {
            try Platform.syncFile(slash == place.startIndex ? "/" : String(place[..<slash]))
        } else if isDurable {
            try Platform.syncFile(".")
        }
        release(removesLock: true)
    }

    /// Others may come and go at the place meanwhile.
    private func settle() throws(KerchunkError) {
        if succession != nil {
            try checkReplaced(place)
            return try replace()
        }
        for _ in 0..<100 {
            if try Platform.renameToFree(temporaryPath, place) { return }
            guard overwrites else { throw AtomicFile.existsMeanwhile(path) }
            // It may have come into being, or have changed, meanwhile.
            guard Platform.isTaken(place) else { continue }
            try checkReplaced(place)
            do throws(KerchunkError) {
                return try replace()
            } catch {
                if Platform.isTaken(place) { throw error }
            }
        }
        throw KerchunkError(.output, "other runs keep rewriting this output; end them", url: path)
    }

    /// Throws unless what is at `path` may be replaced.
    private func checkReplaced(_ path: String) throws(KerchunkError) {
        if let succession, OutputState(local: path, marker: kind.marker) != succession.read {
            throw Succession.overtaken(self.path)
        }
        do throws(KerchunkError) {
            try Self.checkReplaceable(path, kind)
        } catch {
            throw KerchunkError(error.kind, error.message, url: self.path)
        }
    }

    /// Where the directory is when it changes places with what was there. It may never have the name under which work is
    /// resumed: what was there could be taken for it.
    private var swappedPath: String { temporaryPath + Self.swappedEnd }
    private static let swappedEnd = "-done"
    /// Where what was there is meanwhile, on file systems that cannot exchange.
    private var replacedPath: String { temporaryPath + Self.replacedEnd }
    private static let replacedEnd = "-old"

    private func replace() throws(KerchunkError) {
        try Platform.rename(temporaryPath, to: swappedPath)
        do throws(KerchunkError) {
            if try !exchange() { try replaceInTwoSteps() }
        } catch {
            try Platform.rename(swappedPath, to: temporaryPath)
            throw error
        }
    }

    /// - Returns: false where the file system cannot.
    private func exchange() throws(KerchunkError) -> Bool {
        guard Platform.exchange(swappedPath, place) else { return false }
        do throws(KerchunkError) {
            // What was looked at before may have given way to something else.
            try checkReplaced(swappedPath)
        } catch {
            if !Platform.exchange(swappedPath, place) { try Platform.rename(swappedPath, to: place) }
            throw error
        }
        Platform.removeTree(swappedPath)
        return true
    }

    /// For a moment there is nothing at the place.
    private func replaceInTwoSteps() throws(KerchunkError) {
        try Platform.rename(place, to: replacedPath)
        do throws(KerchunkError) {
            try checkReplaced(replacedPath)
            guard try Platform.renameToFree(swappedPath, place) else {
                throw AtomicFile.existsMeanwhile(path)
            }
        } catch {
            _ = try Platform.renameToFree(replacedPath, place)
            throw error
        }
        Platform.removeTree(replacedPath)
    }

    private func release(removesLock: Bool) {
        lock.withLock { lock in
            if removesLock { lock?.removeFile() }
            lock = nil
        }
    }

    /// Gives up; what is there stays only where that was asked for, or where others work on it.
    public func abort() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        let isShared = resumption?.isShared == true
        if !isShared, resumption?.keepsPartial != true { Platform.removeTree(temporaryPath) }
        release(removesLock: !isShared)
    }

    deinit { abort() }
}
