// SPDX-License-Identifier: Apache-2.0
// An output directory that appears whole or not at all. See docs/ARCHITECTURE.md, D12.

public import KerchunkModel
import Synchronization

/// Built beside its place under a temporary name, and swapped in at the end: readers see the old directory or the new
/// one, never a mix. Files inside appear whole, too.
// A class because it ends once: committed or removed.
public final class AtomicDirectory: Sendable {
    public let path: String
    /// Where the directory is built.
    public let temporaryPath: String
    private let isOpen = Atomic(true)
    /// The place of an existing directory, links resolved.
    private let place: String
    private let marker: String

    /// - Parameter marker: a file that an existing directory must have to be replaced: nothing else is ever deleted.
    /// - Throws: where `path` exists, and `overwrite` is false or it is not what is to be replaced.
    public init(_ path: String, overwrite: Bool, marker: String) throws(KerchunkError) {
        var text = path
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        self.path = text
        self.marker = marker
        place = Platform.realPath(text) ?? text
        if Platform.isTaken(text) {
            guard overwrite else {
                throw KerchunkError(.output, "the output exists already; --overwrite replaces it", url: text)
            }
            try Self.checkReplaceable(place, marker: marker)
        }
        temporaryPath = "\(place).partial-\(Platform.processID)-\(Platform.monotonicTime)"
        do {
            try Platform.makeDirectory(temporaryPath)
        } catch {
            throw KerchunkError(.output, error.message, url: text)
        }
    }

    private static func checkReplaceable(_ path: String, marker: String) throws(KerchunkError) {
        guard (try? Platform.status(path))?.isDirectory == true else {
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

    /// A file inside, whose directories are made.
    public func begin(_ key: String) throws(KerchunkError) -> AtomicFile {
        let path = temporaryPath(of: key)
        if let slash = path.lastIndex(of: "/") { try Platform.makeDirectory(String(path[..<slash])) }
        return try AtomicFile(path, overwrite: true)
    }

    public func commit() throws(KerchunkError) {
        guard isOpen.load(ordering: .relaxed) else { return }
        if !Platform.isTaken(place) {
            try Platform.rename(temporaryPath, to: place)
        } else {
            // It may have come into being, or have changed, meanwhile.
            try Self.checkReplaceable(place, marker: marker)
            if Platform.exchange(temporaryPath, place) {
                Platform.removeTree(temporaryPath)
            } else {
                try replaceInTwoSteps()
            }
        }
        isOpen.store(false, ordering: .relaxed)
    }

    /// For file systems that cannot exchange: for a moment there is nothing at the place.
    private func replaceInTwoSteps() throws(KerchunkError) {
        let old = "\(temporaryPath)-old"
        try Platform.rename(place, to: old)
        do {
            try Platform.rename(temporaryPath, to: place)
        } catch {
            try Platform.rename(old, to: place)
            throw error
        }
        Platform.removeTree(old)
    }

    public func abort() {
        guard isOpen.exchange(false, ordering: .relaxed) else { return }
        Platform.removeTree(temporaryPath)
    }

    deinit { abort() }
}
