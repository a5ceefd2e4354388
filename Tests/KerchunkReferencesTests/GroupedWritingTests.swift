// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Synchronization
import Testing

/// A manifest that counts what it is asked for, and says which runs suit it.
// A class because it counts.
private final class CountingManifest: ManifestSource {
    let base: any ManifestSource
    let minimumRun: UInt64
    private let asked = Mutex<[Range<UInt64>]>([])

    init(_ base: any ManifestSource, minimumRun: UInt64) {
        self.base = base
        self.minimumRun = minimumRun
    }

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { 1 }
    /// In order of position.
    var runs: [Range<UInt64>] { asked.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound } }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        asked.withLock { $0.append(positions) }
        return try base.rows(positions)
    }
}

@Suite struct GroupedWritingTests {
    private func array(_ count: UInt64) -> VirtualArray {
        ParquetSamples.array([count], by: [1]) { position in
            position % 11 == 0
                ? .missing : .range(SourceIndex(row: 0), ByteRange(position * 8..<position * 8 + 8))
        }
    }

    private func dataset(_ array: VirtualArray) -> VirtualDataset {
        var dataset = VirtualDataset()
        _ = dataset.sources.intern("/f.nc")
        dataset.root["x"] = .array(array)
        return dataset
    }

    @Test(arguments: [1, 2]) func partitionsAreReadByTheRunThatTheManifestAsksFor(threads: Int) throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let plain = array(100)
        var counted = plain
        let counting = CountingManifest(plain.chunks, minimumRun: 28)
        counted.chunks = counting
        var options = ParquetReferenceOptions()
        options.recordSize = 10
        options.threadCount = threads
        let writer = ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
        #expect(try writer.write(dataset(plain), to: directory + "/plain.parq") == 90)
        #expect(try writer.write(dataset(counted), to: directory + "/grouped.parq") == 90)
        #expect(counting.runs == [0..<30, 30..<60, 60..<90, 90..<100])
        #expect(
            try ParquetSamples.tree(directory + "/plain.parq")
                == ParquetSamples.tree(directory + "/grouped.parq"))
    }

    @Test func allPositionsAreGoneThroughByThatRunToo() throws {
        let counting = CountingManifest(array(100).chunks, minimumRun: 40)
        try counting.forEachRun { _, _ in }
        #expect(counting.runs == [0..<40, 40..<80, 80..<100])
        #expect(CountingManifest(array(1).chunks, minimumRun: .max).sequentialRun() == 8 << 20)
    }

    @Test func runsInFlightAreBoundedTogether() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        var huge = array(10)
        let counting = CountingManifest(
            MemoryManifest.empty(try #require(ChunkGrid(shape: [5_000_000]))), minimumRun: .max)
        huge.chunks = counting
        huge.shape = [5_000_000]
        var options = ParquetReferenceOptions()
        options.recordSize = 1_000_000
        options.threadCount = 2
        try ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
            .write(dataset(huge), to: directory + "/out.parq")
        #expect(counting.runs == [0..<4_000_000, 4_000_000..<5_000_000])
    }
}
