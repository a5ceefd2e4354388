// SPDX-License-Identifier: Apache-2.0
// The stores of this machine keep their contract, and the suite sees those that do not.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct ObjectStoreTests {
    private let objects: [String: Bytes] = [
        "a.nc": content(100), "deep/a": content(20_000), "deep/b": content(3), "deep/er/c": content(1),
        "deeper": content(7), "é/日本 b.nc": content(8), "empty": Bytes(), "deep.nc": content(2),
    ]

    @Test(arguments: ["memory://suite/", "memory:///", "memory://a b/é/"]) func memory(_ prefix: String) {
        #expect(checkWritableStore(MemoryStore(), below: prefix) == [])
    }

    @Test func directories() throws {
        let base = (Platform.environment("TMPDIR") ?? "/tmp") + "/kerchunk-stores"
        let directory = try TemporaryDirectory(base)
        for (key, bytes) in objects {
            if let slash = key.lastIndex(of: "/") {
                try Platform.makeDirectory(directory.path + "/" + key[..<slash])
            }
            let file = try AtomicFile(directory.path + "/" + key, overwrite: false)
            try file.write(bytes.array)
            try file.commit()
        }
        #expect(checkObjectStore(LocalDirectory(directory.path), holding: objects) == [])
        #expect(checkObjectStore(LocalDirectory(directory.path + "/"), holding: objects) == [])
        let deep = objects.filter { $0.key.hasPrefix("deep/") }
        #expect(checkObjectStore(LocalDirectory(directory.path), holding: deep, below: "deep/") == [])
    }

    @Test func foldersOfStores() throws {
        let store = MemoryStore()
        for (key, bytes) in objects {
            let upload = try store.begin("memory://x/set/" + key)
            try upload.write(bytes.array)
            try upload.commit()
        }
        #expect(checkObjectStore(StoreFolder("memory://x/set", in: store), holding: objects) == [])
    }

    // MARK: Faults

    /// A store with a fault.
    private struct FaultyStore: WritableStore {
        enum Fault: String, CaseIterable {
            case listsFolders, listsTwice, forgetsSizes, saysMalformed, appearsEarly, keepsGivenUp, keepsOld,
                losesStamps
            case keepsRemoved, refusesAbsent, flattens
        }
        let fault: Fault
        let base = MemoryStore()

        func open(_ key: String) throws -> any ByteSource {
            do {
                let source = try base.open(key)
                guard fault == .losesStamps else { return source }
                return MemorySource(try source.read(ByteRange(0..<source.size())), url: key)
            } catch {
                throw fault == .saysMalformed ? KerchunkError(.malformed, "no such object", url: key) : error
            }
        }

        func list(prefix: String) throws -> [ObjectInfo] {
            // Only whole folders, as a file system has them.
            let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
            let found = try base.list(prefix: fault == .listsFolders ? folder : prefix)
            if fault == .forgetsSizes { return found.map { ObjectInfo(key: $0.key, size: 0) } }
            return fault == .listsTwice ? found + found.prefix(1) : found
        }

        func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
            fault == .flattens ? (try base.list(prefix: prefix), []) : try base.listLevel(prefix: prefix)
        }

        func begin(_ key: String) throws -> any Upload {
            if fault == .keepsOld, (try? base.open(key)) != nil { return MemoryUpload() }
            let upload = try base.begin(key)
            if fault == .appearsEarly { try upload.commit() }
            return fault == .keepsGivenUp ? StubbornUpload(upload) : upload
        }

        func remove(_ keys: [String]) throws {
            if fault == .keepsRemoved { return }
            if fault == .refusesAbsent { for key in keys { _ = try base.open(key) } }
            try base.remove(keys)
        }
    }

    /// Is there after all when it was given up.
    private final class StubbornUpload: Upload {
        private let base: any Upload
        init(_ base: any Upload) { self.base = base }
        func write(_ bytes: RawSpan) throws { try base.write(bytes) }
        func commit() throws { try base.commit() }
        func abort() { try? base.commit() }
    }

    @Test(arguments: [
        ("listsFolders", "list memory://s/"), ("listsTwice", "list memory://s/"),
        ("forgetsSizes", "of 0 bytes"),
        ("saysMalformed", "open memory://s/absent: an error of kind malformed"),
        ("appearsEarly", "an object is listed before it is committed"),
        ("keepsGivenUp", "an object that was given up is listed"),
        ("keepsOld", "an object that was written again is the old one"),
        ("losesStamps", "the stamp of an object that was written again is the old one"),
        ("keepsRemoved", "what was removed is listed"), ("refusesAbsent", "removing throws"),
        ("flattens", "listLevel memory://s/: the folders []"),
    ])
    func faultsAreSeen(_ name: String, _ sentence: String) throws {
        let fault = try #require(FaultyStore.Fault(rawValue: name))
        let found = checkWritableStore(FaultyStore(fault: fault), below: "memory://s/")
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }
}
