// SPDX-License-Identifier: Apache-2.0
// Rates, printed; run with KERCHUNK_SPEED=1 in release.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite(.enabled(if: Platform.environment("KERCHUNK_SPEED") != nil))
struct SpeedTests {
    @Test func aMillionReferences() throws {
        let sample = try dataset(
            named: "temperature", [100, 100, 100], urls: ["/archive/model/output/file_2020.nc"]
        ) {
            for position in 0..<UInt64(1_000_000) {
                $0.set(position, source: firstSource, offset: 4096 + 8005 * position, length: 8005)
            }
        }
        let path = "/tmp/kerchunk-speed-\(Platform.processID).json"
        defer { Platform.remove(path) }
        for _ in 0..<5 {
            let start = Platform.monotonicTime
            let file = try AtomicFile(path, overwrite: true)
            try JSONReferenceWriter().write(sample, to: file)
            try file.commit()
            let end = Platform.monotonicTime
            let text = try LocalFile(path).read(ByteRange(0..<Platform.status(path).size))
            let loaded = Platform.monotonicTime
            let read = try JSONReferenceReader().read(text)
            let done = Platform.monotonicTime
            #expect(read.issues.isEmpty)
            print(
                "\(text.count) bytes: written in \((end - start) / 1_000_000) ms, parsed in \((done - loaded) / 1_000_000) ms"
            )
        }
    }
}
