// SPDX-License-Identifier: Apache-2.0
// Reference sets through the facade: opened, saved, checked, by paths alone.

import Kerchunk
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import Testing

@Suite struct ReferenceSetTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    /// An array of four bytes, a chunk each, in `data`, the third one missing.
    private func dataset(_ data: String) throws -> VirtualDataset {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern(data)
        let grid = try #require(ChunkGrid(shape: [4]))
        var builder = ManifestBuilder(grid: grid)
        for position in [UInt64(0), 1, 3] {
            builder.set(position, source: source, offset: position, length: 1)
        }
        dataset.root["a"] = .array(
            VirtualArray(
                shape: [4], chunkShape: [1], dataType: .integer(isSigned: false, width: 1, .little),
                chunks: builder.finish()))
        return dataset
    }

    private func references(_ dataset: VirtualDataset) throws -> Int {
        var count = 0
        try dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { count += $1.presentCount }
        }
        return count
    }

    @Test(arguments: ["set.json", "set.parq", "set.parquet", "set.json.zst"])
    func thePathTellsTheForm(_ name: String) throws {
        let data = try directory.write("data", "abcd")
        let path = directory.path + "/" + name
        #expect(try Kerchunk.save(dataset(data), to: path) == 3)
        let opened = try Kerchunk.openReferences(path)
        #expect(opened.format == (name.contains("json") ? "kerchunk JSON" : "kerchunk Parquet"))
        #expect(try references(opened.dataset) == 3)
    }

    @Test func packedSetsAreKnownByTheirContent() throws {
        let data = try directory.write("data", "abcd")
        let path = directory.path + "/set.json"
        let issue = Issue(object: "/b", reason: "left out")
        let form = PackedForm()
        #expect(try Kerchunk.save(dataset(data), to: path, as: form, issues: [issue]) == 3)
        #expect(throws: KerchunkError.self) { try Kerchunk.save(dataset(data), to: path, as: form) }
        for opened in [try Kerchunk.openReferences(path), try Kerchunk.open(path)] {
            #expect(opened.format == "packed" && opened.issues == [issue])
            #expect(try references(opened.dataset) == 3)
        }
        let shared = SharedReading()
        #expect(try references(Kerchunk.openReferences(path, sharing: shared).dataset) == 3)
        #expect(throws: KerchunkError.self) {
            try Kerchunk.save(dataset(path), to: path, as: form, overwrite: true)
        }
        #expect(try references(Kerchunk.openReferences(path, sharing: shared).dataset) == 3)
    }

    @Test(arguments: ["set.json", "set.parq"])
    func aSetMayReplaceItself(_ name: String) throws {
        let data = try directory.write("data", "abcd")
        let path = directory.path + "/" + name
        try Kerchunk.save(dataset(data), to: path)
        for _ in 0..<3 {
            let opened = try Kerchunk.openReferences(path)
            #expect(try Kerchunk.save(opened.dataset, to: path, overwrite: true) == 3)
        }
        let error = try #require(throws: KerchunkError.self) { try Kerchunk.save(dataset(data), to: path) }
        #expect(error.message == "the output already exists; --overwrite replaces it")
    }

    @Test func dataAreNeverReplaced() throws {
        // What looks like references may be data of others.
        for (content, kind) in [("{bcd", .usage), ("abcd", .output)] as [(String, KerchunkError.Kind)] {
            let data = try directory.write("data", content)
            let error = try #require(throws: KerchunkError.self) {
                try Kerchunk.save(dataset(data), to: data, overwrite: true)
            }
            #expect(error.kind == kind)
            #expect(try Platform.readToEnd(data) == Array(content.utf8))
        }
        #expect(try Platform.list(directory.path) == ["data"])
    }

    @Test func otherFilesAreNoReferenceSets() throws {
        let data = try directory.write("data", "abcd")
        let error = try #require(throws: KerchunkError.self) { try Kerchunk.openReferences(data) }
        #expect(error.kind == .unrecognized)
        #expect(throws: KerchunkError.self) { try Kerchunk.openReferences(directory.path) }
    }

    @Test func verificationFindsWhatChanged() throws {
        let data = try directory.write("data", "abcd")
        #expect(try Kerchunk.verify(dataset(data), sampleSize: 9).isGood)
        #expect(try Kerchunk.verify(dataset(data), sampleSize: 9).readCount == 3)
        _ = try directory.write("data", "abc")
        let result = try Kerchunk.verify(dataset(data))
        #expect(result.sources.map(\.outside) == [1])
        #expect(result.sources[0].problem == "a reference ends at byte 4, but the file at byte 3")
        let gone = try Kerchunk.verify(dataset(directory.path + "/gone"))
        #expect(!gone.isGood && gone.references == 3)
    }

    @Test func equalValuesInDifferentFilesMerge() throws {
        let one = try dataset(directory.write("one", "abxd"))
        let two = try dataset(directory.write("two", "abyd"))
        let merged = try Kerchunk.merge([("one", one), ("two", two)])
        #expect(try references(merged.dataset) == 3)
        let other = try dataset(directory.write("three", "abcX"))
        let error = try #require(throws: KerchunkError.self) {
            try Kerchunk.merge([("one", one), ("three", other)])
        }
        #expect(error.message == "cannot merge: \"/a\" has other values in three than in one")
    }
}
