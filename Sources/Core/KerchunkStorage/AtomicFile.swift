// SPDX-License-Identifier: Apache-2.0
// An output file that appears whole or not at all.

public import KerchunkModel

/// Written beside its place under a temporary name, and renamed at the end.
// A class because it ends once: committed or removed.
public final class AtomicFile: Upload {
    public let path: String
    /// That of the file itself, where `path` is a link to it.
    private let place: String
    private let temporaryPath: String
    private let file: Platform.File
    private let overwrites: Bool
    private let isDurable: Bool
    private let succession: Succession?
    private var isOpen = true
    /// Directories that were made for it, the deepest first: they go with it.
    private let madeFolders: [String]

    /// - Parameters:
    ///   - isDurable: whether `commit` waits until all is on its device.
    ///   - succession: where the file is made of what is at its place.
    /// - Throws: where `path` exists and `overwrite` is false.
    public init(
        _ path: String, overwrite: Bool, isDurable: Bool = false, succeeding succession: Succession? = nil
    ) throws(KerchunkError) {
        self.path = path
        self.isDurable = isDurable
        self.succession = succession
        overwrites = overwrite
        let status = Platform.statusIfAny(path)
        if let status {
            // Renaming over a device or a pipe would replace it.
            guard status.isRegular else {
                throw KerchunkError(
                    .output,
                    status.isDirectory ? "the output is a directory" : "the output is not a regular file",
                    url: path)
            }
            if !overwrite { throw Self.existsAlready(path) }
        } else if !overwrite, Platform.isTaken(path) {
            throw KerchunkError(
                .output, "the output is a broken link; --overwrite replaces it", url: path)
        }
        place = Platform.realPath(path) ?? path
        temporaryPath = "\(place).partial-\(Platform.processID)-\(Platform.monotonicTime)"
        let missing = Self.missingFolders(above: path)
        madeFolders = missing
        do {
            if let folder = missing.first { try Platform.makeDirectory(folder) }
            // What is private is so from its first byte on.
            let permissions = (status?.mode ?? 0o666) & 0o666 | 0o200
            file = try Platform.File(temporaryPath, .create, permissions: permissions)
        } catch {
            for folder in missing { Platform.removeDirectory(folder) }
            throw KerchunkError(.output, error.message, url: path)
        }
    }

    /// Directories above `path` that are not there, the deepest first: outputs make them, whatever writes them.
    private static func missingFolders(above path: String) -> [String] {
        var missing: [String] = []
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/"), slash != rest.startIndex {
            rest = rest[..<slash]
            if rest.hasSuffix("/") { continue }
            if Platform.exists(String(rest)) { break }
            missing.append(String(rest))
        }
        return missing
    }

    /// Whether a file of this name is one that was not committed.
    static func isTemporary(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, let last = parts.last?.split(separator: "-"), last.count == 3 else {
            return false
        }
        return last[0] == "partial" && last.dropFirst().allSatisfy { $0.allSatisfy(\.isNumber) }
    }

    /// The error for an output that may not be replaced.
    public static func existsAlready(_ path: String) -> KerchunkError {
        KerchunkError(.output, "the output already exists; --overwrite replaces it", url: path)
    }

    public func write(_ bytes: RawSpan) throws {
        // SAFETY: the pointer is used during the call only.
        try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
    }

    /// The error for an output that came into being after it was looked for.
    static func existsMeanwhile(_ path: String) -> KerchunkError {
        KerchunkError(
            .output, "another run has since written this output; --overwrite replaces it", url: path)
    }

    public func commit() throws {
        if overwrites, let mode = Platform.statusIfAny(place)?.mode {
            Platform.setMode(temporaryPath, mode)
        }
        if isDurable { try Platform.syncFile(temporaryPath) }
        if let succession {
            try succession.tell(temporaryPath, marker: "")
            try succeed(succession)
        } else if overwrites {
            try Platform.rename(temporaryPath, to: place)
        } else if try !Platform.renameToFree(temporaryPath, place) {
            throw Self.existsMeanwhile(path)
        }
        isOpen = false
        if isDurable {
            let folder = place.lastIndex(of: "/").map { place[...$0] } ?? "."
            try Platform.syncFile(String(folder))
        }
    }

    /// Takes the place of the file that was read, and of no other.
    private func succeed(_ succession: Succession) throws(KerchunkError) {
        func isRead(_ path: String) -> Bool { OutputState(local: path, marker: "") == succession.read }
        guard isRead(place) else { throw Succession.overtaken(path) }
        guard Platform.exchange(temporaryPath, place) else {
            try Platform.rename(temporaryPath, to: place)
            return
        }
        guard isRead(temporaryPath) else {
            if !Platform.exchange(temporaryPath, place) { try Platform.rename(temporaryPath, to: place) }
            throw Succession.overtaken(path)
        }
        Platform.remove(temporaryPath)
    }

    public func abort() {
        guard isOpen else { return }
        isOpen = false
        Platform.remove(temporaryPath)
        // What others have put there meanwhile stays.
        for folder in madeFolders { Platform.removeDirectory(folder) }
    }

    deinit { abort() }
}

/// Standard output as an output: what is written is there at once.
public final class StandardOutput: Upload {
    public init() {}

    public func write(_ bytes: RawSpan) throws { try Platform.write(bytes, to: 1) }
    public func commit() {}
    public func abort() {}
}
