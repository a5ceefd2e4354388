// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct OpeningTests {
    private var file: TinyFile {
        var file = TinyFile()
        file.objects = [[.linkInfo, .hard("x", file.address(of: 1))], TinyFile.Message.scalar]
        return file
    }

    @Test(arguments: [512, 1024, 4096])
    func userBlocksMoveTheBaseAddress(_ size: Int) throws {
        let bytes = Bytes([UInt8](repeating: 7, count: size) + file.bytes.array)
        let opened = try HDF5File.open(MemorySource(bytes))
        #expect(opened.baseAddress == UInt64(size))
        #expect(try opened.hierarchy().nodes.map(\.path) == ["/", "/x"])
    }

    @Test func superblockOfVersion0() throws {
        var block = ByteBuilder()
        block.raw([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
        block.raw([0, 0, 0, 0, 0, 4, 8, 0])
        block.uint16(5)
        block.uint16(9)
        block.uint32(0)
        for address: UInt32 in [0, .max, 2048, .max] { block.uint32(address) }
        block.uint64(0)
        block.uint32(96)
        block.zeros(40)
        let opened = try HDF5File.open(MemorySource(block.built))
        #expect(opened.sizes == FieldSizes(offset: 4, length: 8))
        #expect(opened.root == 96)
        #expect(opened.treeWidths.groupLeaf == 5)
        #expect(opened.treeWidths.groupNode == 9)
    }

    @Test func otherFilesAreNotRecognized() {
        for bytes in [Bytes(), Bytes("CDF\u{1}"), Bytes([UInt8](repeating: 0, count: 5000))] {
            let error = #expect(throws: KerchunkError.self) {
                try HDF5File.open(MemorySource(bytes, url: "/a"))
            }
            #expect(error?.kind == .unrecognized)
            #expect(error?.url == "/a")
        }
    }

    @Test func changedSuperblockFailsItsChecksum() {
        var bytes = file.bytes.array
        bytes[40] ^= 1
        #expect(throws: KerchunkError.self) { try HDF5File.open(MemorySource(Bytes(bytes))) }
    }

    @Test func familyFilesAreNamed() {
        var block = ByteBuilder()
        block.raw([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A])
        block.raw([0, 0, 0, 0, 0, 8, 8, 0])
        block.uint16(4)
        block.uint16(16)
        block.uint32(0)
        for address: UInt64 in [0, .max, 2048, 96, 0, 2048] { block.uint64(address) }
        block.zeros(96 - block.bytes.count)
        block.raw([0, 0, 0, 0, 8, 0, 0, 0])
        block.text("NCSAfami")
        let error = #expect(throws: KerchunkError.self) { try HDF5File.open(MemorySource(block.built)) }
        #expect(error?.kind == .unsupported)
    }
}
