// SPDX-License-Identifier: Apache-2.0
// Where an output goes: to a path of this machine, or to a URL of a store.

public import KerchunkModel

/// What an output is called by a user, and what is behind that name.
public enum OutputPlace: Sendable {
    /// A path of this machine.
    case local(String)
    /// A URL, and the store behind it.
    case store(OutputStore, url: String)

    /// The path or URL.
    public var name: String {
        switch self {
        case .local(let path): path
        case .store(_, let url): url
        }
    }

    /// Throws where a file that is at an output's place may not be replaced.
    public typealias Replacing = @Sendable (_ file: any ByteSource) throws -> Void

    /// Says early that no file can be written here, or that one exists which may not be replaced.
    public func checkFile(overwrite: Bool, replacing: Replacing) throws(KerchunkError) {
        switch self {
        case .local(let path):
            guard let status = Platform.statusIfAny(path) else { return }
            guard overwrite else { throw AtomicFile.existsAlready(path) }
            if status.isDirectory {
                throw KerchunkError(.output, "the output is a directory", url: path)
            }
            try checkReplaced(replacing)
        case .store(_, let url):
            if overwrite { return try checkReplaced(replacing) }
            if try hasFile() { throw AtomicFile.existsAlready(url) }
        }
    }

    /// A file in the making, which appears whole or not at all.
    /// - Parameter succession: where it is made of what is at its place on this machine.
    public func beginFile(
        overwrite: Bool, isDurable: Bool = false, succeeding succession: Succession? = nil,
        replacing: Replacing
    ) throws(KerchunkError) -> any Upload {
        switch self {
        case .local(let path):
            if overwrite { try checkReplaced(replacing) }
            return try AtomicFile(
                path, overwrite: overwrite, isDurable: isDurable, succeeding: succession)
        case .store(let output, let url):
            if !overwrite, try hasFile() { throw AtomicFile.existsAlready(url) }
            do {
                return try output.store.begin(url)
            } catch {
                throw KerchunkError(wrapping: error).locating(url: url)
            }
        }
    }

    /// Throws where an object in a store is no longer what was read of it; for files of this machine their output sees to
    /// that.
    public func checkUnchanged(since succession: Succession) throws(KerchunkError) {
        guard case .store(let output, let url) = self else { return }
        do {
            if OutputState(remote: try output.store.open(url).stamp) == succession.read { return }
        } catch {
            let failure = KerchunkError(wrapping: error).locating(url: url)
            guard failure.kind == .notFound else { throw failure }
        }
        throw Succession.overtaken(url)
    }

    private func hasFile() throws(KerchunkError) -> Bool {
        do {
            switch self {
            case .local(let path): return Platform.exists(path)
            case .store(let output, let url):
                _ = try output.store.open(url).size()
                return true
            }
        } catch {
            let failure = KerchunkError(wrapping: error).locating(url: name)
            if failure.kind == .notFound { return false }
            throw failure
        }
    }

    private func checkReplaced(_ replacing: Replacing) throws(KerchunkError) {
        do {
            switch self {
            case .local(let path):
                if Platform.statusIfAny(path)?.isRegular == true { try replacing(LocalFile(path)) }
            case .store(let output, let url): try replacing(output.store.open(url))
            }
        } catch {
            let failure = KerchunkError(wrapping: error).locating(url: name)
            // Nothing may be there.
            if case .store = self, failure.kind == .notFound { return }
            throw failure
        }
    }
}
