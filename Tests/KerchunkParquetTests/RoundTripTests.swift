// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import Testing

@Suite struct RoundTripTests {
    private func roundTrip(_ columns: [OutputColumn], level: Int? = 1) throws -> ParquetFile {
        let codec = try level.map {
            try ParquetFixtures.codecs.codec(CodecSpec("zstd", ["level": .integer($0)]))
        }
        let writer = ParquetFileWriter(compression: .zstd, codec: codec, createdBy: "swift-kerchunk")
        return try ParquetFixtures.open(Bytes(try writer.file(columns).flatMap(\.array)))
    }

    @Test(arguments: [1, nil]) func numbersComeBack(level: Int?) throws {
        let numbers: [UInt64] = [0, 1, 255, 1 << 40, UInt64(Int64.max)]
        let file = try roundTrip([OutputColumn("size", .integers(numbers))], level: level)
        #expect(try file.integers("size") == IntegerColumn(numbers.map { Int64($0) }))
        #expect(file.footer.columns.map(\.isOptional) == [false])
    }

    @Test(arguments: [true, false]) func byteStringsComeBack(hasDictionary: Bool) throws {
        // Runs, single values and nulls in every order that levels and indices pack.
        var codes: [UInt32] = []
        for index in 0..<900 {
            codes += Array(
                repeating: UInt32(index % 6),
                count: [1, 2, 7, 8, 9, 15, 16, 17][index % 8] % (index % 23 + 1))
            if codes.count > 900 { break }
        }
        let values = ["a", "bb", "", "dddd", "e"].map { Bytes($0) }
        let file = try roundTrip([
            OutputColumn(
                "path", .byteArrays(codes: codes, values: values, hasDictionary: hasDictionary, isText: true))
        ])
        let column = try #require(try file.byteArrays("path", isDistinct: true))
        #expect(column.codes.count == codes.count)
        for row in codes.indices {
            #expect(column[row] == (codes[row] == 0 ? nil : values[Int(codes[row]) - 1]))
        }
    }

    @Test(arguments: [2, 3, 200, 1000]) func indicesOfAllWidthsComeBack(count: UInt32) throws {
        let codes = (0..<999).map { UInt32($0) &* 2_654_435_761 % count + 1 }
        let values = (0..<count).map { Bytes("value \($0)") }
        let file = try roundTrip([
            OutputColumn("path", .byteArrays(codes: codes, values: values, hasDictionary: true, isText: true))
        ])
        #expect(try #require(try file.byteArrays("path", isDistinct: true)).codes == codes)
    }

    @Test func nothingButNullsComesBack() throws {
        for hasDictionary in [true, false] {
            let file = try roundTrip([
                OutputColumn(
                    "raw",
                    .byteArrays(codes: [0, 0, 0], values: [], hasDictionary: hasDictionary, isText: false))
            ])
            #expect(try #require(try file.byteArrays("raw", isDistinct: false)).codes == [0, 0, 0])
        }
    }

    @Test func noRowsComeBack() throws {
        let file = try roundTrip([OutputColumn("offset", .integers([]))])
        #expect(file.rowCount == 0)
        #expect(try file.integers("offset") == IntegerColumn())
    }
}
