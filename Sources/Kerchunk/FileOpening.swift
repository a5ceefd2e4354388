// SPDX-License-Identifier: Apache-2.0
// Opens what a user names, and what a file names.

import KerchunkModel
import KerchunkScanning
public import KerchunkStorage

/// Opens what users and references name, with what stores need for that.
public struct FileOpener: Sendable {
    public var stores: StoreDirectory
    public var access: StorageAccess
    /// What stands before URLs of references that have no protocol: `s3`. Nil where these are paths.
    public var remoteProtocol: String?
    /// What reference sets that come over a network may name.
    public var trust = SourceTrust()
    /// Archives that stay open for the next file in them.
    public var archives = OpenArchives()

    /// Files of this machine of at most this size are read at once.
    private static let wholeFileSize: UInt64 = 1 << 20
    /// Bytes of a remote file's start that are fetched where its metadata are of no interest.
    private static let fewBytes: UInt64 = 4 << 10
    /// Blocks of a remote file that are kept.
    private static let remoteCapacity = 32

    public init(
        _ options: StorageOptions = StorageOptions(), stores: StoreDirectory = BuiltinStores.directory
    ) {
        self.stores = stores
        access = StorageAccess(options)
    }

    /// Opens the file at `location`, as a user gave it, behind a cache of its blocks.
    func open(_ location: String) throws -> any ByteSource {
        if let chain = try LocationChain(location) {
            return chain.steps.isEmpty
                ? try open(chain.outer) : try Self.readAhead(archives.open(chain, self))
        }
        return try open(Location(location))
    }

    private func open(_ location: Location) throws -> any ByteSource {
        switch location {
        case .local(let path): try Self.readAhead(LocalFile(path))
        case .remote(let scheme, let text)
        where text.hasSuffix("/") && !text.hasSuffix("://") && !scheme.hasPrefix("http"):
            throw KerchunkError(
                .input, "this is a folder, not a file; add a pattern such as *.nc or ** to name its files",
                url: text)
        case .remote(let scheme, let text):
            try ReadaheadSource(stores.store(scheme, access).open(text), capacity: Self.remoteCapacity)
        }
    }

    /// The folder at `location`: a directory, or what is below a URL. Of URLs nobody has asked whether anything is there.
    /// - Returns: nil where there cannot be one.
    func folder(at location: String) throws -> Target? {
        let name = LocationChain.outerFile(of: location)
        if let chain = try LocationChain(location), !chain.steps.isEmpty { return nil }
        switch Location(name) {
        case .local(let path):
            guard Platform.statusIfAny(path)?.isDirectory == true else { return nil }
            return .folder(LocalDirectory(path), name: path)
        case .remote(let scheme, let url):
            return .folder(StoreFolder(url, in: try stores.store(scheme, access)), name: url)
        }
    }

    /// Opens the file that references call `url`, for a few reads: without a cache.
    func openSource(_ url: String) throws -> any ByteSource {
        if let chain = try LocationChain(url) {
            return chain.steps.isEmpty ? try openSource(chain.outer) : try archives.open(chain, self)
        }
        var access = access
        access.firstRead = Self.fewBytes
        let protocolName = url.contains("://") ? nil : remoteProtocol
        return switch Location(protocolName.map { $0 + "://" + url } ?? url) {
        case .local(let path): try LocalFile(path)
        case .remote(let scheme, let text): try stores.store(scheme, access).open(text)
        }
    }

    static func readAhead(_ file: any ByteSource) throws -> any ByteSource {
        let size = try file.size()
        return size <= wholeFileSize
            ? try ReadaheadSource(file, block: max(size, 1), capacity: 1)
            : try ReadaheadSource(file, start: Probe.length)
    }

    /// The same, for what references name.
    var ofReferences: FileOpener {
        var opener = self
        opener.access.isNamedByReferences = true
        return opener
    }
}

/// Opens files that other files name: links, raw data, sources of virtual datasets.
struct NamedFileOpener: Sendable {
    /// The file that names others, as the user gave it.
    let origin: String
    let followsExternal: Bool
    let session: Session

    /// - Parameter name: a URL or path; relative ones start at the folder of `origin`.
    /// - Throws: kind `permission` where the file lies elsewhere and that was not asked for.
    func open(_ name: String) throws -> any ByteSource {
        let chain = try LocationChain(origin)
        guard chain?.steps.isEmpty != false else {
            throw KerchunkError(
                .permission, "the member of an archive refers to another file, which is not opened", url: name
            )
        }
        let origin = chain?.outer ?? origin
        guard case .local(let originPath) = Location(origin) else {
            return try open(name, besideRemote: origin)
        }
        guard case .local(let path) = Location(name) else {
            guard followsExternal else { throw outside(name) }
            return try session.open(name)
        }
        let folder = parent(of: absolutePath(originPath))
        let named = absolutePath(path.hasPrefix("/") ? path : folder + "/" + path)
        guard let real = Platform.realPath(named) else {
            throw KerchunkError(
                .notFound, "the scanned file refers to another file, which does not exist", url: named)
        }
        // Where the scanned file is itself a link, the user chose both places.
        let folders = [Platform.realPath(folder), Platform.realPath(originPath).map(parent)].compactMap { $0 }
        guard followsExternal || folders.contains(where: { isBelow(real, $0) }) else { throw outside(named) }
        return try FileOpener.readAhead(LocalFile(real, url: named))
    }

    /// Names that a remote file gives never lead to files of this machine.
    private func open(_ name: String, besideRemote origin: String) throws -> any ByteSource {
        let address = origin.prefix { $0 != "?" && $0 != "#" }
        guard let start = address.firstRange(ofASCII: "://")?.upperBound,
            let slash = address.lastIndex(of: "/"), slash >= start
        else { throw outside(name) }
        let folder = String(address[...slash])
        if case .remote = Location(name) {
            let rises = name.contains("/../") || name.lowercased().contains("%2e")
            let isBelow = name.utf8.starts(with: folder.utf8) && !rises
            guard isBelow || followsExternal, Location.isRemote(name) else { throw outside(name) }
            return try session.open(name)
        }
        guard !name.contains("://"), !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw outside(name)
        }
        return try session.files.open(folder + (origin.hasPrefix("http") ? percentEncoded(name) : name))
    }

    private func outside(_ name: String) -> KerchunkError {
        KerchunkError(
            .permission,
            "the scanned file refers to another file outside its own folder; --follow-external allows that",
            url: name)
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private func isBelow(_ path: String, _ folder: String) -> Bool {
        path.utf8.starts(with: (folder.hasSuffix("/") ? folder : folder + "/").utf8)
    }
}
