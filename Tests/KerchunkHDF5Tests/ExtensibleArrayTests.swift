// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct ExtensibleArrayTests {
    /// An array with 1 element in its index block, data blocks of 2 elements and more, 2 pointers and more,
    /// pages of 4.
    ///
    /// Super blocks: 0 has 1 block of 2 elements, 1 has 1 of 4; both are direct. 2 has 2 of 4, 3 has 2 of 8
    /// (paged).
    private func arrayFile(elementBits: UInt8 = 8) -> IndexFixture {
        var fixture = IndexFixture(size: 2000)
        fixture.putChecked(at: 0) {
            $0.text("EAHD")
            $0.raw([0, 0, 8, elementBits, 1, 2, 2, 2])
            for statistic: UInt64 in [0, 0, 0, 0, 31, 31] { $0.uint64(statistic) }
            $0.uint64(100)
        }
        fixture.putChecked(at: 100) {
            $0.text("EAIB")
            $0.raw([0, 0])
            $0.uint64(0)
            $0.uint64(1000)  // element 0
            $0.uint64(300)  // elements 1 to 2
            $0.uint64(.max)
            // 8 super blocks in all, 6 of them with secondary blocks.
            for address: UInt64 in [400, 500, .max, .max, .max, .max] { $0.uint64(address) }
        }
        block(&fixture, at: 300, elements: [1001, .max])
        fixture.putChecked(at: 400) {
            secondaryStart(&$0, offset: 6)
            $0.uint64(.max)  // elements 7 to 10
            $0.uint64(600)  // elements 11 to 14
        }
        block(&fixture, at: 600, elements: [1011, 1012, 1013, 1014])
        fixture.putChecked(at: 500) {
            secondaryStart(&$0, offset: 14)
            $0.raw([0b0110_0000, 0])  // second page of the first block, first one of the second
            $0.uint64(700)  // elements 15 to 22
            $0.uint64(800)  // elements 23 to 30
        }
        // A paged block starts with 19 bytes: signature to offset, and a checksum.
        page(&fixture, at: 700 + 19 + 36, elements: [1019, 1020, .max, 1022])
        page(&fixture, at: 800 + 19, elements: [1023, 1024, 1025, 1026])
        return fixture
    }

    private func secondaryStart(_ builder: inout ByteBuilder, offset: UInt8) {
        builder.text("EASB")
        builder.raw([0, 0])
        builder.uint64(0)
        builder.uint8(offset)
    }

    private func block(_ fixture: inout IndexFixture, at address: Int, elements: [UInt64]) {
        fixture.putChecked(at: address) { builder in
            builder.text("EADB")
            builder.raw([0, 0])
            builder.uint64(0)
            builder.uint8(0)
            for element in elements { builder.uint64(element) }
        }
    }

    private func page(_ fixture: inout IndexFixture, at address: Int, elements: [UInt64]) {
        fixture.putChecked(at: address) { builder in
            for element in elements { builder.uint64(element) }
        }
    }

    private func dataset(_ extent: UInt64 = 31) -> DatasetHeader {
        .chunked([extent], by: [1], maximum: [nil], .extensibleArray(header: 0))
    }

    @Test func elementsLieInAllKindsOfBlocks() throws {
        let entries = try arrayFile().entries(dataset())
        #expect(
            entries.listing == [
                "0: 1000+4", "1: 1001+4", "11: 1011+4", "12: 1012+4", "13: 1013+4", "14: 1014+4",
                "19: 1019+4",
                "20: 1020+4", "22: 1022+4", "23: 1023+4", "24: 1024+4", "25: 1025+4", "26: 1026+4",
            ])
        #expect(entries.outsideCount == 0)
    }

    @Test func elementsBeyondTheExtentAreCounted() throws {
        let entries = try arrayFile().entries(dataset(13))
        #expect(entries.listing == ["0: 1000+4", "1: 1001+4", "11: 1011+4", "12: 1012+4"])
        #expect(entries.outsideCount == 9)
    }

    @Test func anUnlimitedAxisIsTheSlowestWhereverItIs() throws {
        // 3 chunks now and 4 at most along the first axis, any number along the second: element 4·column +
        // row.
        let entries = try arrayFile().entries(
            .chunked([3, 7], by: [1, 1], maximum: [4, nil], .extensibleArray(header: 0)))
        #expect(
            entries.listing == [
                // row 0: elements 0, 4, … 24; row 1: 1, 5, … 25; row 2: 2, 6, … 26
                "0: 1000+4", "3: 1012+4", "5: 1020+4", "6: 1024+4", "7: 1001+4", "10: 1013+4", "13: 1025+4",
                "17: 1014+4", "19: 1022+4", "20: 1026+4",
            ])
        // Elements 11, 19 and 23 are in the fourth row.
        #expect(entries.outsideCount == 3)
    }

    @Test func allLevelsOfTenDatasetsTakeFourReads() throws {
        let source = CountingSource(arrayFile().source())
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        let datasets = [DatasetHeader](repeating: dataset(), count: 10)
        for result in try file.chunkEntries(of: datasets) { #expect(try result.get().listing.count == 13) }
        // Header, index block, secondary blocks with the first data blocks, the others.
        #expect(source.batches == 4)
    }

    @Test func everyTruncationFails() throws {
        let bytes = arrayFile().bytes
        for length in stride(from: 0, to: 1030, by: 1) {
            let file = HDF5File(
                source: MemorySource(Bytes(bytes[..<length])), sizes: FieldSizes(), baseAddress: 0)
            #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [dataset()])[0].get() }
        }
    }

    @Test func flippedBitsFailOrChangeNothing() throws {
        let fixture = arrayFile()
        let expected = try fixture.entries(dataset()).listing
        for position in fixture.bytes.indices {
            var flipped = fixture.bytes
            flipped[position] ^= 0x21
            let file = HDF5File(source: MemorySource(Bytes(flipped)), sizes: FieldSizes(), baseAddress: 0)
            if let entries = try? file.chunkEntries(of: [dataset()])[0].get() {
                #expect(entries.listing == expected)
            }
        }
    }

    @Test func lyingHeadersAreRefused() throws {
        // Geometry of up to 2^64 elements must neither trap nor reserve memory.
        for bits in UInt8.min...UInt8.max {
            let entries = try? arrayFile(elementBits: bits).entries(dataset())
            #expect(entries == nil || bits == 8)
        }
    }
}
