// SPDX-License-Identifier: Apache-2.0
// Reference sets into others: manifests alone, without files where that can be.

import KerchunkBytes
import KerchunkModel
import KerchunkReading
import KerchunkReferences
import KerchunkStorage
import Testing

/// Gives slices of another manifest and counts how many rows were asked for at most at once.
private struct NarrowManifest: ManifestSource {
    let base: MemoryManifest
    var grid: ChunkGrid { base.grid }
    let preferredRun: UInt64
    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest { base.rows(positions) }
}

private func ranges(_ array: VirtualArray, in table: SourceTable) throws -> [String] {
    var texts: [String] = []
    try array.chunks.forEachRun { start, manifest in
        manifest.forEachPresent { position, location in
            switch location {
            case .range(let source, let range):
                texts.append("\(start + position): \(table[source].url) \(range.offset) \(range.count)")
            case .inline(let bytes): texts.append("\(start + position): \(bytes.array)")
            case .wholeFile(let source): texts.append("\(start + position): \(table[source].url)")
            case .missing: break
            }
        }
    }
    return texts
}

private func array(_ dataset: VirtualDataset, _ path: String) throws -> VirtualArray {
    var found: VirtualArray?
    dataset.root.forEachArray { if $0 == path { found = $1 } }
    return try #require(found)
}

@Suite struct TransformingTests {
    /// An array of bytes in chunks of 4 × 6 over `urls`, chunk n at offset 100 n.
    private func bytes(
        _ shape: [UInt64], urls: [String] = ["/f.nc"], missing: Set<UInt64> = [], run: UInt64? = nil
    ) throws -> VirtualDataset {
        var dataset = VirtualDataset()
        let sources = urls.map {
            dataset.sources.intern($0, stamp: SourceStamp(size: 9, modificationTime: 5))
        }
        let grid = try #require(ChunkGrid(covering: shape, by: [4, 6]))
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<grid.count where !missing.contains(position) {
            builder.set(
                position, source: sources[Int(position) % sources.count], offset: 100 * position, length: 24)
        }
        let manifest = builder.finish()
        var chunks: any ManifestSource = manifest
        if let run { chunks = NarrowManifest(base: manifest, preferredRun: run) }
        dataset.root["a"] = .array(
            VirtualArray(
                shape: shape, chunkShape: [4, 6], dataType: .integer(isSigned: false, width: 1, .little),
                dimensionNames: ["y", "x"], chunks: chunks))
        return dataset
    }

    @Test func renamedSourcesKeepTheirSizeOnly() throws {
        let dataset = try bytes([4, 12], urls: ["/data/a", "/data/b"])
        let renamed = dataset.renamingSources(
            SourceRenaming([("/data/b", "/new")], prefixes: [("/", "/x/"), ("/data/", "s3://b/")]))
        #expect(
            try ranges(array(renamed, "a"), in: renamed.sources) == ["0: s3://b/a 0 24", "1: /new 100 24"])
        #expect(renamed.sources.sources.map(\.stamp) == [SourceStamp(size: 9), SourceStamp(size: 9)])
        #expect(dataset.sources.sources.map(\.url) == ["/data/a", "/data/b"], "the first one is as it was")
    }

    @Test func anUnchangedSourceKeepsItsState() throws {
        let renamed = try bytes([4, 6]).renamingSources(SourceRenaming([("/other", "/new")]))
        _ = try ranges(array(renamed, "a"), in: renamed.sources)
        #expect(renamed.sources.sources.map(\.stamp) == [SourceStamp(size: 9, modificationTime: 5)])
        #expect(
            SourceRenaming([("/other", "/new")], prefixes: [("/f", "/g"), ("/q", "/r")]).unused(among: [
                "/f.nc"
            ]
            ) == ["/other", "/q"])
    }

    @Test func sourcesOfDroppedVariablesGo() throws {
        var dataset = try bytes([4, 6], urls: ["/a"])
        let other = dataset.sources.intern("/b")
        dataset.root["b"] = .array(
            ParquetSamples.array([1], by: [1]) { _ in .range(other, ByteRange(0..<8)) })
        let selected = try dataset.selecting(excluded: ["a"])
        _ = try ranges(array(selected, "b"), in: selected.sources)
        #expect(selected.sources.sources.map(\.url) == ["/b"])
    }

    @Test(arguments: [1, 2, 5, 100])
    func splitChunksAreTheSameWhateverRunsAreAskedFor(run: UInt64) throws {
        let dataset = try bytes([6, 12], missing: [2])
        let split = try dataset.subchunking("a", factor: 8)
        let array = try array(split, "a")
        #expect(array.chunkShape == [1, 3])
        #expect(array.chunks.grid.shape == [6, 4])
        var found: [String] = []
        for start in stride(from: UInt64(0), to: 24, by: UInt64.Stride(run)) {
            let end = min(24, start + run)
            try array.chunks.rows(start..<end).forEachPresent { position, location in
                if case .range(_, let range) = location {
                    found.append("\(start + position): \(range.offset)")
                }
            }
        }
        let expected = (0..<6).flatMap { row in
            (0..<4).compactMap { column -> String? in
                let chunk = row / 4 * 2 + column / 2
                if chunk == 2 { return nil }
                return "\(row * 4 + column): \(chunk * 100 + row % 4 * 6 + column % 2 * 3)"
            }
        }
        #expect(found == expected)
    }

    @Test func factorsThatDoNotFitAreRefused() throws {
        let error = try #require(throws: KerchunkError.self) {
            try bytes([4, 6]).subchunking("a", factor: 3)
        }
        #expect(
            error.message
                == "chunks of shape [4, 6] cannot be split into 3 equal parts; factors that fit: 2, 4, 8, 12, 24"
        )
    }

    @Test(arguments: [1, 3, 7, 100])
    func joinedArraysAreTheSameWhateverRunsAreAskedFor(run: UInt64) throws {
        let inputs = try [[4, 12], [4, 24], [4, 6]].enumerated().map {
            (name: "\($0)", dataset: try bytes($1.map { UInt64($0) }, urls: ["/\($0)"], run: 2))
        }
        let joined = try ArrayConcatenation(
            path: "a", axis: .dimension("x"), codecs: compressionCodecs
        ).join(inputs).dataset
        let array = try array(joined, "a")
        #expect(array.shape == [4, 42])
        var found: [String] = []
        for start in stride(from: UInt64(0), to: 7, by: UInt64.Stride(run)) {
            try array.chunks.rows(start..<min(7, start + run)).forEachPresent { position, location in
                if case .range(let source, let range) = location {
                    found.append("\(start + position): \(joined.sources[source].url) \(range.offset)")
                }
            }
        }
        #expect(
            found == ["0: /0 0", "1: /0 100", "2: /1 0", "3: /1 100", "4: /1 200", "5: /1 300", "6: /2 0"])
    }

    @Test func smallChunksAreReadInOneBatch() throws {
        let file = MemorySource(Bytes((0..<250).map { UInt8($0) }))
        let reader = SourceReader(checksStamps: false) { _ in file }
        let inlined = try bytes([4, 18], missing: [1]).inliningChunks(below: 25, reading: reader)
        #expect(
            try ranges(array(inlined, "a"), in: inlined.sources) == [
                "0: \((0..<24).map { UInt8($0) })", "2: \((200..<224).map { UInt8($0) })",
            ])
        let untouched = try bytes([4, 6]).inliningChunks(below: 24, reading: reader)
        #expect(try ranges(array(untouched, "a"), in: untouched.sources) == ["0: /f.nc 0 24"])
    }

    @Test func chunksThatCannotBeReadAreErrors() throws {
        let reader = SourceReader { _ in MemorySource(Bytes([1, 2])) }
        let inlined = try bytes([4, 6]).inliningChunks(below: 25, reading: reader)
        let error = try #require(throws: KerchunkError.self) { try array(inlined, "a").chunks.rows(0..<1) }
        #expect(error.url == "/f.nc")
    }

    @Test func wholeArraysAreDecodedWithTheirFillValues() throws {
        let dataset = try bytes([5, 7], missing: [1])
        let file = MemorySource(Bytes([UInt8](repeating: 7, count: 400)))
        let inlined = try dataset.inliningArrays(
            ArrayInlining(names: ["a"]), reading: SourceReader(checksStamps: false) { _ in file },
            codecs: ParquetSamples.codecs)
        let array = try array(inlined.dataset, "a")
        #expect(array.chunkShape == [5, 7])
        let row: [UInt8] = [7, 7, 7, 7, 7, 7, 0]
        let expected = row + row + row + row + [7, 7, 7, 7, 7, 7, 7]
        #expect(try ranges(array, in: inlined.dataset.sources) == ["0: \(expected)"])
    }

    /// An array of texts whose chunks are embedded containers; `chunks` by position.
    private func texts(
        _ shape: [UInt64], by chunkShape: [UInt64], _ chunks: [UInt64: [UInt8]], fill: FillValue = .none
    ) throws -> VirtualDataset {
        let grid = try #require(ChunkGrid(covering: shape, by: chunkShape))
        var builder = ManifestBuilder(grid: grid)
        for (position, bytes) in chunks { builder.set(position, .inline(Bytes(bytes))) }
        var array = VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: .text, chunks: builder.finish())
        array.codecs = [CodecSpec("vlen-utf8")]
        array.missing = .masking(fill)
        var dataset = VirtualDataset()
        dataset.root["a"] = .array(array)
        return dataset
    }

    private static let noFiles = SourceReader { url in throw KerchunkError(.notFound, "no file", url: url) }
    /// "a", "bc"; then "é", and behind the end of the array "".
    private static let firstTexts: [UInt8] = [2, 0, 0, 0, 1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0x62, 0x63]
    private static let lastTexts: [UInt8] = [2, 0, 0, 0, 2, 0, 0, 0, 0xC3, 0xA9, 0, 0, 0, 0]

    @Test func wholeArraysOfTextsAreOneContainer() throws {
        let dataset = try texts([5], by: [2], [0: Self.firstTexts, 2: Self.lastTexts], fill: .text("-"))
        let inlined = try dataset.inliningArrays(
            ArrayInlining(names: ["a"]), reading: Self.noFiles, codecs: ParquetSamples.codecs)
        let array = try array(inlined.dataset, "a")
        #expect(array.chunkShape == [5])
        #expect(array.codecs == [CodecSpec("vlen-utf8")])
        let expected: [UInt8] = [
            5, 0, 0, 0, 1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0x62, 0x63, 1, 0, 0, 0, 0x2D, 1, 0, 0, 0, 0x2D,
            2, 0, 0, 0, 0xC3, 0xA9,
        ]
        #expect(try ranges(array, in: inlined.dataset.sources) == ["0: \(expected)"])
    }

    @Test func textsOfTwoDimensionsComeIntoTheirOrder() throws {
        // x y    two columns, a chunk each; the second one has a row behind the end
        // z w
        let columns: [UInt64: [UInt8]] = [
            0: [3, 0, 0, 0, 1, 0, 0, 0, 0x78, 1, 0, 0, 0, 0x7A, 0, 0, 0, 0],
            1: [3, 0, 0, 0, 1, 0, 0, 0, 0x79, 1, 0, 0, 0, 0x77, 0, 0, 0, 0],
        ]
        let inlined = try texts([2, 2], by: [3, 1], columns).inliningArrays(
            ArrayInlining(names: ["a"]), reading: Self.noFiles, codecs: ParquetSamples.codecs)
        let expected: [UInt8] = [
            4, 0, 0, 0, 1, 0, 0, 0, 0x78, 1, 0, 0, 0, 0x79, 1, 0, 0, 0, 0x7A, 1, 0, 0, 0, 0x77,
        ]
        #expect(
            try ranges(array(inlined.dataset, "a"), in: inlined.dataset.sources) == ["0: \(expected)"])
    }

    @Test(
        arguments: [
            ([1, 0, 0, 0, 1, 0, 0, 0, 0x61], "1 strings"), ([2, 0, 0, 0, 1, 0, 0, 0], "needs 1 bytes"),
            ([2, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0, 0, 0, 0], "not UTF-8"),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], "needs 4 bytes"),
        ] as [([UInt8], String)])
    func containersThatDoNotFitAreErrors(container: [UInt8], problem: String) throws {
        let error = try #require(throws: KerchunkError.self) {
            try texts([2], by: [2], [0: container]).inliningArrays(
                ArrayInlining(names: ["a"]), reading: Self.noFiles, codecs: ParquetSamples.codecs)
        }
        #expect(error.kind == .malformed)
        #expect(error.message.contains(problem), "\(error.message)")
    }

    @Test func hugeArraysOfTextsAreRefused() throws {
        let error = try #require(throws: KerchunkError.self) {
            try texts([1 << 26], by: [1 << 26], [:]).inliningArrays(
                ArrayInlining(names: ["a"]), reading: Self.noFiles, codecs: ParquetSamples.codecs)
        }
        #expect(error.kind == .limit)
    }

    @Test func textsAreMergedByTheirValues() throws {
        let merge = DatasetMerge(
            reader: ArrayReader(codecs: ParquetSamples.codecs, sources: Self.noFiles))
        let split = try texts([3], by: [2], [0: Self.firstTexts, 1: Self.lastTexts])
        let whole = try texts(
            [3], by: [3],
            [0: [3, 0, 0, 0, 1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0x62, 0x63, 2, 0, 0, 0, 0xC3, 0xA9]])
        // the same letter, spelled as e and an accent
        let other = try texts(
            [3], by: [3],
            [0: [3, 0, 0, 0, 1, 0, 0, 0, 0x61, 2, 0, 0, 0, 0x62, 0x63, 3, 0, 0, 0, 0x65, 0xCC, 0x81]])
        let merged = try merge.merge([("one", split), ("two", whole)])
        #expect(try array(merged.dataset, "a").chunkShape == [2])
        #expect(merged.issues.isEmpty)
        let error = try #require(throws: KerchunkError.self) {
            try merge.merge([("one", split), ("two", other)])
        }
        #expect(error.message.contains("has other values in two than in one"), "\(error.message)")
    }

    @Test func aHugeSparseGridStaysSparse() throws {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern("/f")
        let grid = try #require(ChunkGrid(shape: [1_000_000, 1_000_000]))
        var builder = ManifestBuilder(grid: grid)
        builder.set(777_777_777_777, source: source, offset: 8, length: 4)
        dataset.root["a"] = .array(
            VirtualArray(
                shape: [4_000_000, 1_000_000], chunkShape: [4, 1],
                dataType: .integer(isSigned: false, width: 1, .little), chunks: builder.finish()))
        let renamed = dataset.renamingSources(SourceRenaming([("/f", "/g")]))
        #expect(try ranges(array(renamed, "a"), in: renamed.sources) == ["777777777777: /g 8 4"])
        let survey = try ChunkSurvey(try array(renamed, "a"))
        #expect(survey.missing == 999_999_999_999)
    }

    @Test func hugeClaimsAreCountedWithoutOverflow() throws {
        var dataset = VirtualDataset()
        let source = dataset.sources.intern("/f")
        let half = UInt64(1) << 63
        let grid = try #require(ChunkGrid(covering: [half + 1, 3], by: [half, 1]))
        var builder = ManifestBuilder(grid: grid)
        for position in [UInt64(0), 1, 2] { builder.set(position, source: source, offset: 0, length: half) }
        dataset.root["a"] = .array(
            VirtualArray(
                shape: [half + 1, 3], chunkShape: [half, 1],
                dataType: .integer(isSigned: false, width: 1, .little), chunks: builder.finish()))
        let survey = try ChunkSurvey(try array(dataset, "a"))
        #expect(survey.storedBytes == .max)
        #expect(survey.gaps[0].gaps.map(\.elements) == [half..<half + 1])
    }
}
