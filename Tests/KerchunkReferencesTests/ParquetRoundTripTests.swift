// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite struct ParquetRoundTripTests {
    private func options(_ recordSize: UInt64, fillMissing: Bool = false) -> ParquetReferenceOptions {
        var options = ParquetReferenceOptions()
        options.recordSize = recordSize
        options.fillMissing = fillMissing
        return options
    }

    private func open(_ path: String) throws -> Opened {
        try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(path)
    }

    @Test(arguments: [1, 3, 4, 100_000]) func writtenSetsReadBackTheSame(recordSize: UInt64) throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let path = directory + "/out.parq"
        let count = try ParquetReferenceWriter(options: options(recordSize), codecs: ParquetSamples.codecs)
            .write(dataset, to: path)
        // 8 of tas, time, scalar, 9 of nine, 819 of ten, 4 of deep.
        #expect(count == 842)
        let opened = try open(path)
        #expect(opened.recordSize == recordSize)
        #expect(opened.issues.isEmpty)
        #expect(opened.dataset.root.attributes == ["title": "all kinds of arrays"])
        #expect(try ParquetSamples.content(opened.dataset) == ParquetSamples.content(dataset))
        #expect(Set(try Platform.list(directory)) == ["out.parq"])
    }

    @Test func partitionsWithoutChunksHaveFilesForFsspecToList() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/out.parq"
        try ParquetReferenceWriter(options: options(4), codecs: ParquetSamples.codecs)
            .write(try ParquetSamples.variety(in: directory), to: path)
        #expect(try Platform.list(path + "/nowhere") == ["refs.0.parq"])
        #expect(!Platform.exists(path + "/empty"))
        #expect(try Platform.list(path + "/nine") == ["refs.0.parq", "refs.1.parq", "refs.2.parq"])
        #expect(try Platform.list(path + "/a/b/deep") == ["refs.0.parq"])
    }

    @Test func stampsOfSourcesComeBack() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/out.parq"
        try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
            .write(try ParquetSamples.variety(in: directory), to: path)
        let sources = try open(path).dataset.sources.sources
        #expect(
            sources == [
                .init(url: directory + "/first.bin", stamp: SourceStamp(size: 80_000, modificationTime: 7))
            ])
    }

    @Test func anExistingSetIsReplacedOnlyWhenAsked() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/out.parq"
        let dataset = try ParquetSamples.variety(in: directory)
        let writer = ParquetReferenceWriter(options: options(4), codecs: ParquetSamples.codecs)
        try writer.write(dataset, to: path)
        #expect(throws: KerchunkError.self) { try writer.write(dataset, to: path) }
        try ParquetReferenceWriter(options: options(3), codecs: ParquetSamples.codecs)
            .write(dataset, to: path, overwrite: true)
        #expect(try open(path).recordSize == 3)
        #expect(Set(try Platform.list(directory)) == ["out.parq"])
    }

    @Test func aDirectoryThatIsNoReferenceSetIsNeverReplaced() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        try ParquetSamples.write([1], to: directory + "/precious")
        #expect(throws: KerchunkError.self) {
            try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
                .write(try ParquetSamples.variety(in: directory), to: directory, overwrite: true)
        }
        #expect(Platform.exists(directory + "/precious"))
    }

    @Test func aSetIsConvertedOntoItself() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/out.parq"
        let dataset = try ParquetSamples.variety(in: directory)
        try ParquetReferenceWriter(options: options(4), codecs: ParquetSamples.codecs).write(
            dataset, to: path)
        let stale = try open(path)
        try ParquetReferenceWriter(options: options(7), codecs: ParquetSamples.codecs)
            .write(try open(path).dataset, to: path, overwrite: true)
        #expect(try ParquetSamples.content(open(path).dataset) == ParquetSamples.content(dataset))
        // A reader of the old set must not take the new one's partitions for the old ones'.
        #expect(throws: KerchunkError.self) { try ParquetSamples.content(stale.dataset) }
    }

    @Test func aFailedWriteLeavesNothing() throws {
        struct Failing: ManifestSource {
            let grid: ChunkGrid
            var preferredRun: UInt64 { 4 }
            func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
                throw KerchunkError(.network, "the line is cut")
            }
        }
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        var dataset = try ParquetSamples.variety(in: directory)
        guard case .array(var array) = dataset.root["nine"] else { return }
        array.chunks = Failing(grid: array.chunks.grid)
        dataset.root["nine"] = .array(array)
        #expect(throws: KerchunkError.self) {
            try ParquetReferenceWriter(codecs: ParquetSamples.codecs).write(
                dataset, to: directory + "/out.parq")
        }
        #expect(try Platform.list(directory).isEmpty)
    }

    @Test func namesThatLeadOutOfTheSetAreRefused() throws {
        for name in ["..", ".", "sources.json", ".zmetadata"] {
            var root = VirtualGroup()
            root[name] = .array(ParquetSamples.array([1], by: [1]) { _ in .missing })
            #expect(throws: KerchunkError.self) {
                try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
                    .write(VirtualDataset(root: root), to: "/nonexistent/never")
            }
        }
    }

    @Test(arguments: [4, 100]) func severalThreadsWriteTheSame(recordSize: UInt64) throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        var options = options(recordSize)
        options.threadCount = 4
        try ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
            .write(dataset, to: directory + "/out.parq")
        #expect(
            try ParquetSamples.content(open(directory + "/out.parq").dataset)
                == ParquetSamples.content(dataset))
    }

    @Test func missingChunksAreFilled() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        try ParquetReferenceWriter(options: options(4, fillMissing: true), codecs: ParquetSamples.codecs)
            .write(dataset, to: directory + "/out.parq")
        let content = try ParquetSamples.content(open(directory + "/out.parq").dataset)
        let fill = ParquetSamples.doubles([-1, -1])
        #expect(
            content["nowhere"]?.dropFirst() == [
                "0: inline \(fill)", "1: inline \(fill)", "2: inline \(fill)",
            ])
        #expect(content["tas"]?.count == 11)
        #expect(content["tas"]?[3] == "2: inline \(ParquetSamples.doubles(Array(repeating: -1, count: 6)))")
    }

    @Test func emptyRangesBecomeInlineBytes() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let sources = SourceTable()
        let source = sources.intern("/data.bin")
        var root = VirtualGroup()
        root["x"] = .array(ParquetSamples.array([2], by: [1]) { .range(source, ByteRange($0 * 5..<$0 * 5)) })
        try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
            .write(VirtualDataset(root: root, sources: sources), to: directory + "/out.parq")
        #expect(
            try ParquetSamples.content(open(directory + "/out.parq").dataset)["x"]?.dropFirst()
                == ["0: inline []", "1: inline []"])
    }

    /// What Python's checks read; only where they say so.
    @Test(.enabled(if: Platform.environment("KERCHUNK_PARQUET_SAMPLES") != nil))
    func samplesForOtherReadersAreWritten() throws {
        guard let directory = Platform.environment("KERCHUNK_PARQUET_SAMPLES") else { return }
        try ParquetSamples.writeData(in: directory)
        for (name, size, fills) in [
            ("small", UInt64(4), false), ("large", 100_000, false), ("filled", 4, true),
        ] {
            let dataset = try ParquetSamples.variety(in: directory, recordSize: size)
            let file = try AtomicFile("\(directory)/\(name).json", overwrite: true)
            try JSONReferenceWriter().write(dataset, to: file)
            try file.commit()
            try ParquetReferenceWriter(
                options: options(size, fillMissing: fills), codecs: ParquetSamples.codecs
            )
            .write(dataset, to: "\(directory)/\(name).parq", overwrite: true)
        }
    }

    @Test func singleRowsOfManyPagesAreTheSame() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory, recordSize: 100_000)
        try ParquetReferenceWriter(codecs: ParquetSamples.codecs).write(dataset, to: directory + "/out.parq")
        let opened = try open(directory + "/out.parq")
        guard case .array(let right) = dataset.root["pages"],
            case .array(let found) = opened.dataset.root["pages"]
        else { return }
        let manifest = try right.chunks.rows(0..<40_000)
        for position: UInt64 in [39_999, 0, 16_383, 16_384, 16_385, 32_767, 32_768, 7, 33_003, 20_000] {
            let other = try found.chunks.rows(position..<position + 1)[0]
            #expect(other == .missing ? manifest[position] == .missing : manifest[position] != .missing)
            if case .range(_, let range) = other, case .range(_, let expected) = manifest[position] {
                #expect(range == expected)
            }
        }
        let joint = try found.chunks.rows(16_000..<17_000)
        #expect(joint.presentCount == manifest.slice(16_000..<17_000).presentCount)
        #expect(try ParquetSamples.content(opened.dataset) == ParquetSamples.content(dataset))
    }
}
