// SPDX-License-Identifier: Apache-2.0
// Patterns for objects, and the store in memory that they are tried on.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct StorePatternTests {
    private let memory = MemoryStore()

    init() throws {
        for name in [
            "b/2020/tas_1.nc", "b/2020/tas_2.nc", "b/2020/pr_1.nc", "b/2021/tas_1.nc",
            "b/2021/deep/x/tas_9.nc",
            "b/2021/readme", "b/other/x.nc", "b/odd[1].nc", "b/2020/", "c/2020/tas_1.nc",
        ] { try write("memory://" + name, "x") }
    }

    private func write(_ key: String, _ text: String) throws {
        let upload = try memory.begin(key)
        try upload.write(Array(text.utf8))
        try upload.commit()
    }

    @Test(arguments: [
        ("b/2020/*.nc", ["b/2020/pr_1.nc", "b/2020/tas_1.nc", "b/2020/tas_2.nc"]),
        ("b/20*/tas_1.nc", ["b/2020/tas_1.nc", "b/2021/tas_1.nc"]),
        ("b/202[1-9]/*", ["b/2021/readme", "b/2021/tas_1.nc"]),
        (
            "b/**/tas_?.nc",
            ["b/2020/tas_1.nc", "b/2020/tas_2.nc", "b/2021/deep/x/tas_9.nc", "b/2021/tas_1.nc"]
        ),
        ("b/2021/**", ["b/2021/deep/x/tas_9.nc", "b/2021/readme", "b/2021/tas_1.nc"]),
        ("b/*/deep/*/*.nc", ["b/2021/deep/x/tas_9.nc"]),
        ("b/none*/x.nc", []),
        ("*/2020/tas_1.nc", []),
    ])
    func patternsMeanObjects(_ pattern: String, _ names: [String]) throws {
        if pattern.hasPrefix("*") {
            #expect(throws: KerchunkError.self) { try StorePattern("memory://" + pattern) }
            return
        }
        let found = try StorePattern("memory://" + pattern).matches(in: memory)
        #expect(found == names.map { "memory://" + $0 })
    }

    @Test func oneLevelIsListedAtATime() throws {
        final class Levels: ObjectStore {
            let base: MemoryStore
            let chaos: ChaosStore
            init(_ base: MemoryStore) {
                self.base = base
                chaos = ChaosStore(base)
            }
            func open(_ key: String) throws -> any ByteSource { try chaos.open(key) }
            func list(prefix: String) throws -> [ObjectInfo] {
                throw KerchunkError(.usage, "a whole bucket was listed")
            }
            func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
                _ = try chaos.list(prefix: prefix)
                return try base.listLevel(prefix: prefix)
            }
        }
        let store = Levels(memory)
        #expect(try StorePattern("memory://b/20*/tas_1.nc").matches(in: store).count == 2)
        #expect(
            Set(store.chaos.steps) == [
                .list("memory://b/20"), .list("memory://b/2020/tas_1.nc"), .list("memory://b/2021/tas_1.nc"),
            ])
    }

    @Test(arguments: [
        ("a{b,c}d", ["abd", "acd"]), ("{a,b}{1,2}", ["a1", "a2", "b1", "b2"]), ("a{b}c", ["a{b}c"]),
        ("{a,{b,c}d}", ["a", "bd", "cd"]), ("a{,b}", ["a", "ab"]), ("{a,b", ["{a,b"]), ("plain", ["plain"]),
        ("{{a,b}}", ["{a}", "{b}"]), ("}{a,b}", ["}a", "}b"]),
    ])
    func bracesAreAlternatives(_ pattern: String, _ texts: [String]) throws {
        #expect(try expandingBraces(pattern) == texts)
    }

    @Test func manyAlternativesAreRefused() {
        #expect(throws: KerchunkError.self) {
            try expandingBraces(String(repeating: "{1,2,3,4,5,6,7,8,9,0}", count: 20))
        }
    }

    @Test func objectsInMemoryAreThereWithTheirCommit() throws {
        let upload = try memory.begin("memory:///new/a")
        try upload.write([1, 2, 3])
        #expect(throws: KerchunkError.self) { try memory.open("memory://new/a") }
        try upload.commit()
        let before = try memory.open("memory://new/a")
        #expect(try before.read([ByteRange(1..<3)])[0].array == [2, 3])
        #expect(try memory.list(prefix: "memory:///new/").map(\.key) == ["memory:///new/a"])
        try write("memory://new/a", "other")
        // Who has it open reads on what it was.
        #expect(try before.size() == 3)
        let after = try memory.open("memory://new/a")
        #expect(try after.stamp != before.stamp && after.size() == 5)
        try memory.remove(["memory://new/a", "memory://new/none"])
        #expect(throws: KerchunkError.self) { try memory.open("memory://new/a") }
    }
}
