// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

extension ByteBuilder {
    /// The start of a node of chunks.
    mutating func node(level: UInt8, count: UInt16) {
        text("TREE")
        uint8(1)
        uint8(level)
        uint16(count)
        uint64(.max)
        uint64(.max)
    }

    /// A key with the offsets of a chunk's first element.
    mutating func key(_ offsets: [UInt64], size: UInt32, mask: UInt32 = 0) {
        uint32(size)
        uint32(mask)
        for offset in offsets { uint64(offset) }
        uint64(0)
    }
}

@Suite struct ChunkBTreeTests {
    /// A leaf of the chunks of a 5 × 6 dataset in chunks of 2 × 4: one is missing, one lies outside.
    private func leafFile() -> IndexFixture {
        var fixture = IndexFixture(size: 4096)
        fixture.put(at: 96) {
            $0.node(level: 0, count: 5)
            $0.key([0, 0], size: 30)
            $0.uint64(1000)
            $0.key([0, 4], size: 31, mask: 1)
            $0.uint64(1100)
            $0.key([2, 4], size: 33)
            $0.uint64(1200)
            $0.key([4, 0], size: 34)
            $0.uint64(1300)
            $0.key([6, 0], size: 35)
            $0.uint64(1400)
            $0.key([8, 0], size: 0)
        }
        return fixture
    }

    private func dataset(root: UInt64 = 96) -> DatasetHeader {
        .chunked([5, 6], by: [2, 4], isFiltered: true, .btreeV1(root: root))
    }

    @Test func aLeafGivesPlacesMasksAndWhatLiesOutside() throws {
        let entries = try leafFile().entries(dataset())
        #expect(entries.manifest.grid.shape == [3, 2])
        #expect(entries.listing == ["0: 1000+30", "1: 1100+31", "3: 1200+33", "4: 1300+34"])
        #expect(entries.commonMask == 0)
        #expect(entries.deviatingMasks == [ChunkEntries.DeviatingMask(position: 1, mask: 1)])
        #expect(entries.outsideCount == 1)
    }

    @Test func unfilteredChunksHaveTheSizeOfAChunk() throws {
        let entries = try leafFile().entries(.chunked([5, 6], by: [2, 4], .btreeV1(root: 96)))
        #expect(entries.listing == ["0: 1000+32", "1: 1100+32", "3: 1200+32", "4: 1300+32"])
    }

    @Test func everyTruncationOfTheFileFails() throws {
        let bytes = leafFile().bytes
        for length in 0..<1334 {
            let file = HDF5File(
                source: MemorySource(Bytes(bytes[..<length])), sizes: FieldSizes(), baseAddress: 0)
            #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [dataset()])[0].get() }
        }
    }

    @Test func offsetsAreThoseOfTheFileAsItWasOpened() throws {
        var fixture = IndexFixture(size: 4096)
        fixture.put(at: 512 + 96) {
            $0.node(level: 0, count: 1)
            $0.key([0, 0], size: 30)
            $0.uint64(1000)
            $0.key([8, 0], size: 0)
        }
        let outer = MemorySource(
            Bytes([UInt8](repeating: 0, count: 10_000) + fixture.bytes), url: "archive.tar")
        let member = SubrangeSource(outer, window: ByteRange(10_000..<14_096))
        let file = HDF5File(source: member, sizes: FieldSizes(), baseAddress: 512)
        #expect(try file.chunkEntries(of: [dataset()])[0].get().listing == ["0: 1512+30"])
    }

    @Test func aChunkBeyondTheEndIsNamed() throws {
        var fixture = IndexFixture(size: 1029)
        fixture.put(at: 96) {
            $0.node(level: 0, count: 1)
            $0.key([0, 0], size: 30)
            $0.uint64(1000)
        }
        let error = #expect(throws: KerchunkError.self) { try fixture.entries(dataset()) }
        #expect(error?.kind == .malformed)
        #expect(error?.offset == 1000)
    }

    /// `leafCount` leaves of two chunks of one element below nodes of ten children, one dataset with one
    /// axis.
    private func treeFile(leafCount: Int, depth: Int, at start: Int) -> (IndexFixture, root: UInt64) {
        var fixture = IndexFixture(size: start + 200_000)
        var next = start
        var level = (0..<leafCount).map { leaf in
            let address = next
            fixture.put(at: address) { builder in
                builder.node(level: 0, count: 2)
                for chunk in [2 * leaf, 2 * leaf + 1] {
                    builder.key([UInt64(chunk)], size: 4)
                    builder.uint64(UInt64(chunk))
                }
                builder.key([UInt64(2 * leaf + 2)], size: 0)
            }
            next += 200
            return address
        }
        for height in 1..<depth {
            let children = level
            level = stride(from: 0, to: children.count, by: 10).map { first in
                let members = children[first..<min(first + 10, children.count)]
                let address = next
                fixture.put(at: address) { builder in
                    builder.node(level: UInt8(height), count: UInt16(members.count))
                    for child in members {
                        builder.key([0], size: 4)
                        builder.uint64(UInt64(child))
                    }
                    builder.key([0], size: 0)
                }
                next += 1000
                return address
            }
        }
        return (fixture, UInt64(level[0]))
    }

    @Test func threeLevelsOfTenDatasetsTakeThreeReads() throws {
        let (fixture, root) = treeFile(leafCount: 100, depth: 3, at: 0)
        let source = CountingSource(fixture.source())
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        let datasets = [DatasetHeader](
            repeating: .chunked([200], by: [1], .btreeV1(root: root)), count: 10)
        for result in try file.chunkEntries(of: datasets) {
            let entries = try result.get()
            #expect(entries.manifest.manifest.presentCount == 200)
            #expect(entries.manifest.manifest[123] == .range(SourceIndex(row: 0), ByteRange(123..<127)))
        }
        #expect(source.batches == 3)
    }

    @Test func wideLevelsAreCutIntoBatches() throws {
        let (fixture, root) = treeFile(leafCount: 100, depth: 3, at: 0)
        let source = CountingSource(fixture.source())
        var limits = ScanLimits()
        limits.batch = 100_000
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0, limits: limits)
        let dataset = DatasetHeader.chunked([200], by: [1], .btreeV1(root: root))
        #expect(try file.chunkEntries(of: [dataset])[0].get().manifest.manifest.presentCount == 200)
        // 100 leaves of 2096 bytes: three batches.
        #expect(source.batches == 5)
        #expect(source.ranges == 111)
    }

    @Test func nodesWithMoreChildrenThanExpectedAreReadAgain() throws {
        var fixture = IndexFixture(size: 8192)
        fixture.put(at: 0) { builder in
            builder.node(level: 0, count: 100)
            for chunk in 0..<100 {
                builder.key([UInt64(chunk)], size: 4)
                builder.uint64(UInt64(chunk))
            }
        }
        let entries = try fixture.entries(.chunked([100], by: [1], .btreeV1(root: 0)))
        #expect(entries.manifest.manifest.presentCount == 100)
    }

    @Test func aCycleEnds() throws {
        var fixture = IndexFixture(size: 8192)
        fixture.put(at: 0) {
            $0.node(level: 1, count: 1)
            $0.key([0], size: 4)
            $0.uint64(0)
        }
        let error = #expect(throws: KerchunkError.self) {
            try fixture.entries(.chunked([100], by: [1], .btreeV1(root: 0)))
        }
        #expect(error?.message == "malformed chunk B-tree: the node is reached twice")
    }

    @Test func aChildMustBeOneLevelBelow() throws {
        var fixture = IndexFixture(size: 8192)
        fixture.put(at: 0) {
            $0.node(level: 2, count: 1)
            $0.key([0], size: 4)
            $0.uint64(4096)
        }
        fixture.put(at: 4096) { $0.node(level: 0, count: 0) }
        let error = #expect(throws: KerchunkError.self) {
            try fixture.entries(.chunked([100], by: [1], .btreeV1(root: 0)))
        }
        #expect(error?.message == "malformed chunk B-tree node: level 0 below level 2")
    }

    @Test func chunksListedTwiceAreRefused() throws {
        var fixture = IndexFixture(size: 8192)
        fixture.put(at: 0) {
            $0.node(level: 0, count: 2)
            $0.key([3], size: 4)
            $0.uint64(100)
            $0.key([3], size: 4)
            $0.uint64(200)
        }
        for extent: UInt64 in [100, 1 << 40] {
            let error = #expect(throws: KerchunkError.self) {
                try fixture.entries(.chunked([extent], by: [1], .btreeV1(root: 0)))
            }
            #expect(error?.message == "malformed chunk index: 1 of 2 chunks are listed twice")
        }
    }

    @Test func chunksThatStartBetweenChunksAreRefused() throws {
        var fixture = IndexFixture(size: 8192)
        fixture.put(at: 0) {
            $0.node(level: 0, count: 1)
            $0.key([3], size: 4)
            $0.uint64(100)
        }
        #expect(throws: KerchunkError.self) {
            try fixture.entries(.chunked([100], by: [2], .btreeV1(root: 0)))
        }
    }

    @Test func troubleOfOneDatasetStaysItsOwn() throws {
        let good = dataset()
        let bad = dataset(root: 2000)
        let far = dataset(root: 1 << 50)
        let results = try leafFile().file().chunkEntries(of: [good, bad, far, good])
        #expect(try results[0].get().listing.count == 4)
        #expect(throws: KerchunkError.self) { try results[1].get() }
        #expect(throws: KerchunkError.self) { try results[2].get() }
        #expect(try results[3].get().listing.count == 4)
    }

    @Test func theMostFrequentMaskIsTheCommonOne() throws {
        var fixture = IndexFixture(size: 4096)
        fixture.put(at: 0) { builder in
            builder.node(level: 0, count: 5)
            for (chunk, mask) in [(0, 7), (1, 3), (2, 3), (3, 7), (4, 3)] {
                builder.key([UInt64(chunk)], size: 4, mask: UInt32(mask))
                builder.uint64(UInt64(chunk))
            }
        }
        let entries = try fixture.entries(.chunked([5], by: [1], isFiltered: true, .btreeV1(root: 0)))
        #expect(entries.commonMask == 3)
        #expect(
            entries.deviatingMasks == [
                ChunkEntries.DeviatingMask(position: 0, mask: 7),
                ChunkEntries.DeviatingMask(position: 3, mask: 7),
            ])
    }

    @Test func cancellationIsAskedForBeforeEachBatch() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let file = HDF5File(
            source: leafFile().source(), sizes: FieldSizes(), baseAddress: 0, cancellation: cancellation)
        let error = #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [dataset()]) }
        #expect(error?.kind == .cancelled)
    }
}
