// SPDX-License-Identifier: Apache-2.0
// Measurements, run by hand: KERCHUNK_SPEED=<directory> swift test -c release -Xswiftc -enable-testing \
//     --filter ParquetSpeed --no-parallel

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

/// Chunks that lie behind each other in files of `chunksPerFile`, with sizes that vary.
private struct SyntheticManifest: ManifestSource {
    let grid: ChunkGrid
    let chunksPerFile: UInt64
    let files: [SourceIndex]
    var preferredRun: UInt64 { 100_000 }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        guard let run = ChunkGrid(shape: [UInt64(positions.count)]) else { preconditionFailure("no grid") }
        var builder = ManifestBuilder(grid: run, expecting: run.count)
        for position in positions {
            let (file, place) = position.quotientAndRemainder(dividingBy: chunksPerFile)
            let (offset, length) = SyntheticManifest.range(position, place)
            builder.set(
                position - positions.lowerBound, source: files[Int(file)], offset: offset, length: length)
        }
        return builder.finish().manifest
    }

    static func range(_ position: UInt64, _ place: UInt64) -> (offset: UInt64, length: UInt64) {
        let noise = (position &* 0x9E37_79B9_7F4A_7C15) >> 48
        return (4096 + place * 65_536 + noise % 4096, 40_000 + noise % 20_000)
    }
}

@Suite(.enabled(if: Platform.environment("KERCHUNK_SPEED") != nil), .serialized) struct ParquetSpeedTests {
    private var directory: String { Platform.environment("KERCHUNK_SPEED") ?? "/tmp" }

    private func dataset(_ count: UInt64, perFile: UInt64) throws -> VirtualDataset {
        guard let grid = ChunkGrid(shape: [count]) else { preconditionFailure("no grid") }
        let sources = SourceTable()
        let files = (0..<(count / perFile)).map {
            sources.intern("s3://bucket/some/longer/prefix/file_\($0).nc")
        }
        let chunks = SyntheticManifest(grid: grid, chunksPerFile: perFile, files: files)
        var root = VirtualGroup()
        root["x"] = .array(
            VirtualArray(
                shape: [count], chunkShape: [1], dataType: .float(width: 8, .little), dimensionNames: ["x"],
                chunks: chunks))
        return VirtualDataset(root: root, sources: sources)
    }

    /// Bytes of resident memory: now, and at most.
    private func memory() -> (now: UInt64, peak: UInt64) {
        let text = String(decoding: (try? Platform.readToEnd("/proc/self/status")) ?? [], as: UTF8.self)
        func number(_ name: String) -> UInt64 {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return (line.split(separator: " ").dropLast().last.flatMap { UInt64($0) } ?? 0) / 1024
        }
        return (number("VmRSS"), number("VmHWM"))
    }

    private func timed<R>(_ what: String, _ body: () throws -> R) rethrows -> R {
        let start = Platform.monotonicTime
        let result = try body()
        let milliseconds = Double(Platform.monotonicTime - start) / 1e6
        let (now, peak) = memory()
        print("SPEED \(what): \(milliseconds) ms, \(now) MiB resident, \(peak) MiB at most")
        return result
    }

    @Test(arguments: [1, -1, -3]) func aMillionReferences(level: Int) throws {
        for perFile: UInt64 in [1000, 1_000_000] {
            var dataset = try dataset(1_000_000, perFile: perFile)
            guard case .array(var array) = dataset.root["x"] else { return }
            array.chunks = MemoryManifest(
                grid: array.chunks.grid, manifest: try array.chunks.rows(0..<1_000_000))
            dataset.root["x"] = .array(array)
            var options = ParquetReferenceOptions()
            options.compressionLevel = level
            for threads in [1, 2, 1] {
                options.threadCount = threads
                let writer = ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
                _ = try timed("write 1M, \(perFile) a file, level \(level), \(threads) threads") {
                    try writer.write(dataset, to: directory + "/million.parq", overwrite: true)
                }
            }
            let size = try LocalDirectory(directory + "/million.parq").list(prefix: "").reduce(0) {
                $0 + $1.size
            }
            print("SPEED size \(size / 1024) KiB")
            let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
                directory + "/million.parq")
            try timed("read 1M") {
                var count = 0
                try opened.dataset.root.forEachArray { _, array in
                    try array.chunks.forEachRun { count += $1.presentCount }
                }
                #expect(count == 1_000_000)
            }
        }
    }

    /// KERCHUNK_SPEED_JSON names a JSON reference set.
    @Test func jsonIsConverted() throws {
        guard let path = Platform.environment("KERCHUNK_SPEED_JSON") else { return }
        let loaded = try timed("read JSON") {
            let file = try LocalFile(path)
            return try JSONReferenceReader().read(try file.read(ByteRange(0..<file.size())))
        }
        _ = try timed("write what JSON held") {
            try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
                .write(loaded.dataset, to: directory + "/json.parq", overwrite: true)
        }
    }

    @Test func aStreamOfAMillion() throws {
        let dataset = try dataset(1_000_000, perFile: 1000)
        guard case .array(let array) = dataset.root["x"] else { return }
        try timed("stream 1M one by one") {
            let stream = try ParquetReferenceStream(
                directory + "/stream.parq", overwrite: true, sources: dataset.sources,
                codecs: ParquetSamples.codecs)
            try stream.add(array, at: "x")
            try array.chunks.forEachRun { start, manifest in
                for position in 0..<manifest.positionCount {
                    try stream.append(manifest[position], to: "x", at: start + position)
                }
            }
            #expect(try stream.finish(dataset.root) == 1_000_000)
        }
    }

    @Test func aHundredMillionAreWritten() throws {
        let path = directory + "/hundred.parq"
        if Platform.exists(path) { return }
        let dataset = try dataset(100_000_000, perFile: 100_000)
        _ = try timed("write 100M") {
            try ParquetReferenceWriter(codecs: ParquetSamples.codecs).write(dataset, to: path)
        }
    }

    @Test func aHundredMillionAreOpened() throws {
        let path = directory + "/hundred.parq"
        let opened = try timed("open 100M") {
            try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(path)
        }
        guard case .array(let array) = opened.dataset.root["x"] else { return }
        let count = array.chunks.grid.count
        try timed("100 random ones") {
            var state: UInt64 = 42
            for _ in 0..<100 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let position = (state >> 20) % count
                let (offset, length) = SyntheticManifest.range(position, position % 100_000)
                guard case .range(_, let range) = try array.chunks.rows(position..<position + 1)[0] else {
                    Issue.record("missing")
                    return
                }
                #expect(range == ByteRange(offset..<offset + length))
            }
        }
    }

    @Test func aHundredMillionAreConverted() throws {
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            directory + "/hundred.parq")
        for (size, threads) in [(UInt64(250_000), 1), (30_000, 2)] {
            var options = ParquetReferenceOptions()
            options.recordSize = size
            options.threadCount = threads
            _ = try timed("convert 100M to \(size), \(threads) threads") {
                try ParquetReferenceWriter(options: options, codecs: ParquetSamples.codecs)
                    .write(opened.dataset, to: directory + "/converted.parq", overwrite: true)
            }
        }
    }
}
