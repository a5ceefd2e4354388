// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite struct ParquetStreamTests {
    private let codecs = ParquetSamples.codecs

    private func stream(
        _ dataset: VirtualDataset, _ path: String, bufferSize: Int = 1 << 20, fillMissing: Bool = false
    ) throws -> ParquetReferenceStream {
        var options = ParquetReferenceOptions()
        options.recordSize = 4
        options.bufferSize = bufferSize
        options.fillMissing = fillMissing
        let stream = try ParquetReferenceStream(
            path, sources: dataset.sources, options: options, codecs: codecs)
        try dataset.root.forEachArray { path, array in try stream.add(array, at: path) }
        return stream
    }

    /// Forwards, backwards, and jumping between partitions, with memory for all of them, for few and for one.
    @Test(arguments: [1 << 20, 300, 1], [1, -1, 7]) func chunksMayComeInAnyOrder(bufferSize: Int, step: Int)
        throws
    {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq", bufferSize: bufferSize)
        var count: UInt64 = 0
        try dataset.root.forEachArray { path, array in
            let positions = array.chunks.grid.count
            let manifest = try array.chunks.rows(0..<positions)
            for index in 0..<positions {
                // 7 is no divisor of any grid here, so all positions come.
                let position = step == -1 ? positions - 1 - index : index * UInt64(step) % positions
                count += manifest[position] == .missing ? 0 : 1
                try stream.append(manifest[position], to: path, at: position)
            }
        }
        #expect(try stream.finish(dataset.root) == count)
        let opened = try ParquetReferenceReader(codecs: codecs).read(directory + "/out.parq")
        #expect(try ParquetSamples.content(opened.dataset) == ParquetSamples.content(dataset))
    }

    @Test func manifestsMayComeWhole() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq", fillMissing: true)
        try dataset.root.forEachArray { path, array in
            let half = array.chunks.grid.count / 2
            try stream.append(try array.chunks.rows(half..<array.chunks.grid.count), to: path, from: half)
            try stream.flush()
            try stream.append(try array.chunks.rows(0..<half), to: path, from: 0)
        }
        #expect(try stream.finish(dataset.root) == 842)
        let opened = try ParquetReferenceReader(codecs: codecs).read(directory + "/out.parq")
        let content = try ParquetSamples.content(opened.dataset)
        #expect(content["nowhere"]?.count == 4)
        #expect(content["ten"]?.count == 1025)
        #expect(content["nine"] == (try ParquetSamples.content(dataset))["nine"])
    }

    @Test func laterChunksReplaceEarlierOnes() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq")
        for round in 0..<3 {
            for position in 0..<UInt64(9) {
                try stream.append(.inline([UInt8(round)]), to: "nine", at: position)
            }
        }
        try stream.append(.missing, to: "nine", at: 8)
        #expect(try stream.finish(dataset.root) == 8)
        let opened = try ParquetReferenceReader(codecs: codecs).read(directory + "/out.parq")
        #expect(
            try ParquetSamples.content(opened.dataset)["nine"]?.dropFirst()
                == (0..<8).map { "\($0): inline [2]" }[...])
    }

    @Test func wholePartitionsMayBeWritten() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq")
        guard case .array(let nine) = dataset.root["nine"] else { return }
        for index in 0..<UInt64(3) {
            try stream.writePartition(
                index, of: "nine", try nine.chunks.rows(4 * index..<min(9, 4 * index + 4)))
        }
        #expect(throws: KerchunkError.self) {
            try stream.writePartition(3, of: "nine", try nine.chunks.rows(0..<4))
        }
        #expect(try stream.finish(dataset.root) == 9)
    }

    @Test func nothingIsThereBeforeTheEndNorAfterGivingUp() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq")
        try stream.append(.inline([1]), to: "nine", at: 0)
        try stream.flush()
        #expect(!Platform.exists(directory + "/out.parq"))
        stream.abort()
        #expect(try Platform.list(directory).isEmpty)
    }

    @Test func chunksOutsideOrOfUnknownArraysAreRefused() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let dataset = try ParquetSamples.variety(in: directory)
        let stream = try stream(dataset, directory + "/out.parq")
        #expect(throws: KerchunkError.self) { try stream.append(.inline([1]), to: "nine", at: 9) }
        #expect(throws: KerchunkError.self) { try stream.append(.inline([1]), to: "unknown", at: 0) }
    }
}
