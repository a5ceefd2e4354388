// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct UnindexedTests {
    private let fixture = IndexFixture(size: 1000)

    @Test func contiguousDataHasTheSizeOfTheDataspace() throws {
        // The size in the message is not used.
        let entries = try fixture.entries(.plain([3, 5], .contiguous(address: 100, size: 7)))
        #expect(entries.manifest.grid.shape == [1, 1])
        #expect(entries.listing == ["0: 100+60"])
    }

    @Test func scalarsHaveAGridWithoutAxes() throws {
        let entries = try fixture.entries(.plain([], .contiguous(address: 100, size: nil)))
        #expect(entries.manifest.grid == ChunkGrid.scalar)
        #expect(entries.listing == ["0: 100+4"])
        #expect(
            try fixture.entries(.plain([], .compact(bytes: [1, 2, 3, 4]))).listing == ["0: [1, 2, 3, 4]"])
    }

    @Test func dataNeverWrittenIsMissing() throws {
        #expect(try fixture.entries(.plain([3], .contiguous(address: nil, size: 12))).listing.isEmpty)
        for index: ChunkIndex in [
            .btreeV1(root: nil), .single(address: nil, filteredSize: nil, filterMask: 0),
            .implicit(address: nil),
            .fixedArray(header: nil), .extensibleArray(header: nil), .btreeV2(header: nil),
        ] {
            let entries = try fixture.entries(.chunked([3, 5], by: [2, 2], index))
            #expect(entries.manifest.grid.shape == [2, 3])
            #expect(entries.listing.isEmpty)
        }
    }

    @Test func axesWithoutExtentMakeEmptyGrids() throws {
        let contiguous = try fixture.entries(.plain([3, 0], .contiguous(address: 100, size: 0)))
        #expect(contiguous.manifest.grid.shape == [1, 0])
        let chunked = try fixture.entries(.chunked([0, 5], by: [2, 2], .btreeV1(root: 5)))
        #expect(chunked.manifest.grid.shape == [0, 3])
        #expect(chunked.listing.isEmpty)
    }

    @Test func compactDataIsInline() throws {
        let entries = try fixture.entries(.plain([2], .compact(bytes: [1, 2, 3, 4, 5, 6, 7, 8, 9])))
        #expect(entries.listing == ["0: [1, 2, 3, 4, 5, 6, 7, 8]"])
        #expect(throws: KerchunkError.self) { try fixture.entries(.plain([3], .compact(bytes: [1, 2]))) }
    }

    @Test func singleChunksMayBeFilteredAndLargerThanTheDataset() throws {
        let plain = ChunkIndex.single(address: 100, filteredSize: nil, filterMask: 0)
        #expect(try fixture.entries(.chunked([3, 5], by: [4, 6], plain)).listing == ["0: 100+96"])
        let filtered = ChunkIndex.single(address: 100, filteredSize: 17, filterMask: 2)
        let entries = try fixture.entries(.chunked([3, 5], by: [3, 5], isFiltered: true, filtered))
        #expect(entries.listing == ["0: 100+17"])
        #expect(entries.commonMask == 2)
        #expect(throws: KerchunkError.self) { try fixture.entries(.chunked([3, 5], by: [2, 5], plain)) }
    }

    @Test func implicitChunksFollowEachOther() throws {
        let dataset = DatasetHeader.chunked([3, 3], by: [2, 2], maximum: [3, 6], .implicit(address: 100))
        #expect(
            try fixture.entries(dataset).listing == ["0: 100+16", "1: 116+16", "2: 148+16", "3: 164+16"])
        let far = DatasetHeader.chunked([3, 3], by: [2, 2], .implicit(address: 960))
        #expect(throws: KerchunkError.self) { try fixture.entries(far) }
        let huge = DatasetHeader.chunked([1 << 40], by: [1], .implicit(address: 100))
        #expect(throws: KerchunkError.self) { try fixture.entries(huge) }
    }

    @Test func whatDoesNotFitTogetherIsRefused() throws {
        #expect(throws: KerchunkError.self) {
            try fixture.entries(.plain([500], .contiguous(address: 100, size: nil)))
        }
        #expect(throws: KerchunkError.self) {
            try fixture.entries(.plain([1 << 40, 1 << 40], .contiguous(address: 100, size: nil)))
        }
        #expect(throws: KerchunkError.self) {
            try fixture.entries(.chunked([5], by: [2, 2], .btreeV1(root: 0)))
        }
        #expect(throws: KerchunkError.self) {
            try fixture.entries(.chunked([1 << 40, 1 << 40], by: [1, 1], .btreeV1(root: 0)))
        }
        #expect(throws: KerchunkError.self) { try fixture.entries(.plain([5], .virtual(heap: nil))) }
    }

    @Test func moreChunksThanTheLimitAreRefused() throws {
        var limits = ScanLimits()
        limits.chunks = 3
        let file = fixture.file(limits: limits)
        let dataset = DatasetHeader.chunked([4], by: [1], .implicit(address: 100))
        #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [dataset])[0].get() }
    }
}
