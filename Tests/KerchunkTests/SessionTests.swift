// SPDX-License-Identifier: Apache-2.0
import Kerchunk
import KerchunkTestKit
import Testing

/// A codec that only this test knows: each byte's complement.
private struct Complement: Codec {
    static let entry = CodecEntry(
        "example.complement", .bytesToBytes, "Each byte's complement.", v3Name: .same("example.complement"),
        reader: .otherPackage("example", class: "Complement")
    ) { _ in Complement() }

    func decode(_ stored: Bytes, as form: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw KerchunkError(.malformed, "the chunk is too long") }
        return Bytes(stored.array.map { ~$0 })
    }

    func encode(_ decoded: Bytes, as form: ChunkForm?) throws(KerchunkError) -> Bytes {
        Bytes(decoded.array.map { ~$0 })
    }
}

/// Lists that a user passes hold for all calls, and not only for scans.
@Suite struct SessionTests {
    private let directory: TemporaryDirectory
    private let session = Session(
        formats: BuiltinFormats.all + [ToyScanner()],
        codecs: CodecDirectory(BuiltinCodecs.directory.entries + [Complement.entry]))

    init() throws { directory = try TemporaryDirectory() }

    /// A set whose coordinate and data are stored by the codec.
    private func set(_ name: String, from start: UInt8) throws -> String {
        var dataset = VirtualDataset()
        let stored = (0..<4).map { ~(start + UInt8($0)) }
        let file = directory.path + "/\(name).bin"
        let output = try AtomicFile(file, overwrite: true)
        try output.write(stored)
        try output.commit()
        let grid = try #require(ChunkGrid(shape: [1]))
        for variable in ["time", "tas"] {
            var chunks = ManifestBuilder(grid: grid)
            chunks.set(0, source: dataset.sources.intern(file), offset: 0, length: 4)
            dataset.root[variable] = .array(
                VirtualArray(
                    shape: [4], chunkShape: [4], dataType: .integer(isSigned: false, width: 1, .little),
                    codecs: [CodecSpec("example.complement")], dimensionNames: ["time"],
                    chunks: chunks.finish()))
        }
        let path = directory.path + "/\(name).json"
        try Kerchunk.save(dataset, to: path, session: session)
        return path
    }

    private func inline(_ dataset: VirtualDataset, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try #require(dataset.root.array(at: path)).chunks.forEachRun { _, manifest in
            manifest.forEachPresent { _, location in
                if case .inline(let piece) = location { bytes += piece.array }
            }
        }
        return bytes
    }

    @Test func aCodecOfTheUserServesEachCall() throws {
        let inputs = [try set("b", from: 14), try set("a", from: 10)]
        // Joining reads the coordinate.
        let job = BuildJob(session: session)
        let combined = try job.combine(inputs.map { .references($0) })
        #expect(try inline(combined.dataset, "time") == [10, 11, 12, 13, 14, 15, 16, 17])
        #expect(combined.notes.map(\.remedy) == ["pip install swift-kerchunk example"])
        #expect(throws: KerchunkError.self) { try Kerchunk.combine(inputs.map { .references($0) }) }

        // The same in steps, and by Zarr 3, whose documents name codecs otherwise.
        var steps = job
        steps.settings.saving.zarrFormat = 3
        let (task, _) = try steps.plan(summarized: steps.summarize(inputs.map { .references($0) }))
        let output = directory.path + "/all.json"
        var saving = SavingOptions()
        saving.zarrFormat = 3
        try task.save(to: output, options: saving, session: session)
        let opened = try Kerchunk.open(output, session: session)
        #expect(opened.dataset.root.array(at: "tas")?.codecs == [CodecSpec("example.complement")])

        // Whole arrays are decoded.
        let whole = try Kerchunk.inlineArrays(
            of: opened.dataset, ArrayInlining(names: ["tas"]), session: session)
        #expect(whole.issues.isEmpty)
        #expect(try inline(whole.dataset, "tas") == Array(10..<18))

        // Chunks are judged.
        let judged = try Kerchunk.verify(opened.dataset, sampleSize: 10, session: session)
        #expect(judged.isGood && judged.unjudged.isEmpty)
        #expect(judged.badChunks.map(\.problem) == [] && judged.sources.map(\.problem) == [nil, nil])
        let unjudged = try Kerchunk.verify(opened.dataset, sampleSize: 10)
        #expect(unjudged.unjudged.count == 2)
    }

    @Test func aFormatOfTheUserIsBuiltFrom() throws {
        var bytes = Array("TOY1".utf8) + [2, 0, 0, 0, 1, 0, 0, 0] + Array("temp".utf8)
        bytes += [UInt8](repeating: 0, count: 8)
        var files: [CombineInput] = []
        for name in ["a.toy", "b.toy"] {
            let file = try AtomicFile(directory.path + "/" + name, overwrite: true)
            try file.write(bytes)
            try file.commit()
            files.append(.file(directory.path + "/" + name))
        }
        var job = BuildJob(session: session)
        job.request.concatDimensions = ["run"]
        job.request.coordinates = [.init("run", .index)]
        job.request.semantics = .kerchunk
        job.request.preprocessing = [
            .function { dataset in
                var named = dataset
                if var array = dataset.root.array(at: "temp") {
                    array.dimensionNames = ["y", "x"]
                    named.root["temp"] = .array(array)
                }
                return named
            }
        ]
        job.settings.output = directory.path + "/all.json"
        var told = 0
        let outcome = try job.run(files, tell: { told += $0.plan.inputs.count })
        #expect(told == 2 && outcome.references == 3)
        #expect(throws: KerchunkError.self) {
            try BuildJob(request: job.request, settings: job.settings).combine(files)
        }
        // A place that holds data is known by the session's formats.
        let error = #expect(throws: KerchunkError.self) {
            try Kerchunk.save(
                outcome.combined.dataset, to: directory.path + "/a.toy", as: JSONForm(), overwrite: true,
                session: session)
        }
        #expect(error?.message.contains("a file of the format Toy") == true)
    }

    @Test func formsAreThoseOfTheSession() throws {
        var plain = session
        plain.forms = FormDirectory(JSONForm(), [])
        let path = try set("a", from: 1)
        let output = directory.path + "/all.parq"
        try Kerchunk.save(try Kerchunk.open(path, session: plain).dataset, to: output, session: plain)
        #expect(Platform.statusIfAny(output)?.isDirectory == false)
    }

    @Test func oneFlagStopsEachCall() throws {
        let path = try set("a", from: 1)
        let dataset = try Kerchunk.open(path, session: session).dataset
        let stopped = session
        stopped.cancellation.cancel()
        let calls: [() throws -> Void] = [
            { _ = try Kerchunk.scan(path, session: stopped) },
            { _ = try Kerchunk.combine([.references(path)], session: stopped) },
            { _ = try Kerchunk.summarize([.references(path)], session: stopped) },
            { _ = try Kerchunk.verify(dataset, sampleSize: 1, session: stopped) },
            { try Kerchunk.save(dataset, to: path + "2", session: stopped) },
        ]
        for call in calls {
            let error = #expect(throws: KerchunkError.self) { try call() }
            #expect(error?.kind == .cancelled)
        }
    }

    @Test func anOutputThatIsNotThereIsNotAppendedTo() throws {
        var job = BuildJob(session: session)
        job.settings.output = directory.path + "/none.json"
        job.settings.appended = job.settings.output
        let error = #expect(throws: KerchunkError.self) { try job.checkAppending() }
        #expect(error?.kind == .notFound)
    }
}
