// SPDX-License-Identifier: Apache-2.0
// Bytes of one file, wherever it lives.

public import KerchunkBytes
public import KerchunkModel

/// Where a source's bytes live, as references name it.
public struct Placement: Hashable, Sendable {
    /// A URL, or an absolute path of this machine.
    public let url: String
    /// Where byte 0 of the source lies in that file.
    public let baseOffset: UInt64

    public init(url: String, baseOffset: UInt64 = 0) {
        self.url = url
        self.baseOffset = baseOffset
    }
}

/// Random access to one file.
public protocol ByteSource: Sendable {
    /// Nil where the bytes exist nowhere as they are, so that they cannot be referenced.
    var placement: Placement? { get }
    /// Names the source in errors: a URL or path.
    var name: String { get }
    var stamp: SourceStamp { get throws }
    /// The state now, where asking costs next to nothing; else what `stamp` says.
    var currentStamp: SourceStamp { get throws }
    /// Whether readers get parts of the file, so that references to parts are of use.
    var givesParts: Bool { get throws }
    /// Bytes.
    func size() throws -> UInt64
    /// Bytes that long reads are best cut into batches of.
    var preferredBatch: UInt64 { get }
    /// One batch: results in the order of `ranges`, each of exactly the asked length, fetched concurrently.
    /// - Throws: `KerchunkError`, also where a range reaches beyond the end.
    func read(_ ranges: [ByteRange]) throws -> [Bytes]
}

extension ByteSource {
    public var name: String { placement?.url ?? "a source without a name" }

    /// Where references point to.
    /// - Throws: where the bytes exist nowhere as they are, or references cannot name the file.
    package func referencedPlacement() throws(KerchunkError) -> Placement {
        guard let placement else {
            throw KerchunkError(
                .unsupported,
                "the file exists only in compressed form, so references cannot point into it", url: name)
        }
        guard !SystemText.hasEscapes(placement.url) else {
            throw KerchunkError(
                .unsupported,
                "the path is not UTF-8, and references can only hold UTF-8; rename the file, or scan a symbolic link to it",
                url: placement.url)
        }
        return placement
    }

    /// Whether reads wait for a network, so that several at once cost no more than one.
    public var isRemote: Bool { placement.map { Location.isRemote($0.url) } ?? false }

    public var currentStamp: SourceStamp { get throws { try stamp } }

    public var givesParts: Bool { get throws { true } }

    /// Enough for a store whose every batch costs a round trip.
    public var preferredBatch: UInt64 { 32 << 20 }

    public func read(_ range: ByteRange) throws -> Bytes { try read([range])[0] }

    /// Throws unless `ranges` lie inside the source.
    public func checkBounds(_ ranges: [ByteRange]) throws {
        let size = try size()
        for range in ranges where range.end > size {
            throw KerchunkError(
                .malformed,
                "the file ends at byte \(size), but \(range.count) bytes from byte \(range.offset) on are needed",
                url: name, offset: range.offset)
        }
    }
}

/// One entry of a listing.
public struct ObjectInfo: Hashable, Sendable {
    public let key: String
    /// Bytes.
    public let size: UInt64

    public init(key: String, size: UInt64) {
        self.key = key
        self.size = size
    }
}

/// Files under keys.
public protocol ObjectStore: Sendable {
    func open(_ key: String) throws -> any ByteSource
    /// The objects whose keys start with `prefix`, sorted by key.
    func list(prefix: String) throws -> [ObjectInfo]
    /// One level of what starts with `prefix`: the objects up to the next `/` behind it, and the folders there, each with
    /// its `/` at the end; both sorted.
    func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String])
}

extension ObjectStore {
    /// Out of all that starts with `prefix`, for stores that cannot list less.
    public func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        var objects: [ObjectInfo] = []
        var folders: Set<ExactText> = []
        for object in try list(prefix: prefix) {
            let rest = object.key.utf8.dropFirst(prefix.utf8.count)
            if let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
                folders.insert(String(object.key[...slash]))
            } else {
                objects.append(object)
            }
        }
        return (objects, folders.sorted().map(\.text))
    }
}

/// An output in the making: it appears whole with `commit`, or not at all.
public protocol Upload: AnyObject {
    func write(_ bytes: RawSpan) throws
    func commit() throws
    func abort()
}

extension Upload {
    public func write(_ bytes: [UInt8]) throws {
        // SAFETY: bytes have no padding that was never written.
        try unsafe write(bytes.span.bytes)
    }
}

public protocol WritableStore: ObjectStore {
    func begin(_ key: String) throws -> any Upload
    /// Removes the objects of `keys`; those that are not there pass.
    func remove(_ keys: [String]) throws
}
