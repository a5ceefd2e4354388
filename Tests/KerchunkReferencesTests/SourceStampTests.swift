// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReading
import KerchunkStorage
import Synchronization
import Testing

@Suite struct SourceStampTests {
    private let recorded = SourceStamp(size: 5, eTag: "\"x\"", modificationTime: 86_400_000_000_000)

    @Test func sizesCountFirst() {
        #expect(
            recorded.change(to: SourceStamp(size: 6, eTag: "\"x\"")) == "6 bytes, but 5 when it was scanned")
    }

    @Test func tagsCountBeforeTimes() {
        #expect(recorded.change(to: SourceStamp(size: 5, eTag: "\"x\"", modificationTime: 1)) == nil)
        #expect(
            recorded.change(to: SourceStamp(size: 5, eTag: "\"y\"", modificationTime: 86_400_000_000_000))
                == "ETag \"y\", but \"x\" when it was scanned")
        for same in ["x", "W/\"x\""] { #expect(recorded.change(to: SourceStamp(eTag: same)) == nil) }
    }

    @Test func timesCountWhereATagIsMissing() {
        #expect(
            recorded.change(to: SourceStamp(size: 5, modificationTime: 500_000_000))
                == "modified at 1970-01-01T00:00:00.500000 UTC, but at 1970-01-02 UTC when it was scanned")
    }

    @Test func whatIsNotKnownIsNoChange() {
        #expect(recorded.change(to: SourceStamp()) == nil)
        #expect(SourceStamp().change(to: recorded) == nil)
    }
}

/// A file that changes when it is read for the second time.
private final class RestlessSource: ByteSource {
    private let reads = Mutex(0)
    var placement: Placement? { Placement(url: "/f") }
    var stamp: SourceStamp { SourceStamp(size: 4, modificationTime: 1) }
    var currentStamp: SourceStamp {
        SourceStamp(size: 4, modificationTime: reads.withLock { $0 } > 1 ? 2 : 1)
    }
    func size() -> UInt64 { 4 }
    func read(_ ranges: [ByteRange]) -> [Bytes] {
        reads.withLock { $0 += 1 }
        return ranges.map { Bytes([UInt8](repeating: 7, count: Int($0.count))) }
    }
}

@Suite struct SourceReaderTests {
    private func table(_ stamp: SourceStamp) -> (SourceTable, ChunkLocation) {
        let table = SourceTable()
        return (table, .range(table.intern("/f", stamp: stamp), ByteRange(0..<2)))
    }

    @Test func aFileThatChangesWhileItIsReadIsAnError() throws {
        let source = RestlessSource()
        let reader = SourceReader { _ in source }
        let (sources, chunk) = table(SourceStamp(size: 4, modificationTime: 1))
        #expect(try reader.bytes([chunk], of: sources) == [Bytes([7, 7])])
        let error = try #require(throws: KerchunkError.self) { try reader.bytes([chunk], of: sources) }
        #expect(error.kind == .changed)
        #expect(error.url == "/f")
    }

    @Test func whatIsNotRecordedOrNotAskedForIsNotCompared() throws {
        let source = RestlessSource()
        let other = table(SourceStamp(size: 9))
        #expect(throws: KerchunkError.self) { try SourceReader { _ in source }.bytes([other.1], of: other.0) }
        _ = try SourceReader(checksStamps: false) { _ in source }.bytes([other.1], of: other.0)
        let bare = table(SourceStamp())
        _ = try SourceReader { _ in source }.bytes([bare.1], of: bare.0)
    }
}
