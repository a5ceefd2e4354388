// SPDX-License-Identifier: Apache-2.0
// An output file that appears whole or not at all.

public import KerchunkModel

/// Written beside its place under a temporary name, and renamed at the end.
// A class because it ends once: committed or removed.
public final class AtomicFile: Upload {
    public let path: String
    private let temporaryPath: String
    private let file: Platform.File
    private let isDurable: Bool
    private var isOpen = true
    /// Directories that were made for it, the deepest first: they go with it.
    private let madeFolders: [String]

    /// - Parameter isDurable: whether `commit` waits until all is on its device.
    /// - Throws: where `path` exists and `overwrite` is false.
    public init(_ path: String, overwrite: Bool, isDurable: Bool = false) throws(KerchunkError) {
        self.path = path
        self.isDurable = isDurable
        if let status = Platform.statusIfAny(path) {
            // Renaming over a device or a pipe would replace it.
            guard status.isRegular else {
                throw KerchunkError(
                    .output,
                    status.isDirectory ? "the output is a directory" : "the output is not a regular file",
                    url: path)
            }
            if !overwrite { throw Self.existsAlready(path) }
        }
        temporaryPath = "\(path).partial-\(Platform.processID)-\(Platform.monotonicTime)"
        let missing = Self.missingFolders(above: path)
        madeFolders = missing
        do {
            if let folder = missing.first { try Platform.makeDirectory(folder) }
            file = try Platform.File(temporaryPath, .create)
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
        KerchunkError(.output, "the output exists already; --overwrite replaces it", url: path)
    }

    public func write(_ bytes: RawSpan) throws {
        // SAFETY: the pointer is used during the call only.
        try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
    }

    public func commit() throws {
        if isDurable { try Platform.syncFile(temporaryPath) }
        try Platform.rename(temporaryPath, to: path)
        isOpen = false
        if isDurable {
            let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
            try Platform.syncFile(String(folder))
        }
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
