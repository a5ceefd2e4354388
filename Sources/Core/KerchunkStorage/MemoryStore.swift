// SPDX-License-Identifier: Apache-2.0
// Objects in the memory of this process, as fsspec has them under `memory://`.

import KerchunkBytes
import KerchunkModel
import Synchronization

/// `memory://NAME`: for results that are read in the same process, and for tests.
// A class because all who write and read share it.
public final class MemoryStore: WritableStore {
    /// That of the process, which `memory://` means.
    public static let shared = MemoryStore()
    public static let kind = StoreKind(schemes: ["memory"], options: []) { _ in shared }

    private struct Object {
        let bytes: Bytes
        /// Tells one state of an object from the next.
        let version: UInt64
        /// Nanoseconds since 1970; a later object has a later one.
        let time: Int64
    }

    private struct Contents {
        var objects: [ExactText: Object] = [:]
        var version: UInt64 = 0
        var time: Int64 = 0
    }

    private let contents = Mutex(Contents())

    public init() {}

    /// A URL, and how it spells what stands before the name: `memory://`, `memory:///`.
    private static func parts(_ url: String) -> (start: String, name: String) {
        let scheme = url.firstRange(ofASCII: "://")?.upperBound ?? url.startIndex
        let name = url[scheme...].drop { $0 == "/" }
        return (String(url[..<name.startIndex]), String(name))
    }

    public func open(_ key: String) throws -> any ByteSource {
        guard let object = contents.withLock({ $0.objects[Self.parts(key).name] }) else {
            throw KerchunkError(.notFound, "there is no such object in memory", url: key)
        }
        return MemoryObject(
            bytes: object.bytes, placement: Placement(url: key),
            stamp: SourceStamp(
                size: UInt64(object.bytes.count), eTag: "\"\(object.version)\"",
                modificationTime: object.time))
    }

    public func list(prefix: String) throws -> [ObjectInfo] {
        let (start, name) = Self.parts(prefix)
        return contents.withLock { contents in
            contents.objects.filter { $0.key.text.utf8.starts(with: name.utf8) }
                .map { ObjectInfo(key: start + $0.key.text, size: UInt64($0.value.bytes.count)) }
        }.sorted { $0.key < $1.key }
    }

    public func begin(_ key: String) throws -> any Upload { StoreUpload(self, name: Self.parts(key).name) }

    public func remove(_ keys: [String]) throws {
        contents.withLock { contents in
            for key in keys { contents.objects[Self.parts(key).name] = nil }
        }
    }

    fileprivate func put(_ bytes: [UInt8], as name: String) {
        contents.withLock { contents in
            contents.version += 1
            contents.time = max(contents.time + 1, Platform.wallTime * 1_000_000_000)
            contents.objects[name] = Object(
                bytes: Bytes(bytes), version: contents.version, time: contents.time)
        }
    }

    private struct MemoryObject: ByteSource {
        let bytes: Bytes
        let placement: Placement?
        let stamp: SourceStamp

        func size() -> UInt64 { UInt64(bytes.count) }
        func read(_ ranges: [ByteRange]) throws -> [Bytes] {
            try checkBounds(ranges)
            return ranges.map { bytes[Int($0.offset)..<Int($0.end)] }
        }
    }
}

/// An object that appears in the store with `commit`.
// A class because it grows as it is written.
private final class StoreUpload: Upload {
    private let store: MemoryStore
    private let name: String
    private let upload = MemoryUpload()

    init(_ store: MemoryStore, name: String) {
        self.store = store
        self.name = name
    }

    func write(_ bytes: RawSpan) throws { try upload.write(bytes) }
    func commit() throws { store.put(upload.bytes, as: name) }
    func abort() { upload.abort() }
}
