// SPDX-License-Identifier: Apache-2.0
// The sources of this machine keep their contract, and the suite sees those that do not.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

/// Bytes that differ from their neighbours, and between blocks.
func content(_ count: Int) -> Bytes {
    Bytes((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &+ $0 >> 16) })
}

@Suite struct ByteSourceTests {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory((Platform.environment("TMPDIR") ?? "/tmp") + "/kerchunk-sources")
    }

    private func write(_ name: String, _ bytes: Bytes) throws -> String {
        let file = try AtomicFile(directory.path + "/" + name, overwrite: false)
        try file.write(bytes.array)
        try file.commit()
        return directory.path + "/" + name
    }

    /// Below and above what is kept whole, and with a block that is not full.
    @Test(arguments: [0, 1, 100_000, 1_500_000]) func localFiles(_ count: Int) throws {
        let bytes = content(count)
        let path = try write("file", bytes)
        #expect(checkByteSource(try LocalFile(path), holds: bytes, inside: bytes) == [])
    }

    @Test(arguments: [0, 1, 100_000]) func memory(_ count: Int) throws {
        let bytes = content(count)
        #expect(checkByteSource(MemorySource(bytes), holds: bytes) == [])
        #expect(checkByteSource(MemorySource(bytes, url: "/f"), holds: bytes, inside: bytes) == [])
        #expect(checkByteSource(CountingSource(MemorySource(bytes)), holds: bytes) == [])
        #expect(checkByteSource(SlowSource(MemorySource(bytes)), holds: bytes) == [])
    }

    @Test func partsOfOthers() throws {
        let bytes = content(60_000)
        let outer = MemorySource(bytes, url: "/f")
        for window in [0..<60_000, 10_000..<50_000, 7..<8, 60_000..<60_000] as [Range<UInt64>] {
            let inner = bytes[Int(window.lowerBound)..<Int(window.upperBound)]
            let source = SubrangeSource(outer, window: ByteRange(window))
            #expect(checkByteSource(source, holds: inner, inside: bytes) == [])
            #expect(
                checkByteSource(
                    SubrangeSource(source, window: ByteRange(0..<UInt64(inner.count))), holds: inner,
                    inside: bytes)
                    == [])
        }
        #expect(checkByteSource(TruncatedSource(outer, to: 999), holds: bytes[0..<999], inside: bytes) == [])
    }

    @Test(arguments: [64, 1000, 4096, 1 << 20] as [UInt64], [0, 1000] as [UInt64])
    func readingAhead(block: UInt64, start: UInt64) throws {
        for count in [0, 1, 100_000] {
            let bytes = content(count)
            let source = try ReadaheadSource(
                MemorySource(bytes, url: "/f"), block: block, capacity: 4, start: start)
            #expect(checkByteSource(source, holds: bytes, inside: bytes, batches: 200) == [])
        }
    }

    // MARK: Faults

    /// A source with a fault.
    private struct FaultySource: ByteSource {
        enum Fault: String, CaseIterable {
            case sorts, cutsAtBlocks, givesLess, reachesBeyond, growsStale, isElsewhere, mixesThreads
        }
        let bytes: Bytes
        let fault: Fault
        private let reads = CountingSource(MemorySource([1]))

        init(_ bytes: Bytes, _ fault: Fault) {
            self.bytes = bytes
            self.fault = fault
        }

        var placement: Placement? { Placement(url: "/f", baseOffset: fault == .isElsewhere ? 1 : 0) }
        var stamp: SourceStamp {
            get throws {
                _ = try reads.read([ByteRange(0..<1)])
                return SourceStamp(eTag: fault == .growsStale ? "\(reads.batches)" : "1")
            }
        }
        func size() -> UInt64 { UInt64(bytes.count) }

        func read(_ ranges: [ByteRange]) throws -> [Bytes] {
            if fault != .reachesBeyond { try checkBounds(ranges) }
            let ranges = fault == .sorts ? ranges.sorted { $0.offset < $1.offset } : ranges
            var results = ranges.map { range -> Bytes in
                let start = min(Int(clamping: range.offset), bytes.count)
                var end = min(Int(clamping: range.end), bytes.count)
                if fault == .cutsAtBlocks { end = max(start, min(end, (start / 4096 + 1) * 4096)) }
                return bytes[start..<end]
            }
            if fault == .givesLess, results.count > 2 { results.removeLast() }
            if fault == .mixesThreads {
                // What two threads do to a buffer that they share.
                _ = try reads.read([ByteRange(0..<1)])
                if reads.batches % 50 == 0 { results = results.map { Bytes($0.array.map { ~$0 }) } }
            }
            return results
        }
    }

    @Test(arguments: [
        ("sorts", "single bytes, descending: other bytes"),
        ("cutsAtBlocks", "the whole file: 4096 bytes for 50000"),
        ("givesLess", "2 results for 3 ranges"),
        ("reachesBeyond", "1 bytes from byte 50000 of 50000: no error"),
        ("growsStale", "the stamp changes while the file does not"),
        ("isElsewhere", "the bytes do not lie at byte 1 of \"/f\""), ("mixesThreads", "other bytes"),
    ])
    func faultsAreSeen(_ name: String, _ sentence: String) throws {
        let bytes = content(50_000)
        let fault = try #require(FaultySource.Fault(rawValue: name))
        let found = checkByteSource(FaultySource(bytes, fault), holds: bytes, inside: bytes)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
    }

    @Test func wrappersThatLieAreSeen() throws {
        let bytes = content(50_000)
        let source = MemorySource(bytes)
        let truncated = checkByteSource(TruncatedSource(source, to: 49_999), holds: bytes)
        #expect(truncated.contains("size() is 49999 for a file of 50000 bytes"))
        let flipped = checkByteSource(try BitFlippingSource(source, count: 1, seed: 3), holds: bytes)
        #expect(flipped.contains { $0.hasPrefix("the whole file: other bytes") })
        let flaky = checkByteSource(FlakySource(source) { $0 == 30 }, holds: bytes)
        #expect(flaky.contains { $0.contains("the line is cut") })
        #expect(checkByteSource(FlakySource(source) { _ in false }, holds: bytes) == [])
    }
}
