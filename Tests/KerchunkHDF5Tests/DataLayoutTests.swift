// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct DataLayoutTests {
    private func decode(_ fill: (inout ByteBuilder) -> Void, sizes: FieldSizes = FieldSizes()) throws
        -> DataLayout
    {
        var builder = ByteBuilder()
        fill(&builder)
        #expect(
            everyPrefixThrows(of: builder.bytes) { cursor throws(ParseError) in
                try DataLayout(parsing: &cursor, sizes: sizes)
            })
        return try builder.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try DataLayout(parsing: &cursor, sizes: sizes)
        }
    }

    private func chunked(_ shape: [UInt64], _ index: ChunkIndex, partialEdges: Bool = false) -> DataLayout {
        .chunked(
            ChunkedLayout(
                chunkShape: shape, elementSize: 8, leavesPartialEdgesUnfiltered: partialEdges, index: index))
    }

    @Test func versionOneHoldsCompactBytesBehindItsExtents() throws {
        let layout = try decode {
            $0.raw([1, 2, 0, 0, 0, 0, 0, 0])
            $0.uint32(3)
            $0.uint32(1)
            $0.uint32(3)
            $0.raw([7, 8, 9])
        }
        #expect(layout == .compact(bytes: [7, 8, 9]))
    }

    @Test func versionTwoIsContiguousWithoutASize() throws {
        let layout = try decode(
            {
                $0.raw([2, 1, 1, 0, 0, 0, 0, 0])
                $0.uint32(0x800)
            }, sizes: FieldSizes(offset: 4, length: 4))
        #expect(layout == .contiguous(address: 0x800, size: nil))
    }

    @Test func versionOneIsChunked() throws {
        let layout = try decode {
            $0.raw([1, 3, 2, 0, 0, 0, 0, 0])
            $0.uint64(0x1000)
            $0.uint32(10)
            $0.uint32(20)
            $0.uint32(8)
        }
        #expect(layout == chunked([10, 20], .btreeV1(root: 0x1000)))
    }

    @Test func versionThreeKnowsAllClasses() throws {
        #expect(
            try decode {
                $0.raw([3, 0, 2, 0, 5, 6])
            } == .compact(bytes: [5, 6]))
        #expect(
            try decode {
                $0.raw([3, 1])
                $0.uint64(.max)
                $0.uint64(80)
            } == .contiguous(address: nil, size: 80))
        #expect(
            try decode {
                $0.raw([3, 2, 2])
                $0.uint64(0x2000)
                $0.uint32(5)
                $0.uint32(8)
            } == chunked([5], .btreeV1(root: 0x2000)))
    }

    @Test(arguments: [
        (UInt8(0), [UInt8(2)], ChunkIndex.implicit(address: 0x300)),
        (0, [1], .single(address: 0x300, filteredSize: nil, filterMask: 0)),
        (
            2, [1, 77, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0],
            .single(address: 0x300, filteredSize: 77, filterMask: 3)
        ),
        (0, [3, 10], .fixedArray(header: 0x300)),
        (0, [4, 32, 4, 4, 16, 10], .extensibleArray(header: 0x300)),
        (0, [5, 0, 8, 0, 0, 100, 40], .btreeV2(header: 0x300)),
    ])
    func versionFourKnowsFiveIndexes(flags: UInt8, index: [UInt8], expected: ChunkIndex) throws {
        for version: UInt8 in [4, 5] {
            let layout = try decode {
                $0.raw([version, 2, flags, 3, 2])
                $0.uint16(300)
                $0.uint16(1)
                $0.uint16(8)
                $0.raw(index)
                $0.uint64(0x300)
            }
            #expect(layout == chunked([300, 1], expected))
        }
    }

    @Test func versionFourKnowsUnfilteredEdgesAndVirtualDatasets() throws {
        #expect(
            try decode {
                $0.raw([4, 2, 1, 2, 1, 9, 8, 2])
                $0.uint64(.max)
            } == chunked([9], .implicit(address: nil), partialEdges: true))
        #expect(
            try decode {
                $0.raw([4, 3])
                $0.uint64(0x500)
                $0.uint32(2)
            } == .virtual(heap: GlobalHeapID(collection: 0x500, index: 2)))
    }

    @Test(arguments: [
        ([UInt8(0)], "version 0, expected 1 to 5"),
        ([6, 1], "version 6, expected 1 to 5"),
        ([3, 9], "layout class 9 in a message of version 3"),
        ([3, 3], "layout class 3 in a message of version 3"),
        ([4, 2, 4], "unknown flags 4"),
        ([4, 2, 0, 2, 0], "chunk extents of 0 bytes"),
        ([4, 2, 0, 1, 1], "chunks with 0 axes, expected 1 to 32"),
        ([4, 2, 0, 2, 1, 0, 8], "a chunk extent of zero"),
        ([4, 2, 0, 2, 1, 4, 8, 6], "chunk index type 6, expected 1 to 5"),
        ([3, 2, 34, 0, 0, 0, 0, 0, 0, 0, 0], "chunks with 33 axes, expected 1 to 32"),
    ])
    func nonsenseIsNamed(bytes: [UInt8], problem: String) throws {
        let error = #expect(throws: ParseError.self) {
            try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
                try DataLayout(parsing: &cursor, sizes: FieldSizes())
            }
        }
        #expect(error?.problem == problem)
        #expect(error?.structure == "data layout message")
    }

    @Test func chunksBeyond64BitsAreRefused() throws {
        var builder = ByteBuilder()
        builder.raw([4, 2, 0, 3, 8])
        builder.uint64(1 << 40)
        builder.uint64(1 << 40)
        builder.uint64(8)
        #expect(throws: ParseError.self) {
            try builder.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
                try DataLayout(parsing: &cursor, sizes: FieldSizes())
            }
        }
    }
}

@Suite struct FilterPipelineTests {
    private func decode(_ fill: (inout ByteBuilder) -> Void) throws -> [Filter] {
        var builder = ByteBuilder()
        fill(&builder)
        #expect(
            everyPrefixThrows(of: builder.bytes) { cursor throws(ParseError) in
                try FilterPipelineMessage.parse(&cursor)
            })
        return try builder.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try FilterPipelineMessage.parse(&cursor)
        }
    }

    @Test func versionOnePadsNamesAndValues() throws {
        let filters = try decode {
            $0.raw([1, 2, 0, 0, 0, 0, 0, 0])
            $0.uint16(2)
            $0.uint16(8)
            $0.uint16(1)
            $0.uint16(1)
            $0.text("shuffle\0")
            $0.uint32(4)
            $0.uint32(0)  // padding
            $0.uint16(1)
            $0.uint16(0)
            $0.uint16(0)
            $0.uint16(2)
            $0.uint32(6)
            $0.uint32(7)
        }
        #expect(
            filters == [
                Filter(id: 2, name: "shuffle", isOptional: true, clientData: [4]),
                Filter(id: 1, name: nil, isOptional: false, clientData: [6, 7]),
            ])
    }

    @Test func versionTwoNamesOnlyForeignFilters() throws {
        let filters = try decode {
            $0.raw([2, 2])
            $0.uint16(1)
            $0.uint16(1)
            $0.uint16(1)
            $0.uint32(9)
            $0.uint16(32015)
            $0.uint16(5)
            $0.uint16(0)
            $0.uint16(1)
            $0.text("zstd\0")
            $0.uint32(3)
        }
        #expect(
            filters == [
                Filter(id: 1, name: nil, isOptional: true, clientData: [9]),
                Filter(id: 32015, name: "zstd", isOptional: false, clientData: [3]),
            ])
    }

    @Test func moreThan32FiltersAreRefused() {
        #expect(
            throws: ParseError(
                "33 filters, which exceeds the maximum of 32", in: "filter pipeline message", at: 2)
        ) {
            try Bytes([2, 33]).parse(at: 0, in: "test") { cursor throws(ParseError) in
                try FilterPipelineMessage.parse(&cursor)
            }
        }
    }
}
