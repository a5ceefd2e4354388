// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct ChunkBTreeV2Tests {
    private func header(
        _ builder: inout ByteBuilder, type: UInt8, recordSize: UInt16, depth: UInt16, root: UInt64,
        rootCount: UInt16,
        total: UInt64
    ) {
        builder.text("BTHD")
        builder.raw([0, type])
        builder.uint32(200)
        builder.uint16(recordSize)
        builder.uint16(depth)
        builder.raw([100, 40])
        builder.uint64(root)
        builder.uint16(rootCount)
        builder.uint64(total)
    }

    private func record(_ builder: inout ByteBuilder, _ address: UInt64, size: UInt16?, _ chunk: [UInt64]) {
        builder.uint64(address)
        if let size {
            builder.uint16(size)
            builder.uint32(0)
        }
        for index in chunk { builder.uint64(index) }
    }

    /// A root with one record and two leaves of two; one chunk lies outside.
    private func treeFile(total: UInt64 = 5, secondLeaf: UInt64 = 600) -> IndexFixture {
        var fixture = IndexFixture(size: 2000)
        fixture.putChecked(at: 0) {
            header(&$0, type: 11, recordSize: 30, depth: 1, root: 100, rootCount: 1, total: total)
        }
        fixture.putChecked(at: 100) {
            $0.text("BTIN")
            $0.raw([0, 11])
            record(&$0, 1000, size: 11, [1, 0])
            for leaf: UInt64 in [300, secondLeaf] {
                $0.uint64(leaf)
                $0.uint8(2)
            }
        }
        fixture.putChecked(at: 300) {
            $0.text("BTLF")
            $0.raw([0, 11])
            record(&$0, 1020, size: 12, [0, 0])
            record(&$0, 1040, size: 13, [0, 2])
        }
        fixture.putChecked(at: 600) {
            $0.text("BTLF")
            $0.raw([0, 11])
            record(&$0, 1060, size: 14, [1, 1])
            record(&$0, 1080, size: 15, [2, 0])
        }
        return fixture
    }

    private let dataset = DatasetHeader.chunked(
        [4, 6], by: [2, 2], maximum: [nil, nil], isFiltered: true, .btreeV2(header: 0))

    @Test func recordsOfAllLevelsAreChunks() throws {
        let source = CountingSource(treeFile().source())
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        for result in try file.chunkEntries(of: [dataset, dataset]) {
            let entries = try result.get()
            #expect(entries.listing == ["0: 1020+12", "2: 1040+13", "3: 1000+11", "4: 1060+14"])
            #expect(entries.outsideCount == 1)
        }
        #expect(source.batches == 3)
    }

    @Test func unfilteredRecordsAreAddressAndChunk() throws {
        var fixture = IndexFixture(size: 2000)
        fixture.putChecked(at: 0) {
            header(&$0, type: 10, recordSize: 16, depth: 0, root: 100, rootCount: 2, total: 2)
        }
        fixture.putChecked(at: 100) {
            $0.text("BTLF")
            $0.raw([0, 10])
            record(&$0, 1000, size: nil, [3])
            record(&$0, .max, size: nil, [4])
        }
        let entries = try fixture.entries(.chunked([9], by: [2], .btreeV2(header: 0)))
        #expect(entries.listing == ["3: 1000+8"])
    }

    @Test func lyingTreesAreRefused() throws {
        #expect(throws: KerchunkError.self) { try treeFile(total: 6).entries(dataset) }
        #expect(throws: KerchunkError.self) { try treeFile(secondLeaf: 300).entries(dataset) }
        #expect(throws: KerchunkError.self) { try treeFile(secondLeaf: 1900).entries(dataset) }
        #expect(throws: KerchunkError.self) {
            try treeFile().entries(.chunked([4], by: [2], .btreeV2(header: 0)))
        }
    }

    @Test func everyTruncationFails() throws {
        let bytes = treeFile().bytes
        for length in 0..<1074 {
            let file = HDF5File(
                source: MemorySource(Bytes(bytes[..<length])), sizes: FieldSizes(), baseAddress: 0)
            #expect(throws: KerchunkError.self) { try file.chunkEntries(of: [dataset])[0].get() }
        }
    }
}
