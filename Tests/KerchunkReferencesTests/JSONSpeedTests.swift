// SPDX-License-Identifier: Apache-2.0
// Measurements on a large file, run by hand: KERCHUNK_SPEED_JSON=<file.json> swift test -c release \
//     -Xswiftc -enable-testing --filter JSONSpeed --no-parallel

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite(.enabled(if: Platform.environment("KERCHUNK_SPEED_JSON") != nil), .serialized) struct JSONSpeedTests {
    private var path: String { Platform.environment("KERCHUNK_SPEED_JSON") ?? "" }

    /// MiB of resident memory: now, and at most.
    private func memory() -> String {
        let text = String(decoding: (try? Platform.readToEnd("/proc/self/status")) ?? [], as: UTF8.self)
        func number(_ name: String) -> UInt64 {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return (line.split(separator: " ").dropLast().last.flatMap { UInt64($0) } ?? 0) / 1024
        }
        return "\(number("VmRSS")) MiB resident, \(number("VmHWM")) MiB at most"
    }

    @Test func reading() throws {
        let codecs = CodecDirectory(BuiltinCompression.entries)
        let size = try Platform.status(path).size
        print("SPEED start: \(memory())")
        for _ in 0..<(Platform.environment("KERCHUNK_SPEED_ROUNDS").flatMap { Int($0) } ?? 5) {
            let start = Platform.monotonicTime
            let loaded = try JSONReferenceReader(codecs: codecs).read(try LocalFile(path))
            let time = Double(Platform.monotonicTime - start) / 1e6
            var count = 0
            try loaded.dataset.root.forEachArray { _, array in
                count += try array.chunks.rows(0..<array.chunks.grid.count).presentCount
            }
            print(
                "SPEED \(size) bytes, \(count) references, \(loaded.dataset.sources.count) sources: \(time) ms, \(Double(size) / time / 1000) MB/s, \(memory()), issues \(loaded.issues)"
            )
        }
    }

    @Test func toParquet() throws {
        let codecs = CodecDirectory(BuiltinCompression.entries)
        let output = "/tmp/kerchunk-json-speed-\(Platform.processID).parq"
        for threads in [1, 2] {
            let start = Platform.monotonicTime
            let loaded = try JSONReferenceReader(codecs: codecs).read(try LocalFile(path))
            var options = ParquetReferenceOptions()
            options.threadCount = threads
            let count = try ParquetReferenceWriter(options: options, codecs: codecs).write(
                loaded.dataset, to: output, overwrite: true)
            let time = Double(Platform.monotonicTime - start) / 1e6
            print("SPEED to Parquet, \(threads) threads: \(count) references, \(time) ms, \(memory())")
        }
    }
}
