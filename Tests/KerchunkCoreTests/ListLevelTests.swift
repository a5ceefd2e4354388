// SPDX-License-Identifier: Apache-2.0
// One level of a listing, of directories and of stores that list all at once.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import Testing

/// Lists only what it was given.
private struct FlatStore: ObjectStore {
    let keys: [String]

    func open(_ key: String) throws -> any ByteSource { MemorySource(Bytes(key)) }
    func list(prefix: String) throws -> [ObjectInfo] {
        keys.filter { $0.hasPrefix(prefix) }.map { ObjectInfo(key: $0, size: 1) }
    }
}

@Suite struct ListLevelTests {
    @Test(arguments: [
        ("", ["top"], ["a/", "b/"]), ("a", [], ["a/"]), ("a/", ["a/one", "a/two"], ["a/deep/"]),
        ("a/t", ["a/two"], []), ("a/deep/", ["a/deep/x"], []), ("none", [], []),
    ])
    func foldersEndWhereTheNextSlashIs(_ prefix: String, _ objects: [String], _ folders: [String]) throws {
        let keys = ["a/deep/x", "a/one", "a/two", "b/y", "top"]
        let flat = try FlatStore(keys: keys).listLevel(prefix: prefix)
        #expect(flat.objects.map(\.key) == objects && flat.folders == folders)

        let directory = try TemporaryDirectory("/tmp/kerchunk-levels")
        for name in ["a", "a/deep", "b"] { try Platform.makeDirectory(directory.path + "/" + name) }
        for key in keys {
            let file = try AtomicFile(directory.path + "/" + key, overwrite: false)
            try file.write([1])
            try file.commit()
        }
        let level = try LocalDirectory(directory.path).listLevel(prefix: prefix)
        #expect(level.objects == objects.map { ObjectInfo(key: $0, size: 1) } && level.folders == folders)
    }
}
