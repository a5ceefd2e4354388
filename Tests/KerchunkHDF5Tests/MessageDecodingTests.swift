// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct DataspaceTests {
    @Test func version1WithUnlimitedAxis() throws {
        var bytes = ByteBuilder()
        bytes.raw([1, 2, 1, 0, 0, 0, 0, 0])
        for value: UInt64 in [3, 5, .max, 5] { bytes.uint64(value) }
        let space = try bytes.built.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try Dataspace(parsing: &cursor, sizes: FieldSizes())
        }
        #expect(space == Dataspace(kind: .simple, dimensions: [3, 5], maximum: [nil, 5]))
        try expectTruncationThrows(bytes.bytes) { cursor throws(ParseError) in
            try Dataspace(parsing: &cursor, sizes: FieldSizes())
        }
    }

    @Test func scalarAndNull() throws {
        let kinds: [([UInt8], Dataspace.Kind)] = [
            ([2, 0, 0, 0], .scalar), ([2, 0, 0, 2], .null), ([1, 0, 0, 0, 0, 0, 0, 0], .scalar),
        ]
        for (bytes, kind) in kinds {
            let space = try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
                try Dataspace(parsing: &cursor, sizes: FieldSizes())
            }
            #expect(space.kind == kind)
            #expect(space.elementCount == (kind == .null ? 0 : 1))
        }
    }

    @Test func lengthsOfTwoBytesKnowUnlimited() throws {
        let bytes: Bytes = [2, 1, 1, 1, 7, 0, 0xFF, 0xFF]
        let space = try bytes.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try Dataspace(parsing: &cursor, sizes: FieldSizes(offset: 4, length: 2))
        }
        #expect(space.dimensions == [7])
        #expect(space.maximum == [nil])
    }

    @Test(arguments: [[2, 33, 0, 1], [3, 0, 0, 0], [2, 0, 0, 3], [2, 1, 0, 0]] as [[UInt8]])
    func nonsenseThrows(_ bytes: [UInt8]) {
        #expect(throws: ParseError.self) {
            try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
                try Dataspace(parsing: &cursor, sizes: FieldSizes())
            }
        }
    }
}

@Suite struct FillValueTests {
    private func parse(_ bytes: [UInt8]) throws -> FillValueMessage.Value {
        try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
            try FillValueMessage(parsing: &cursor).value
        }
    }

    @Test func allVersions() throws {
        #expect(try parse([1, 2, 0, 1, 2, 0, 0, 0, 7, 8]) == .element([7, 8]))
        #expect(try parse([2, 2, 0, 0]) == .undefined)
        #expect(try parse([2, 2, 0, 1, 0, 0, 0, 0]) == .standard)
        #expect(try parse([3, 0x0A]) == .standard)
        #expect(try parse([3, 0x1A]) == .undefined)
        #expect(try parse([3, 0x2A, 1, 0, 0, 0, 9]) == .element([9]))
    }

    @Test func oldMessageWithoutValueLeavesItUndefined() throws {
        let value = try Bytes([0, 0, 0, 0]).parse(at: 0, in: "test") { cursor throws(ParseError) in
            try FillValueMessage(parsingOld: &cursor).value
        }
        #expect(value == .undefined)
    }

    @Test func sizeBeyondTheMessageThrows() {
        #expect(throws: ParseError.self) { try parse([3, 0x2A, 0xFF, 0xFF, 0xFF, 0x7F, 1]) }
    }
}

@Suite struct LinkMessageTests {
    private func parse(_ bytes: [UInt8]) throws -> LinkMessage {
        try Bytes(bytes).parse(at: 0, in: "test") { cursor throws(ParseError) in
            try LinkMessage(parsing: &cursor, sizes: FieldSizes(offset: 4, length: 4))
        }
    }

    @Test func hardLinkWithCreationOrder() throws {
        let bytes: [UInt8] = [1, 0x14, 5, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0xC3, 0xA4, 0x10, 0, 0, 0]
        #expect(try parse(bytes) == LinkMessage(name: "ä", isUTF8: true, target: .hard(16), creationOrder: 5))
        try expectTruncationThrows(bytes) { cursor throws(ParseError) in
            try LinkMessage(parsing: &cursor, sizes: FieldSizes(offset: 4, length: 4))
        }
    }

    @Test func nameThatIsNotUTF8IsLatin1() throws {
        let link = try parse([1, 0, 1, 0xE9, 1, 0, 0, 0])
        #expect(link.name == "\u{E9}")
        #expect(!link.isUTF8)
    }

    @Test func softExternalAndUserDefined() throws {
        #expect(try parse([1, 8, 1, 1, 0x61, 2, 0, 0x2F, 0x78]).target == .soft(path: "/x"))
        #expect(
            try parse([1, 8, 64, 1, 0x61, 6, 0, 0, 0x66, 0, 0x2F, 0x78, 0]).target
                == .external(file: "f", path: "/x"))
        #expect(try parse([1, 8, 187, 1, 0x61, 0, 0]).target == .userDefined(187))
        #expect(throws: ParseError.self) { try parse([1, 8, 7, 1, 0x61, 0, 0]) }
    }
}

@Suite struct AttributeDraftTests {
    @Test func version1IsPadded() throws {
        var bytes = ByteBuilder()
        bytes.raw([1, 0])
        for size: UInt16 in [3, 12, 8] { bytes.uint16(size) }
        bytes.text("ab\0")
        bytes.zeros(5)
        bytes.raw(TinyFile.Message.int32)
        bytes.zeros(4)
        bytes.raw([1, 0, 0, 0, 0, 0, 0, 0])
        bytes.uint32(42)
        let draft = try AttributeDraft(bytes.built, at: 0, creationOrder: nil, sizes: FieldSizes())
        #expect(draft.name == "ab")
        guard case .here(let type) = draft.datatype, case .here(let space) = draft.dataspace else {
            Issue.record("its parts are there")
            return
        }
        #expect(type == .fixedPoint(size: 4, .little, isSigned: true, bitOffset: 0, precision: 32))
        let attribute = try draft.finished(datatype: type, dataspace: space)
        #expect(attribute.value == [42, 0, 0, 0])
    }

    @Test func valueShorterThanItsShapeThrows() throws {
        let message = TinyFile.Message.attribute("a", 1)
        let draft = try AttributeDraft(
            Bytes(message.body.dropLast()), at: 0, creationOrder: nil, sizes: FieldSizes())
        #expect(throws: ParseError.self) {
            try draft.finished(
                datatype: .fixedPoint(size: 4, .little, isSigned: true, bitOffset: 0, precision: 32),
                dataspace: Dataspace(kind: .scalar, dimensions: [], maximum: []))
        }
    }

    @Test func committedDatatypeIsElsewhere() throws {
        var bytes = ByteBuilder()
        bytes.raw([3, 1])
        for size: UInt16 in [2, 10, 4] { bytes.uint16(size) }
        bytes.uint8(0)
        bytes.text("a\0")
        bytes.raw([3, 2])
        bytes.uint64(800)
        bytes.raw([2, 0, 0, 0])
        bytes.uint32(1)
        let draft = try AttributeDraft(bytes.built, at: 0, creationOrder: nil, sizes: FieldSizes())
        guard case .elsewhere(let place) = draft.datatype else {
            Issue.record("the datatype is committed")
            return
        }
        #expect(place == .committed(address: 800))
        #expect(draft.rest == [1, 0, 0, 0])
    }
}
