// SPDX-License-Identifier: Apache-2.0
// Reference sets in stores through the facade, by URLs alone: in memory, as any object store.

import Kerchunk
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import Testing

@Suite struct StoreTests {
    let directory: TemporaryDirectory
    /// A place in the memory of this process that no other test uses.
    let base = "memory://tests/\(Platform.monotonicTime)"
    init() throws { directory = try TemporaryDirectory() }

    /// `count` steps from `start` on, a byte each, in a file of their own.
    private func dataset(_ start: UInt8, _ count: UInt64 = 4) throws -> VirtualDataset {
        var dataset = VirtualDataset()
        let data = try directory.write("data-\(start)", String(repeating: "x", count: Int(count)))
        let source = dataset.sources.intern(data)
        let grid = try #require(ChunkGrid(shape: [count]))
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<count { builder.set(position, source: source, offset: position, length: 1) }
        var values = ManifestBuilder(grid: try #require(ChunkGrid(shape: [1])))
        values.set(0, .inline(Bytes((0..<UInt8(count)).map { start + $0 })))
        let byte = DataType.integer(isSigned: false, width: 1, .little)
        dataset.root["tas"] = .array(
            VirtualArray(
                shape: [count], chunkShape: [1], dataType: byte, dimensionNames: ["time"],
                chunks: builder.finish()))
        dataset.root["time"] = .array(
            VirtualArray(
                shape: [count], chunkShape: [count], dataType: byte, dimensionNames: ["time"],
                chunks: values.finish()))
        return dataset
    }

    private func references(_ dataset: VirtualDataset) throws -> Int {
        var count = 0
        try dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { count += $1.presentCount }
        }
        return count
    }

    @Test(arguments: ["set.json", "set.json.zst", "set.json.gz", "set.parq", "set.parquet/", "set/"])
    func setsGoThereAndComeBack(_ name: String) throws {
        let url = base + "/" + name
        #expect(try !Kerchunk.exists(url))
        try Kerchunk.checkOutput(url)
        #expect(try Kerchunk.save(dataset(0), to: url) == 5)
        #expect(try Kerchunk.exists(url))
        for opened in [try Kerchunk.openReferences(url), try Kerchunk.open(url)] {
            #expect(opened.format == (name.contains("json") ? "kerchunk JSON" : "kerchunk Parquet"))
            #expect(try references(opened.dataset) == 5)
        }
        #expect(throws: KerchunkError.self) { try Kerchunk.checkOutput(url) }
        #expect(throws: KerchunkError.self) { try Kerchunk.save(dataset(1), to: url) }
        // Objects are replaced at once, sets of them cannot be.
        if name.contains("json") {
            try Kerchunk.save(dataset(1, 9), to: url, overwrite: true)
        } else {
            #expect(throws: KerchunkError.self) {
                try Kerchunk.save(dataset(1, 9), to: url, overwrite: true)
            }
            var options = SavingOptions()
            options.replacesInPlace = true
            try Kerchunk.save(dataset(1, 9), to: url, options: options)
        }
        #expect(try references(Kerchunk.openReferences(url).dataset) == 10)
    }

    @Test func aFolderNeedsNoNameThatTells() throws {
        try Kerchunk.save(dataset(0), to: base + "/plain", as: ParquetForm())
        #expect(try Kerchunk.openReferences(base + "/plain").format == "kerchunk Parquet")
        #expect(try Kerchunk.open(base + "/plain").format == "kerchunk Parquet")
        for name in ["none", "none.parq"] {
            let error = #expect(throws: KerchunkError.self) { try Kerchunk.openReferences(base + "/" + name) }
            #expect(error?.kind == .notFound)
        }
    }

    @Test(arguments: [
        "http://127.0.0.1:9/x.json", "https://127.0.0.1:9/x.parq", "zip://x.json::a.zip", "ftp://h/x",
    ])
    func someTakeNoFiles(_ place: String) throws {
        #expect(throws: KerchunkError.self) { try Kerchunk.checkOutput(place) }
        #expect(throws: KerchunkError.self) { try Kerchunk.save(dataset(0), to: place) }
    }

    @Test func fileURLsArePaths() throws {
        let url = "file://\(directory.path)/x.parq"
        try Kerchunk.save(dataset(0), to: url)
        #expect(Platform.exists(directory.path + "/x.parq/.zmetadata"))
        #expect(try references(Kerchunk.openReferences(url).dataset) == 5)
    }

    @Test func theDataAreNotReplaced() throws {
        var dataset = try dataset(0)
        let source = dataset.sources.intern(base + "/data.json")
        var builder = ManifestBuilder(grid: try #require(ChunkGrid(shape: [1])))
        builder.set(0, .wholeFile(source))
        dataset.root["x"] = .array(
            VirtualArray(
                shape: [1], chunkShape: [1], dataType: .integer(isSigned: false, width: 1, .little),
                chunks: builder.finish()))
        #expect(throws: KerchunkError.self) {
            try Kerchunk.save(dataset, to: base + "/data.json", overwrite: true)
        }
        #expect(try !Kerchunk.exists(base + "/data.json"))
    }

    @Test func patternsAreResolvedWhereverTheFilesAre() throws {
        for name in ["a1", "a2", "b1", "deep/a3"] {
            try Kerchunk.save(dataset(0), to: "\(base)/\(name).json")
        }
        try Platform.makeDirectory(directory.path + "/deep")
        for name in ["a1", "a2", "b1", "deep/a3"] {
            try Kerchunk.save(dataset(0), to: "\(directory.path)/\(name).json")
        }
        for place in [base, directory.path] {
            func found(_ pattern: String) throws -> [String]? {
                try Kerchunk.locations(matching: place + "/" + pattern)?.map {
                    String($0.dropFirst(place.count + 1))
                }
            }
            #expect(try found("a*.json") == ["a1.json", "a2.json"])
            #expect(try found("{b,a}[12].json") == ["b1.json", "a1.json", "a2.json"])
            #expect(try found("**/a?.json") == ["a1.json", "a2.json", "deep/a3.json"])
            #expect(try found("{a1,deep/a3}.json") == ["a1.json", "deep/a3.json"])
            #expect(try found("none*") == [])
            #expect(try found("a1.json") == nil)
        }
        #expect(throws: KerchunkError.self) { try Kerchunk.locations(matching: "http://h/*.nc") }
        #expect(try Kerchunk.locations(matching: "http://[::1]:80/a.nc?x=1") == nil)
    }

    @Test func partitionsOfAPlanAreWrittenThere() throws {
        var inputs: [CombineInput] = []
        for start in [UInt8(0), 4, 8] {
            let url = "\(base)/in/\(start).parq"
            try Kerchunk.save(dataset(start), to: url)
            inputs.append(.references(url))
        }
        var job = BuildJob()
        job.settings.saving[ParquetForm.recordSize] = 2
        var (task, _) = try job.plan(inputs)
        task = try CombineTask(json: try task.json())
        let url = base + "/all.parq"
        let count = try task.partitionCount()
        for partition in 0..<count { _ = try task.write(partition..<partition + 1, to: url) }
        #expect(throws: KerchunkError.self) { try Kerchunk.openReferences(url) }
        #expect(try task.finish(url) == 13)
        #expect(try references(Kerchunk.openReferences(url).dataset) == 13)
        let once = base + "/once.parq"
        #expect(try task.save(to: once) == 13)
        // An input that is another one by now is told.
        var options = SavingOptions()
        options.replacesInPlace = true
        try Kerchunk.save(dataset(4, 5), to: base + "/in/4.parq", options: options)
        let error = #expect(throws: KerchunkError.self) { try task.save(to: base + "/late.parq") }
        #expect(error?.kind == .changed)
    }

    @Test func misspeltNamesAreErrors() throws {
        let inputs = try [UInt8(0), 4].map { CombineInput.dataset(name: "\($0)", try dataset($0)) }
        var request = CombineRequest()
        for edit in [
            DatasetEdit.drop(["tsa"]), .rename(variable: "tsa", to: "x"), .renameDimension("tiem", to: "x"),
        ] {
            request.preprocessing = [edit]
            let error = #expect(throws: KerchunkError.self) { try Kerchunk.combine(inputs, request: request) }
            #expect(error?.kind == .usage)
            #expect(error?.message.contains("; did you mean \"t") == true)
        }
        request.preprocessing = []
        request.loaded = ["tsa"]
        #expect(throws: KerchunkError.self) { try Kerchunk.combine(inputs, request: request) }
        request.checksNames = false
        _ = try Kerchunk.combine(inputs, request: request)
        request.checksNames = true
        // Patterns may fit nothing, later names are those of earlier changes, and one input is enough.
        request.loaded = ["x*", "late"]
        request.preprocessing = [
            .drop(["no*"]), .rename(variable: "tas", to: "early"), .rename(variable: "early", to: "late"),
        ]
        _ = try Kerchunk.combine(inputs, request: request)
        var other = try dataset(8)
        other.root["extra"] = other.root["tas"]
        request.loaded = []
        request.preprocessing = [.drop(["extra"])]
        _ = try Kerchunk.combine(inputs + [.dataset(name: "8", other)], request: request)
    }
}
