// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct FixedArrayTests {
    private func header(
        _ builder: inout ByteBuilder, client: UInt8 = 0, elementSize: UInt8 = 8, pageBits: UInt8 = 10,
        count: UInt64,
        block: UInt64
    ) {
        builder.text("FAHD")
        builder.raw([0, client, elementSize, pageBits])
        builder.uint64(count)
        builder.uint64(block)
    }

    private func blockStart(_ builder: inout ByteBuilder, client: UInt8 = 0) {
        builder.text("FADB")
        builder.raw([0, client])
        builder.uint64(0)
    }

    /// Four filtered elements without pages: sizes of two bytes.
    private func filteredFile() -> IndexFixture {
        var fixture = IndexFixture(size: 1000)
        fixture.putChecked(at: 0) { header(&$0, client: 1, elementSize: 14, count: 4, block: 100) }
        fixture.putChecked(at: 100) {
            blockStart(&$0, client: 1)
            for (address, size, mask) in [(500, 20, 0), (UInt64.max, 0, 0), (520, 300, 1), (10, 7, 0)] {
                $0.uint64(address)
                $0.uint16(UInt16(size))
                $0.uint32(UInt32(mask))
            }
        }
        return fixture
    }

    private let filtered = DatasetHeader.chunked(
        [4, 6], by: [2, 3], isFiltered: true, .fixedArray(header: 0))

    @Test func filteredElementsHaveSizeAndMask() throws {
        let entries = try filteredFile().entries(filtered)
        #expect(entries.listing == ["0: 500+20", "2: 520+300", "3: 10+7"])
        #expect(entries.deviatingMasks == [ChunkEntries.DeviatingMask(position: 2, mask: 1)])
    }

    @Test func everyTruncationAndBitFlipOfTheStructuresFails() throws {
        let bytes = filteredFile().bytes
        for length in 0..<820 {
            let source = MemorySource(Bytes(bytes[..<length]))
            let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
            #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [filtered])[0].get() }
        }
        for position in Array(0..<28) + Array(100..<174) {
            var flipped = bytes
            flipped[position] ^= 0x10
            let file = HDF5File(source: MemorySource(Bytes(flipped)), sizes: FieldSizes(), baseAddress: 0)
            #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [filtered])[0].get() }
        }
    }

    /// 11 elements in pages of 4, of which the second was never written; the grid counts the largest extents.
    private func pagedFile(count: UInt64 = 11) -> IndexFixture {
        var fixture = IndexFixture(size: 1000)
        fixture.putChecked(at: 0) { header(&$0, pageBits: 2, count: count, block: 100) }
        fixture.putChecked(at: 100) {
            blockStart(&$0)
            $0.uint8(0b1010_0000)
        }
        for (page, elements) in [(0, 0..<4), (2, 8..<11)] {
            fixture.putChecked(at: 119 + 36 * page) { builder in
                for element in elements { builder.uint64(UInt64(300 + 10 * element)) }
            }
        }
        return fixture
    }

    @Test func pagesNeverWrittenAreMissing() throws {
        let entries = try pagedFile().entries(.chunked([11], by: [1], .fixedArray(header: 0)))
        #expect(
            entries.listing == [
                "0: 300+4", "1: 310+4", "2: 320+4", "3: 330+4", "8: 380+4", "9: 390+4", "10: 400+4",
            ])
    }

    @Test func elementsCountTheLargestExtents() throws {
        // 3 × 2 chunks now, 3 × 4 at most: elements 0, 1, 4, 5, 8, 9 are inside.
        let entries = try pagedFile().entries(
            .chunked([3, 2], by: [1, 1], maximum: [3, 4], .fixedArray(header: 0)))
        #expect(entries.listing == ["0: 300+4", "1: 310+4", "4: 380+4", "5: 390+4"])
        #expect(entries.outsideCount == 3)
    }

    @Test func smallBlocksTakeTwoReadsLargeOnesThree() throws {
        let source = CountingSource(pagedFile().source())
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        let dataset = DatasetHeader.chunked([11], by: [1], .fixedArray(header: 0))
        for result in try file.chunkEntries(of: [dataset, dataset, dataset]) { _ = try result.get() }
        #expect(source.batches == 2)

        let large = CountingSource(largeFile().source())
        let largeDataset = DatasetHeader.chunked([20_000], by: [1], .fixedArray(header: 0))
        let entries = try HDF5File(source: large, sizes: FieldSizes(), baseAddress: 0)
            .chunkEntries(of: [largeDataset, largeDataset])
        #expect(
            try entries[1].get().manifest.manifest[19_999]
                == .range(SourceIndex(row: 0), ByteRange(19_999..<20_003)))
        #expect(try entries[0].get().manifest.manifest.presentCount == 20_000 - 1024)
        #expect(large.batches == 3)
    }

    /// 20,000 elements in pages of 1024; the third page was never written.
    private func largeFile() -> IndexFixture {
        var fixture = IndexFixture(size: 200_000)
        fixture.putChecked(at: 0) { header(&$0, count: 20_000, block: 100) }
        fixture.putChecked(at: 100) {
            blockStart(&$0)
            $0.raw([0b1101_1111, 0xFF, 0b1111_0000])
        }
        for page in 0..<20 {
            fixture.putChecked(at: 121 + 8196 * page) { builder in
                for element in 1024 * page..<min(1024 * (page + 1), 20_000) {
                    builder.uint64(UInt64(element))
                }
            }
        }
        return fixture
    }

    @Test func moreElementsThanTheFileHasRoomForAreRefused() {
        for count: UInt64 in [200, 1 << 47, .max] {
            let fixture = pagedFile(count: count)
            #expect(throws: KerchunkError.self) {
                try fixture.entries(.chunked([11], by: [1], .fixedArray(header: 0)))
            }
        }
    }

    @Test func arraysWithoutDataBlockHaveNoChunks() throws {
        var fixture = IndexFixture(size: 100)
        fixture.putChecked(at: 0) { header(&$0, count: 4, block: .max) }
        #expect(try fixture.entries(.chunked([4], by: [1], .fixedArray(header: 0))).listing.isEmpty)
    }
}
