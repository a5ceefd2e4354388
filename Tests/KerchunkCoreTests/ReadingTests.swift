// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkTestKit
import Testing

@testable import KerchunkStorage

/// What reading costs; what it gives is `ByteSourceTests`' to see.
@Suite struct ReadingTests {
    private let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func expected(_ ranges: [ByteRange]) -> [Bytes] {
        ranges.map { Bytes(content[Int($0.offset)..<Int($0.end)]) }
    }

    @Test func neighboursOfWhatWasReadCostNothing() throws {
        let counting = CountingSource(MemorySource(Bytes(content)))
        let source = try ReadaheadSource(counting, block: 4096)
        _ = try source.read(ByteRange(100..<140))
        _ = try source.read(ByteRange(200..<240))
        _ = try source.read([ByteRange(300..<310), ByteRange(4000..<4096)])
        #expect(counting.batches == 1)
        _ = try source.read(ByteRange(4090..<4100))
        #expect(counting.batches == 2)
        #expect(counting.bytes == 8192)
    }

    @Test func theStartIsReadByItself() throws {
        let counting = CountingSource(MemorySource(Bytes(content)))
        let source = try ReadaheadSource(counting, block: 4096, start: 1000)
        _ = try source.read(ByteRange(0..<1000))
        #expect(try source.read(ByteRange(100..<140)) == expected([ByteRange(100..<140)])[0])
        #expect(counting.bytes == 1000)
        #expect(try source.read(ByteRange(990..<1010)) == expected([ByteRange(990..<1010)])[0])
        #expect(counting.bytes == 1000 + 4096)
        #expect(try source.read([]).isEmpty)
    }

    @Test func scatteredBatchesReadOnlyWhatIsAsked() throws {
        let counting = CountingSource(MemorySource(Bytes(content)))
        let source = try ReadaheadSource(counting, block: 4096)
        let scattered = (0..<10).map { ByteRange(UInt64($0) * 9000..<UInt64($0) * 9000 + 50) }
        #expect(try source.read(scattered) == expected(scattered))
        #expect(counting.bytes == 500)
        #expect(counting.batches == 1)
    }

    @Test func fetchesAreJoinedAcrossGaps() {
        let fetches = planFetches(
            for: [
                ByteRange(500..<600), ByteRange(0..<10), ByteRange(15..<20), ByteRange(5..<7),
                ByteRange(40..<40),
            ],
            gap: 5, limit: .max)
        #expect(fetches == [ByteRange(0..<20), ByteRange(500..<600)])
    }
}
