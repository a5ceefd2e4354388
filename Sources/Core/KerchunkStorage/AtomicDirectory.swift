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

    public let path: String
    /// Where the directory is built.
    public let temporaryPath: String
    /// Nil for work that starts afresh and is seen by nobody else.
    public let resumption: Resumption?
    private let isDurable: Bool
    private let isOpen = Atomic(true)
    /// The place of an existing directory, links resolved.
    private let place: String
    private let marker: String
    private let lock: Mutex<Platform.Lock?>

    /// - Parameters:
    ///   - marker: a file that an existing directory must have to be replaced: nothing else is ever deleted.
    ///   - isDurable: whether `commit` waits until all is on its device.
    ///   - resumption: what to go on with; an exclusive lock on it is held until the end.
    /// - Throws: where `path` exists, and `overwrite` is false or it is not what is to be replaced; where another run
    ///   works on the same.
    public init(
        _ path: String, overwrite: Bool, marker: String, isDurable: Bool = false,
        resuming resumption: Resumption? = nil
    ) throws(KerchunkError) {
        var text = path
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        self.path = text
        self.marker = marker
        self.isDurable = isDurable
        self.resumption = resumption
        place = Platform.realPath(text) ?? text
        if Platform.isTaken(text) {
            guard overwrite else {
                throw KerchunkError(.output, "the output exists already; --overwrite replaces it", url: text)
            }
            try Self.checkReplaceable(place, marker: marker)
        }
        let own = "\(Platform.processID)-\(Platform.monotonicTime)"
        let temporary = "\(place).partial-\(resumption?.key ?? own)"
        temporaryPath = temporary
        var held: Platform.Lock?
        if let resumption { held = try Self.lock(temporary, resumption, path: text) }
        lock = Mutex(held)
        if resumption?.isShared == false { try recover() }
        do {
            try Platform.makeDirectory(temporaryPath)
        } catch {
            throw KerchunkError(.output, error.message, url: text)
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
                "the key \"\(key)\" of an output that is resumed; expected 1 to 100 letters, digits, - or _",
                url: path)
        }
    }

    private static func lock(
        _ temporaryPath: String, _ resumption: Resumption, path: String
    ) throws(KerchunkError) -> Platform.Lock {
        try check(resumption.key, path: path)
        do {
            if let slash = temporaryPath.lastIndex(of: "/"), slash != temporaryPath.startIndex {
                try Platform.makeDirectory(String(temporaryPath[..<slash]))
            }
            if let lock = try Platform.Lock(temporaryPath + ".lock", isShared: resumption.isShared) {
                return lock
            }
        } catch {
            throw KerchunkError(.output, error.message, url: path)
        }
        throw KerchunkError(
            .output, "another run is writing the same output; wait for it or end it", url: path)
    }

    /// Puts in order what a run left behind that was cut off while it put its directory into its place.
    private func recover() throws(KerchunkError) {
        // What was already complete is made again: it may as well be what it replaced.
        Platform.removeTree(swappedPath)
        guard Platform.isTaken(replacedPath) else { return }
        if Platform.isTaken(place) {
            Platform.removeTree(replacedPath)
        } else {
            try Platform.rename(replacedPath, to: place)
        }
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

    private static func checkReplaceable(_ path: String, marker: String) throws(KerchunkError) {
        guard Platform.statusIfAny(path)?.isDirectory == true else {
            throw KerchunkError(
                .output, "the output exists and is not a directory; remove it first", url: path)
        }
        let names = try Platform.list(path)
        guard names.isEmpty || names.contains(marker) else {
            throw KerchunkError(
                .output,
                "the output is a directory without \"\(marker)\"; it is not replaced, so choose another place",
                url: path)
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
        precondition(resumption?.isShared != true, "a directory that others work on cannot be committed")
        if isDurable { try Platform.syncFileSystem(temporaryPath) }
        if !Platform.isTaken(place) {
            try Platform.rename(temporaryPath, to: place)
        } else {
            // It may have come into being, or have changed, meanwhile.
            try Self.checkReplaceable(place, marker: marker)
            try replace()
        }
        isOpen.store(false, ordering: .relaxed)
        if isDurable, let slash = place.lastIndex(of: "/") {
            try Platform.syncFile(slash == place.startIndex ? "/" : String(place[..<slash]))
        } else if isDurable {
            try Platform.syncFile(".")
        }
        release(removesLock: true)
    }

    /// Where the directory is when it changes places with what was there. It may never have the name under which work is
    /// resumed: what was there could be taken for it.
    private var swappedPath: String { temporaryPath + "-done" }
    /// Where what was there is meanwhile, on file systems that cannot exchange.
    private var replacedPath: String { temporaryPath + "-old" }

    private func replace() throws(KerchunkError) {
        try Platform.rename(temporaryPath, to: swappedPath)
        if Platform.exchange(swappedPath, place) { return Platform.removeTree(swappedPath) }
        do {
            try replaceInTwoSteps()
        } catch {
            try Platform.rename(swappedPath, to: temporaryPath)
            throw error
        }
    }

    /// For a moment there is nothing at the place.
    private func replaceInTwoSteps() throws(KerchunkError) {
        try Platform.rename(place, to: replacedPath)
        do {
            try Platform.rename(swappedPath, to: place)
        } catch {
            try Platform.rename(replacedPath, to: place)
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
