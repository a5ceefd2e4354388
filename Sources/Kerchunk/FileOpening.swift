// SPDX-License-Identifier: Apache-2.0
// Opens what a user names, and what a file names.

import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Files of this machine of at most this size are read at once.
private let wholeFileSize: UInt64 = 4 << 20

/// Opens the file at `location`, as a user gave it, behind a cache of its blocks.
/// - Parameter archives: where members of archives are found.
func openFile(_ location: String, archives: OpenArchives = OpenArchives()) throws -> any ByteSource {
    if let chain = try LocationChain(location) {
        return chain.steps.isEmpty ? try openFile(chain.outer) : try readAhead(archives.open(chain))
    }
    switch Location(location) {
    case .local(let path): return try readAhead(LocalFile(path))
    case .remote(let scheme, let text):
        throw KerchunkError(
            .unsupported,
            "files behind \"\(scheme)://\" are not yet supported; copy the file to this machine", url: text)
    }
}

/// Opens the file that references call `url`, for a few reads: without a cache.
func openSource(_ url: String, archives: OpenArchives = OpenArchives()) throws -> any ByteSource {
    if let chain = try LocationChain(url) {
        return chain.steps.isEmpty ? try openSource(chain.outer) : try archives.open(chain)
    }
    guard case .local(let path) = Location(url) else { return try openFile(url) }
    return try LocalFile(path)
}

private func readAhead(_ file: any ByteSource) throws -> any ByteSource {
    let size = try file.size()
    return size <= wholeFileSize
        ? try ReadaheadSource(file, block: max(size, 1), capacity: 1) : try ReadaheadSource(file)
}

/// Opens files that other files name: links, raw data, sources of virtual datasets.
struct NamedFileOpener: Sendable {
    /// The file that names others, as the user gave it.
    let origin: String
    let followsExternal: Bool

    /// - Parameter name: a URL or path; relative ones start at the folder of `origin`.
    /// - Throws: kind `permission` where the file lies elsewhere and that was not asked for.
    func open(_ name: String) throws -> any ByteSource {
        let chain = try LocationChain(origin)
        guard chain?.steps.isEmpty ?? true else {
            throw KerchunkError(
                .permission, "a member of an archive names another file; it is not opened", url: name)
        }
        let origin = chain?.outer ?? origin
        guard case .local(let originPath) = Location(origin) else {
            throw KerchunkError(.permission, "a remote file names another file; it is not opened", url: name)
        }
        guard case .local(let path) = Location(name) else {
            guard followsExternal else { throw outside(name) }
            return try openFile(name)
        }
        let folder = parent(of: absolutePath(originPath))
        let named = absolutePath(path.hasPrefix("/") ? path : folder + "/" + path)
        guard let real = Platform.realPath(named) else {
            throw KerchunkError(
                .notFound, "the scanned file names another file, which is not there", url: named)
        }
        // Where the scanned file is itself a link, the user chose both places.
        let folders = [Platform.realPath(folder), Platform.realPath(originPath).map(parent)].compactMap { $0 }
        guard followsExternal || folders.contains(where: { isBelow(real, $0) }) else { throw outside(named) }
        return try readAhead(LocalFile(real, url: named))
    }

    private func outside(_ name: String) -> KerchunkError {
        KerchunkError(
            .permission,
            "the scanned file names another file outside its own folder; --follow-external allows that",
            url: name)
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private func isBelow(_ path: String, _ folder: String) -> Bool {
        path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
}
