// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Synchronization
import Testing

@Suite struct PackedDatasetTests {
    private func packed(
        _ dataset: VirtualDataset, issues: [KerchunkModel.Issue] = [],
        note: JSONObject = [:]
    ) throws -> Bytes {
        let output = MemoryUpload()
        try PackedDatasetWriter(codecs: ParquetSamples.codecs).write(
            dataset, issues: issues, note: note, to: output)
        return Bytes(output.bytes)
    }

    private func open(_ bytes: Bytes, cacheSize: Int = 1 << 20) throws -> Opened {
        try PackedDatasetReader(codecs: ParquetSamples.codecs, cacheSize: cacheSize).open(MemorySource(bytes))
    }

    private func array(_ dataset: VirtualDataset, _ name: String) throws -> VirtualArray {
        guard case .array(let array)? = dataset.root[name] else {
            throw KerchunkError(.usage, "no array \(name)")
        }
        return array
    }

    /// Chunks of every kind, in blocks that are full and in one that is not.
    private func mixed(_ count: UInt64) throws -> VirtualDataset {
        try dataset([count], urls: (0..<300).map { "s3://bucket/\($0).nc" }) { builder in
            for position in 0..<count {
                let source = SourceIndex(row: UInt32(position * 7 % 300))
                switch position % 97 {
                case 3: builder.set(position, .inline(Bytes("chunk \(position)")))
                case 4: builder.set(position, .inline(Bytes()))
                case 5: builder.set(position, .wholeFile(source))
                case 6, 7: break
                case 8: builder.set(position, source: source, offset: .max - 20, length: 20)
                case 9: builder.set(position, source: source, offset: position << 40, length: 0)
                default: builder.set(position, source: source, offset: position * 1000, length: position % 50)
                }
            }
        }
    }

    // MARK: The same comes back

    @Test func whatIsWrittenComesBack() throws {
        let original = try ParquetSamples.variety(in: "/data", recordSize: 1000)
        let issues = [
            KerchunkModel.Issue(object: "/x", reason: "a reason", remedy: "a remedy"),
            KerchunkModel.Issue(object: "/y", reason: "another"),
        ]
        let opened = try open(
            packed(original, issues: issues, note: ["key": ["a", 1, nil]]))
        #expect(opened.issues == issues)
        #expect(opened.note == ["key": ["a", 1, nil]])
        #expect(opened.dataset.sources.sources == original.sources.sources)
        #expect(opened.dataset.root.names == original.root.names)
        #expect(opened.dataset.root.attributes == original.root.attributes)
        #expect(try ParquetSamples.content(opened.dataset) == ParquetSamples.content(original))
    }

    @Test func metadataComeBackAsTheyWere() throws {
        var root = VirtualGroup(attributes: ["title": "t", "z": 1.5, "a": [1, "b"]])
        var original = try dataset([3]) { _ in }
        var one = try array(original, "a")
        one.dataType = .fixedText(length: 5, .big)
        one.missing = MissingData(unwritten: .zero(of: one.dataType))
        one.attributes = ["_ARRAY_DIMENSIONS": ["mine"], "_FillValue": "x", "units": "K"]
        var other = one
        other.dataType = .float(width: 4, .big)
        other.missing = MissingData(
            unwritten: .element([0, 0, 0, 0]), masked: .value(.element([0x7F, 0xC0, 0, 0])))
        other.codecs = [CodecSpec("shuffle", ["elementsize": 4]), CodecSpec("zlib", ["level": 3])]
        other.hasCompressor = true
        other.dimensionNames = ["x"]
        other.attributes = [:]
        var empty = other
        empty.dataType = .text
        empty.missing = .masking(.text("nothing"))
        empty.codecs = [CodecSpec("vlen-utf8")]
        var group = VirtualGroup()
        group["c/d"] = .array(empty)
        root["z"] = .array(one)
        root["g"] = .group(group)
        root["a"] = .array(other)
        root["empty"] = .group(VirtualGroup(attributes: ["n": nil]))
        original.root = root
        let opened = try open(packed(original)).dataset.root
        #expect(opened.names == ["z", "g", "a", "empty"])
        #expect(opened.attributes == root.attributes)
        #expect(opened.attributes.names == ["title", "z", "a"])
        guard case .group(let inner)? = opened["g"], case .array(let text)? = inner["c/d"],
            case .array(let first)? = opened["z"], case .array(let second)? = opened["a"],
            case .group(let last)? = opened["empty"]
        else {
            Issue.record("members are lost")
            return
        }
        #expect(last.attributes == ["n": nil])
        for (old, new) in [(one, first), (other, second), (empty, text)] {
            #expect(new.shape == old.shape && new.chunkShape == old.chunkShape)
            #expect(new.dataType == old.dataType && new.missing == old.missing)
            #expect(new.codecs == old.codecs && new.hasCompressor == old.hasCompressor)
            #expect(new.attributes == old.attributes && new.dimensionNames == old.dimensionNames)
        }
    }

    @Test func anyRunOfPositionsIsThatOfTheOriginal() throws {
        let original = try mixed(40_000)
        let chunks = try array(original, "a").chunks
        let bytes = try packed(original)
        for cacheSize in [0, 1 << 24] {
            let opened = try array(open(bytes, cacheSize: cacheSize).dataset, "a").chunks
            var runs: [Range<UInt64>] = [
                0..<40_000, 0..<0, 0..<1, 8191..<8192, 8192..<8193, 39_999..<40_000, 8192..<16_384,
            ]
            var state: UInt64 = 42
            for _ in 0..<150 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let start = (state >> 33) % 40_000
                runs.append(start..<start + (state >> 20) % (40_001 - start))
            }
            for run in runs { #expect(try opened.rows(run) == chunks.rows(run), "\(run)") }
        }
    }

    @Test func sparseGridsCostTheirChunksOnly() throws {
        let chunks: [UInt64] = [7, 1 << 20, 1 << 39, (1 << 40) - 1]
        let original = try dataset([1 << 20, 1 << 20]) { builder in
            for chunk in chunks { builder.set(chunk, source: firstSource, offset: chunk, length: 5) }
        }
        let bytes = try packed(original)
        #expect(bytes.count < 1000)
        let manifest = try array(open(bytes).dataset, "a").chunks
        var found: [UInt64] = []
        var runs = 0
        try manifest.forEachRun { start, run in
            runs += 1
            run.forEachPresent { position, _ in found.append(start + position) }
        }
        #expect(found == chunks)
        #expect(runs == 1)
        #expect(try manifest.rows(0..<7).presentCount == 0)
        #expect(try manifest.rows(8..<1 << 20).presentCount == 0)
        #expect(try manifest.rows(1 << 20..<1 << 40).presentCount == 3)
    }

    @Test func manySparseBlocksAreReadByRuns() throws {
        let original = try dataset([1 << 40]) { builder in
            for chunk in 0..<UInt64(200_000) {
                builder.set(chunk << 22, source: firstSource, offset: chunk, length: 5)
            }
        }
        let manifest = try array(open(packed(original)).dataset, "a").chunks
        var count = 0
        var largest = 0
        try manifest.forEachRun { start, run in
            count += run.presentCount
            largest = max(largest, run.presentCount)
        }
        #expect(count == 200_000)
        #expect(largest <= 200_000)
        #expect(try manifest.rows(5 << 22..<(5 << 22) + 1).presentCount == 1)
    }

    @Test func largeInlineChunksComeBack() throws {
        let large = Bytes((0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) })
        let original = try dataset([7]) { builder in
            for position in 0..<UInt64(7) { builder.set(position, .inline(large.dropping(Int(position)))) }
        }
        let manifest = try array(open(packed(original)).dataset, "a").chunks
        #expect(try manifest.rows(0..<7) == array(original, "a").chunks.rows(0..<7))
    }

    @Test func filesOfTheFirstVersionAreRead() throws {
        let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
            .joined(separator: "/")
        let set = try PackedDatasetReader(codecs: ParquetSamples.codecs).open(
            LocalFile(path + "/Fixtures/packed/variety.packed"))
        #expect(try ParquetSamples.content(set.dataset) == ParquetSamples.content(variety()))
        #expect(set.note == ["n": 1])
    }

    /// The fixtures; only where something says where they go.
    @Test(.enabled(if: Platform.environment("KERCHUNK_PACKED_SAMPLES") != nil))
    func samplesOfThisVersionAreWritten() throws {
        guard let directory = Platform.environment("KERCHUNK_PACKED_SAMPLES") else { return }
        try ParquetSamples.write(small().array, to: directory + "/variety.packed")
        struct Identity: Codec {
            func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
                stored
            }
            func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { decoded }
        }
        let output = MemoryUpload()
        let zstd = CodecEntry("zstd", .bytesToBytes, "Bytes as they are.") { _ in Identity() }
        try PackedDatasetWriter(codecs: CodecDirectory([zstd])).write(variety(), to: output)
        let footer = output.bytes.suffix(64)
        // The stored sizes of metadata and tables, below 65,536.
        let sizes = footer.dropFirst(8).prefix(2) + footer.dropFirst(24).prefix(2)
        try ParquetSamples.write(sizes + output.bytes.dropLast(64), to: directory + "/variety.plain")
    }

    // MARK: Files

    @Test func manySetsShareFewOpenFiles() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let paths = (0..<100).map { "\(directory)/\($0)" }
        for (index, path) in paths.enumerated() {
            let original = try dataset([10]) {
                $0.set(1, source: firstSource, offset: UInt64(index), length: 1)
            }
            try ParquetSamples.write(packed(original).array, to: path)
        }
        let opened = Mutex(0)
        let reader = try PackedDatasetReader(codecs: ParquetSamples.codecs) { path in
            opened.withLock { $0 += 1 }
            return try LocalFile(path)
        }
        let sets = try paths.map { try reader.open($0) }
        // those of this test only: others run beside it
        let here = Platform.realPath(directory) ?? directory
        let held = try Platform.list("/proc/self/fd").filter {
            Platform.realPath("/proc/self/fd/\($0)")?.hasPrefix(here + "/") == true
        }
        #expect(!held.isEmpty && held.count < 70)
        for (index, set) in sets.enumerated() {
            let rows = try array(set.dataset, "a").chunks.rows(0..<10)
            #expect(rows[1] == .range(firstSource, ByteRange(UInt64(index)..<UInt64(index) + 1)))
        }
        #expect(opened.withLock { $0 } <= 200)
        // Decoded blocks are kept, whether or not their files are open.
        let before = opened.withLock { $0 }
        for set in sets { _ = try array(set.dataset, "a").chunks.rows(3..<4) }
        #expect(opened.withLock { $0 } == before)
    }

    @Test func aFileThatWasReplacedIsNotRead() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/set"
        try ParquetSamples.write(packed(mixed(10_000)).array, to: path)
        // Nothing is kept open, so each read opens the file.
        let reader = try PackedDatasetReader(codecs: ParquetSamples.codecs, cacheSize: 0) {
            try LocalFile($0)
        }
        let set = try reader.open(path)
        for index in 0..<70 {
            try ParquetSamples.write(packed(mixed(2)).array, to: path + "\(index)")
            _ = try reader.open(path + "\(index)")
        }
        try ParquetSamples.write(packed(mixed(9_000)).array, to: path)
        let failure = #expect(throws: KerchunkError.self) { try array(set.dataset, "a").chunks.rows(0..<5) }
        #expect(failure?.kind == .changed)
    }

    @Test func openingReadsTheEndOnly() throws {
        let bytes = try packed(mixed(100_000))
        let source = CountingSource(MemorySource(bytes))
        let set = try PackedDatasetReader(codecs: ParquetSamples.codecs).open(source)
        #expect(source.batches == 1 && source.bytes < 40_000)
        _ = try array(set.dataset, "a").chunks.rows(50_000..<50_001)
        _ = try array(set.dataset, "a").chunks.rows(50_010..<50_100)
        #expect(source.batches == 2)
        #expect(source.bytes < bytes.count / 2)
    }

    @Test func severalThreadsReadTheSame() throws {
        let original = try mixed(40_000)
        let chunks = try array(original, "a").chunks
        let opened = try array(open(packed(original), cacheSize: 500_000).dataset, "a").chunks
        let isEqual = WorkerPool(width: 4).map(400) { index in
            let start = UInt64(index * 997 % 39_000)
            return (try? opened.rows(start..<start + 900) == chunks.rows(start..<start + 900)) ?? false
        }
        #expect(isEqual.allSatisfy { $0 })
    }

    // MARK: Broken files

    /// All of a file, or nil where it cannot be read.
    private func content(_ bytes: Bytes) -> [String: [String]]? {
        guard let set = try? open(bytes) else { return nil }
        return try? ParquetSamples.content(set.dataset)
    }

    private func variety() throws -> VirtualDataset {
        var original = try ParquetSamples.variety(in: "/d")
        original.root["ten"] = nil
        return original
    }

    private func small() throws -> Bytes { try packed(variety(), note: ["n": 1]) }

    @Test func everyPrefixIsRefused() throws {
        let bytes = try small()
        for count in 0..<bytes.count {
            #expect(throws: KerchunkError.self, "\(count) bytes") { try open(bytes[0..<count]) }
        }
    }

    @Test func everyFlippedBitIsAnErrorOrOfNoAccount() throws {
        let bytes = try small()
        let right = try #require(content(bytes))
        var refused = 0
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes.array
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let found = content(Bytes(damaged))
            if found == nil { refused += 1 } else { #expect(found == right, "bit \(bit)") }
        }
        #expect(refused > bytes.count * 8 * 99 / 100)
    }

    @Test func manyFlippedBitsAreSurvived() throws {
        let bytes = try packed(mixed(9_000))
        let right = try #require(content(bytes))
        for seed in 0..<300 {
            let found = content(flippingBits(of: bytes, count: 1 + seed % 20, seed: UInt64(seed)))
            #expect(found == nil || found == right, "seed \(seed)")
        }
    }

    @Test func otherFilesAreRefused() throws {
        let failure = #expect(throws: KerchunkError.self) {
            try open(Bytes([UInt8](repeating: 7, count: 5000)))
        }
        #expect(failure?.kind == .unrecognized)
        #expect(!PackedForm().recognizes(Bytes("{}")))
        var later = try packed(mixed(3)).array
        later[8] = 9
        #expect(throws: KerchunkError.self) { try open(Bytes(later)) }
        #expect(PackedForm().recognizes(Bytes(later)))
    }
}
