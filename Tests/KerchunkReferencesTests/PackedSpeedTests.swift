// SPDX-License-Identifier: Apache-2.0
// How fast packed datasets are: only where KERCHUNK_SPEED names a directory for them.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite(.enabled(if: Platform.environment("KERCHUNK_SPEED") != nil), .serialized) struct PackedSpeedTests {
    private func timed<R>(_ what: String, count: Double, _ body: () throws -> R) rethrows -> R {
        let start = Platform.monotonicTime
        let result = try body()
        let seconds = Double(Platform.monotonicTime - start) / 1e9
        print("SPEED \(what): \(seconds * 1e6 / count) µs each, \(count / seconds / 1e6) M/s")
        return result
    }

    private static let count: UInt64 = 4_000_000

    /// One file with chunks of varying length, files of a few chunks each, and one where neighbours lie anywhere.
    @Test(arguments: ["contiguous", "alternating", "scattered"]) func chunks(_ kind: String) throws {
        let count = Self.count
        let original = try dataset([count], urls: (0..<5000).map { "s3://bucket/some/prefix/\($0).nc" }) {
            builder in
            var offset: UInt64 = 4096
            for position in 0..<count {
                let noise = position &* 0x9E37_79B9_7F4A_7C15
                let length = 100_000 + noise >> 50
                switch kind {
                case "contiguous": builder.set(position, source: firstSource, offset: offset, length: length)
                case "alternating":
                    builder.set(
                        position, source: SourceIndex(row: UInt32(position % 5000)),
                        offset: 4096 + position / 5000 * 100_000, length: length)
                default:
                    builder.set(
                        position, source: SourceIndex(row: UInt32(noise >> 54)), offset: noise >> 30,
                        length: length)
                }
                offset += length
            }
        }
        var bytes: [UInt8] = []
        for level in [1, -1, -5] {
            let output = MemoryUpload()
            _ = try timed("pack \(kind), level \(level)", count: Double(count)) {
                try PackedDatasetWriter(codecs: ParquetSamples.codecs, compressionLevel: level).write(
                    original, to: output)
            }
            print("SPEED size \(Double(output.bytes.count) / Double(count)) bytes a chunk")
            if level == 1 { bytes = output.bytes }
        }
        let set = try PackedDataset(MemorySource(Bytes(bytes)), codecs: ParquetSamples.codecs)
        guard case .array(let array)? = set.dataset.root["a"] else { return }
        for _ in 0..<2 {
            try timed("read all of \(kind) by its runs", count: Double(count)) {
                var present = 0
                try array.chunks.forEachRun { present += $1.presentCount }
                #expect(present == Int(count))
            }
        }
        _ = try timed("read all of \(kind) at once", count: Double(count)) {
            try array.chunks.rows(0..<count)
        }
        try timed("neighbouring runs of 100 of \(kind)", count: 40_000) {
            for start in 0..<UInt64(40_000) { _ = try array.chunks.rows(start * 100..<start * 100 + 100) }
        }
    }

    @Test func opening() throws {
        var original = try dataset([10_000]) { builder in
            for position in 0..<UInt64(10_000) {
                builder.set(position, source: firstSource, offset: position * 1000, length: 1000)
            }
        }
        guard case .array(var array)? = original.root["a"] else { return }
        array.attributes = [
            "units": "K", "long_name": "near-surface air temperature", "standard_name": "air_temperature",
            "cell_methods": "area: time: mean", "coordinates": "lat lon height", "_FillValue": 1e20,
            "missing_value": 1e20, "history": "made by a model, then changed by a tool, then by another one",
        ]
        array.dimensionNames = ["time"]
        array.codecs = [CodecSpec("shuffle", ["elementsize": 8]), CodecSpec("zlib", ["level": 3])]
        array.hasCompressor = true
        original.root = VirtualGroup(attributes: array.attributes)
        for index in 0..<10 { original.root["variable_\(index)"] = .array(array) }
        let path = (Platform.environment("KERCHUNK_SPEED") ?? "/tmp") + "/ten.packed"
        let output = MemoryUpload()
        try timed("pack ten of 10,000", count: 200) {
            for _ in 0..<200 {
                try PackedDatasetWriter(codecs: ParquetSamples.codecs).write(original, to: MemoryUpload())
            }
        }
        try PackedDatasetWriter(codecs: ParquetSamples.codecs).write(original, to: output)
        try ParquetSamples.write(output.bytes, to: path)
        print("SPEED size \(output.bytes.count)")
        let reader = try PackedDatasetReader(codecs: ParquetSamples.codecs) {
            try LocalFile(path + String($0.suffix(0)))
        }
        let sets = try timed("open ten variables", count: 5000) {
            try (0..<5000).map { try reader.open("\($0)") }
        }
        try timed("read 10,000 of one set each", count: 5000 * 1e4) {
            for set in sets {
                guard case .array(let array)? = set.dataset.root["variable_3"] else { continue }
                _ = try array.chunks.rows(0..<10_000)
            }
        }
    }
}
