// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct DatatypeTests {
    private func parse(_ bytes: [UInt8]) throws -> Datatype {
        try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
            try Datatype(parsing: &cursor)
        }
    }

    private static let int16 = Datatype.fixedPoint(
        size: 2, .big, isSigned: false, bitOffset: 0, precision: 16)
    private static let int16Bytes: [UInt8] = [0x10, 1, 0, 0, 2, 0, 0, 0, 0, 0, 16, 0]

    @Test func bigEndianUnsigned() throws {
        #expect(try parse(Self.int16Bytes) == Self.int16)
        try expectTruncationThrows(Self.int16Bytes) { cursor throws(ParseError) in
            try Datatype(parsing: &cursor)
        }
    }

    @Test func doubleOfIEEE() throws {
        let type = try parse([0x11, 0x20, 0x3F, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xFF, 3, 0, 0])
        let layout = Datatype.FloatLayout(
            size: 8, byteLayout: .little, bitOffset: 0, precision: 64, signPosition: 63, exponentPosition: 52,
            exponentSize: 11, exponentBias: 1023, mantissaPosition: 0, mantissaSize: 52,
            mantissaNormalization: 2)
        #expect(type == .floatingPoint(layout))
    }

    @Test func stringsOfAllKinds() throws {
        #expect(try parse([0x13, 0x11, 0, 0, 5, 0, 0, 0]) == .string(size: 5, .nullPadded, .utf8))
        let variable: [UInt8] = [0x19, 0x01, 1, 0, 16, 0, 0, 0, 0x10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]
        #expect(try parse(variable) == .variableLengthString(size: 16, .nullTerminated, .utf8))
    }

    @Test func compoundOfVersion1HasArrayMembers() throws {
        var bytes = ByteBuilder()
        bytes.raw([0x16, 1, 0, 0, 8, 0, 0, 0])
        bytes.text("ab\0")
        bytes.zeros(5)
        bytes.uint32(2)
        bytes.uint8(1)
        bytes.zeros(11)
        for extent: UInt32 in [3, 0, 0, 0] { bytes.uint32(extent) }
        bytes.raw(Self.int16Bytes)
        let array = Datatype.array(dimensions: [3], base: Self.int16, size: 6)
        #expect(
            try parse(bytes.bytes) == .compound(size: 8, members: [.init(name: "ab", offset: 2, type: array)])
        )
        try expectTruncationThrows(bytes.bytes) { cursor throws(ParseError) in try Datatype(parsing: &cursor)
        }
    }

    @Test func compoundOfVersion3IsNotPadded() throws {
        let bytes: [UInt8] = [0x36, 1, 0, 0, 3, 0, 0, 0, 0x61, 0, 1] + Self.int16Bytes
        #expect(
            try parse(bytes) == .compound(size: 3, members: [.init(name: "a", offset: 1, type: Self.int16)]))
    }

    @Test func memberBeyondTheCompoundThrows() {
        #expect(throws: ParseError.self) {
            try parse([0x36, 1, 0, 0, 3, 0, 0, 0, 0x61, 0, 2] + Self.int16Bytes)
        }
    }

    @Test func enumerationKeepsStoredBytes() throws {
        let bytes: [UInt8] =
            [0x38, 2, 0, 0, 2, 0, 0, 0] + Self.int16Bytes + [0x41, 0, 0x42, 0, 0, 1, 0xFF, 0xFE]
        #expect(
            try parse(bytes)
                == .enumeration(
                    base: Self.int16,
                    members: [.init(name: "A", value: [0, 1]), .init(name: "B", value: [0xFF, 0xFE])]))
    }

    @Test func arrayMustHaveItsSize() throws {
        func array(size: UInt8) -> [UInt8] {
            [0x3A, 0, 0, 0, size, 0, 0, 0, 2, 2, 0, 0, 0, 3, 0, 0, 0] + Self.int16Bytes
        }
        #expect(try parse(array(size: 12)) == .array(dimensions: [2, 3], base: Self.int16, size: 12))
        #expect(throws: ParseError.self) { try parse(array(size: 11)) }
    }

    @Test func opaqueBitsReferencesComplex() throws {
        #expect(
            try parse([0x15, 8, 0, 0, 4, 0, 0, 0] + Array("tag\0\0\0\0\0".utf8))
                == .opaque(size: 4, tag: "tag"))
        #expect(
            try parse([0x14, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 0])
                == .bitField(size: 1, .little, bitOffset: 2, precision: 3))
        #expect(try parse([0x17, 1, 0, 0, 12, 0, 0, 0]) == .reference(size: 12, .region))
        #expect(
            try parse([0x5B, 1, 0, 0, 4, 0, 0, 0] + Self.int16Bytes) == .complex(size: 4, base: Self.int16))
    }

    @Test func nestingHasAnEnd() {
        let level: [UInt8] = [0x39, 0, 0, 0, 16, 0, 0, 0]
        let bytes = (0..<100_000).flatMap { _ in level }
        #expect(throws: ParseError.self) { try parse(bytes) }
    }

    @Test(
        arguments: [
            [0x10, 0, 0, 0, 2, 0, 0, 0, 8, 0, 16, 0], [0x1C, 0, 0, 0, 1, 0, 0, 0],
            [0x60, 0, 0, 0, 2, 0, 0, 0, 0, 0, 16, 0],
            [0x13, 0x03, 0, 0, 5, 0, 0, 0], [0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func nonsenseThrows(_ bytes: [UInt8]) {
        #expect(throws: ParseError.self) { try parse(bytes) }
    }
}
