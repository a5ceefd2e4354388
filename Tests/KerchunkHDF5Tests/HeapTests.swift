// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct HeapTests {
    @Test func localHeapNamesEndWithNull() throws {
        let heap = LocalHeap(data: Bytes("\0abc\0d\0e"), offset: 100)
        #expect(try heap.text(at: 1).string == "abc")
        #expect(try heap.text(at: 0).string == "")
        #expect(throws: ParseError("a name without its terminating NUL", in: "local heap", at: 107)) {
            try heap.text(at: 7)
        }
        #expect(throws: ParseError.self) { try heap.text(at: .max) }
    }

    @Test func doublingTableFindsBlocks() throws {
        var bytes = ByteBuilder()
        bytes.uint16(4)
        bytes.uint64(512)
        bytes.uint64(65536)
        bytes.uint16(32)
        bytes.uint16(1)
        let table = try bytes.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try DoublingTable(parsing: &cursor, sizes: FieldSizes())
        }
        #expect(table.directRows == 9)
        #expect(table.maximumRows == 22)
        #expect(table.entry(at: 511) == (0, 0, 0))
        #expect(table.entry(at: 512) == (0, 1, 512))
        #expect(table.entry(at: 2048) == (1, 0, 2048))
        #expect(table.entry(at: 4095) == (1, 3, 3584))
        #expect(table.entry(at: 4096) == (2, 0, 4096))
        #expect(table.entry(at: 5120) == (2, 1, 5120))
        #expect(table.entry(at: 1 << 31) == (21, 0, 1 << 31))
        #expect(table.rowsOfIndirectBlock(inRow: 9) == 7)
    }

    @Test(arguments: [
        (3, 512, 65536, 32), (4, 500, 65536, 32), (4, 512, 256, 32), (4, 512, 65536, 10), (0, 0, 0, 0),
    ])
    func doublingTableMustMakeSense(_ width: UInt16, _ start: UInt64, _ direct: UInt64, _ bits: UInt16) {
        var bytes = ByteBuilder()
        bytes.uint16(width)
        bytes.uint64(start)
        bytes.uint64(direct)
        bytes.uint16(bits)
        bytes.uint16(1)
        #expect(throws: ParseError.self) {
            try bytes.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
                try DoublingTable(parsing: &cursor, sizes: FieldSizes())
            }
        }
    }

    /// A collection of `size` bytes with objects of the given content.
    private func collection(_ objects: [(UInt16, String)], size: Int) -> [UInt8] {
        var bytes = ByteBuilder()
        bytes.text("GCOL")
        bytes.raw([1, 0, 0, 0])
        bytes.uint64(UInt64(size))
        for (index, text) in objects {
            bytes.uint16(index)
            bytes.zeros(6)
            bytes.uint64(UInt64(text.utf8.count))
            bytes.text(text)
            bytes.zeros((8 - text.utf8.count % 8) % 8)
        }
        bytes.zeros(size - bytes.bytes.count)
        return bytes.bytes
    }

    @Test func globalHeapReadsEachCollectionOnce() throws {
        let long = String(repeating: "y", count: 5000)
        let bytes =
            collection([(1, "one"), (2, "12345678"), (7, "")], size: 4096)
            + collection([(1, long)], size: 8192)
        let source = CountingSource(MemorySource(Bytes(bytes)))
        let file = HDF5File(source: source, sizes: FieldSizes(), baseAddress: 0)
        let ids = [(0, 1), (0, 2), (0, 7), (0, 9), (4096, 1), (99999, 1)].map {
            GlobalHeapID(collection: $0.0, index: $0.1)
        }
        let objects = try file.globalHeapObjects(ids)
        #expect(objects[ids[0]] == Bytes("one"))
        #expect(objects[ids[1]] == Bytes("12345678"))
        #expect(objects[ids[2]]?.isEmpty == true)
        #expect(objects[ids[3]] == nil)
        #expect(objects[ids[4]] == Bytes(long))
        #expect(objects[ids[5]] == nil)
        #expect(source.batches == 2)
    }
}
