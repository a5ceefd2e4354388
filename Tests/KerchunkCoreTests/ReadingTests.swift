// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkTestKit
import Testing

@testable import KerchunkStorage

@Suite struct ReadingTests {
    private let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    private func expected(_ ranges: [ByteRange]) -> [Bytes] {
        ranges.map { Bytes(content[Int($0.offset)..<Int($0.end)]) }
    }

    /// Neighbours, overlaps, repetitions, empty ranges, in any order.
    private let ranges: [ByteRange] = [
        ByteRange(50_000..<50_010), ByteRange(10..<20), ByteRange(0..<15), ByteRange(10..<20),
        ByteRange(99_990..<100_000),
        ByteRange(70..<70), ByteRange(30_000..<60_000), ByteRange(40_000..<40_001),
        ByteRange(100_000..<100_000),
    ]

    @Test func localFilesGiveEachRangeOfABatch() throws {
        let path = Platform.environment("TMPDIR").map { $0 + "/" } ?? "/tmp/"
        let name = path + "kerchunk-reading-\(Platform.processID)"
        let output = try Platform.File(name, .create)
        defer { Platform.remove(name) }
        try unsafe Bytes(content).withUnsafeBytes { (bytes) throws(KerchunkError) in
            try unsafe output.write(bytes)
        }
        let file = try LocalFile(name)
        #expect(try file.read(ranges) == expected(ranges))
        #expect(try file.read(ByteRange(3..<9)) == Bytes(content[3..<9]))
        #expect(try file.read([]) == [])
        #expect(throws: KerchunkError.self) { try file.read(ByteRange(99_999..<100_001)) }
    }

    @Test(arguments: [64 as UInt64, 1000, 4096, 1 << 20])
    func readaheadGivesWhatTheSourceGives(block: UInt64) throws {
        let source = try ReadaheadSource(MemorySource(Bytes(content)), block: block, capacity: 4)
        #expect(try source.read(ranges) == expected(ranges))
        for range in ranges { #expect(try source.read(range) == expected([range])[0]) }
        var state: UInt64 = 7
        for _ in 0..<300 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let start = state >> 33 % 99_000
            let batch = (0..<3).map { ByteRange(start + $0 * 100..<start + $0 * 100 + state >> 50 % 700) }
            #expect(try source.read(batch) == expected(batch))
        }
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
