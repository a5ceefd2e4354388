// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkScanning
import KerchunkTestKit
import Testing

@testable import KerchunkNetCDF3

private func parse(_ bytes: Bytes, fileSize: Int? = nil) throws -> Header {
    var parser = HeaderParser(bytes, fileSize: UInt64(fileSize ?? bytes.count), limits: ScanLimits())
    return try parser.parse()
}

private func full(_ version: HeaderVersion) -> HeaderBuilder {
    var builder = HeaderBuilder()
    builder.version = version
    builder.records = 3
    builder.dimensions = [("time", 0), ("x", 5)]
    builder.attributes = [.init("title", Array("hello".utf8)), .init("n", .short, [0, 1, 0, 2])]
    builder.variables = [
        .init("time", [0], .double, at: 700),
        .init("tas", [0, 1], .short, at: 708, attributes: [.init("_FillValue", .short, [0xFF, 0xFE])]),
    ]
    return builder
}

@Suite struct HeaderTests {
    @Test(arguments: HeaderVersion.allCases)
    func everyFieldIsRead(_ version: HeaderVersion) throws {
        let bytes = Bytes(full(version).header)
        let header = try parse(bytes)
        #expect(header.version == version)
        #expect(header.recordCount == 3)
        #expect(header.dimensions.map(\.name.string) == ["time", "x"])
        #expect(header.dimensions.map(\.length) == [nil, 5])
        #expect(header.attributes.map(\.name.string) == ["title", "n"])
        #expect(header.attributes[0].text.text == "hello")
        #expect(header.attributes[1].numbers == [1, 2])
        #expect(header.variables.map(\.name.string) == ["time", "tas"])
        #expect(header.variables.map(\.dimensions) == [[0], [0, 1]])
        #expect(header.variables.map(\.type) == [.double, .short])
        #expect(header.variables.map(\.begin) == [700, 708])
        #expect(header.variables[1].attributes[0].values == Bytes([0xFF, 0xFE]))
        #expect(header.size == UInt64(bytes.count))
    }

    @Test(arguments: HeaderVersion.allCases)
    func everyPrefixThrowsAndAsksForMore(_ version: HeaderVersion) throws {
        let bytes = Bytes(full(version).header)
        for length in 0..<bytes.count {
            // As a file of its own it is cut.
            var whole = HeaderParser(bytes[0..<length], fileSize: UInt64(length), limits: ScanLimits())
            #expect(throws: ParseError.self) { try whole.parse() }
            #expect(whole.neededSize == nil)
            // As the start of the file, more bytes would help.
            var start = HeaderParser(bytes[0..<length], fileSize: UInt64(bytes.count), limits: ScanLimits())
            #expect(throws: ParseError.self) { try start.parse() }
            let needed = try #require(start.neededSize)
            #expect(needed > UInt64(length) && needed <= UInt64(bytes.count))
        }
    }

    @Test func streamsHaveNoNumberOfRecords() throws {
        for (version, records) in [(HeaderVersion.classic, UInt64(0xFFFF_FFFF)), (.data64, UInt64.max)] {
            var builder = full(version)
            builder.records = records
            #expect(try parse(Bytes(builder.header)).recordCount == nil)
        }
        var builder = full(.data64)
        builder.records = 0xFFFF_FFFF
        #expect(try parse(Bytes(builder.header)).recordCount == 0xFFFF_FFFF)
    }

    @Test func numbersOfEveryTypeAreRead() throws {
        let bytes: [UInt8] = [0x80, 0, 0, 0, 0, 0, 0, 1]
        let expected: [ElementType: JSONValue] = [
            .byte: -128, .unsignedByte: 128, .short: -32768, .unsignedShort: 32768, .int: -2_147_483_648,
            .unsignedInt: 2_147_483_648, .int64: .integer(Int64.min + 1),
            .unsignedInt64: .integer(UInt64(1) << 63 + 1), .float: .real(-0.0),
            .double: .real(-Double.leastNonzeroMagnitude),
        ]
        for (type, value) in expected {
            var builder = HeaderBuilder()
            builder.attributes = [.init("a", type, Array(bytes[..<type.size]))]
            #expect(try parse(Bytes(builder.header)).attributes[0].numbers == [value], "\(type)")
        }
    }

    @Test func textLosesItsNULsAndKeepsItsBytes() {
        func text(_ bytes: [UInt8]) -> (text: String, isUTF8: Bool) {
            Header.Attribute(
                name: FileText.test("a"), type: .char, count: bytes.count, values: Bytes(bytes)
            ).text
        }
        #expect(text(Array("ab\0\0".utf8)) == ("ab", true))
        #expect(text([]) == ("", true))
        #expect(text([0x63, 0xE9]) == ("cé", false))
    }

    @Test func wrongNumbersAreErrors() {
        func problem(_ change: (inout HeaderBuilder) -> Void) -> String? {
            var builder = full(.classic)
            change(&builder)
            return #expect(throws: ParseError.self) { try parse(Bytes(builder.header)) }?.problem
        }
        #expect(problem { $0.variables[0].dimensions = [2] } == "it has dimension 2, but the file has 2")
        #expect(
            problem { $0.variables[0].dimensions = Array(repeating: 1, count: 1025) }
                == "1025 dimensions, expected at most 1024")
        let size = full(.classic).header.count
        #expect(
            problem { $0.attributes[0].count = 0xFFFF_FFF0 }
                == "needs 4294967280 bytes, but the file ends at byte \(size)")
        #expect(
            problem {
                $0.attributes[1].count = 0xFFFF_FFFF
                $0.attributes[1].type = .double
            } != nil)
    }

    @Test func wrongTagsAndTypesAreErrors() {
        let bytes = full(.classic).header
        for (position, value, problem) in [
            (3, UInt8(4), "version other than 1, 2 and 5"), (11, 12, "tag 12, expected 10"),
            (11, 0, "2 entries in a list that is absent"),
        ] {
            var changed = bytes
            changed[position] = value
            let error = #expect(throws: ParseError.self) { try parse(Bytes(changed)) }
            #expect(error?.problem == problem)
        }
    }
}

extension FileText {
    /// Text as a file would spell it.
    static func test(_ text: String) -> FileText {
        let bytes = Bytes(text)
        let read = try? bytes.parse(at: 0, in: "test") { cursor throws(ParseError) in
            try cursor.text(bytes.count)
        }
        precondition(read != nil)
        return read ?? FileText.test(text)
    }
}
