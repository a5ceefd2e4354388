// SPDX-License-Identifier: Apache-2.0
// The partitions in Fixtures/parquet/tables, as pyarrow and fastparquet write them; make_parquet.py says what they hold.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkParquet
import KerchunkStorage
import Testing

enum ParquetFixtures {
    static let codecs = CodecDirectory(BuiltinCompression.entries)
    static let rowCount = 100

    static var folder: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/Fixtures/parquet/tables"
    }

    static let names: [String] = (try? Platform.list(folder)) ?? []

    static func bytes(_ name: String) throws -> Bytes {
        let file = try LocalFile(folder + "/" + name)
        return try file.read(ByteRange(0..<file.size()))
    }

    static func open(_ bytes: Bytes) throws(KerchunkError) -> ParquetFile {
        try ParquetFile(MemorySource(bytes), codecs: codecs, limits: ParquetLimits(rows: 1000))
    }

    /// All columns: what a reader of partitions asks for.
    static func decode(_ bytes: Bytes) throws(KerchunkError) -> [String] {
        let file = try open(bytes)
        let paths = try file.byteArrays("path", isDistinct: true)
        let offsets = try file.integers("offset")
        let sizes = try file.integers("size")
        let raws = try file.byteArrays("raw", isDistinct: false)
        return (0..<file.rowCount).map { row in
            if let raw = raws?[row] { return "inline \(raw.array)" }
            guard let path = paths?[row] else { return "missing" }
            return "\(path.utf8Text ?? "?") \(offsets?.values[row] ?? -1) \(sizes?.values[row] ?? -1)"
        }
    }

    static let right: [String] = (0..<rowCount).map { row in
        if row % 10 == 3 { return "missing" }
        if row % 10 == 7 { return "inline \([UInt8](repeating: UInt8(row), count: row % 7))" }
        let path = "s3://bucket/f\(row / 8).nc"
        return row % 20 == 5 ? "\(path) 0 0" : "\(path) \(1000 * row) \(100 + row)"
    }
}

@Suite struct TableTests {
    @Test func thereAreTables() { #expect(ParquetFixtures.names.count == 34) }

    @Test(arguments: ParquetFixtures.names) func eachTableHoldsTheSameRows(name: String) throws {
        #expect(try ParquetFixtures.decode(ParquetFixtures.bytes(name)) == ParquetFixtures.right)
    }

    @Test func equalPathsBecomeOne() throws {
        let file = try ParquetFixtures.open(ParquetFixtures.bytes("arrow_plain_v1.parq"))
        let paths = try #require(try file.byteArrays("path", isDistinct: true))
        #expect(paths.values.count == 13)
        #expect(paths.codes.count == 100)
    }

    @Test func columnsThatAreNotThereAreNil() throws {
        let file = try ParquetFixtures.open(ParquetFixtures.bytes("arrow_plain_v1.parq"))
        #expect(try file.integers("nothing") == nil)
    }

    @Test func columnsOfAnotherTypeAreRefused() throws {
        let file = try ParquetFixtures.open(ParquetFixtures.bytes("arrow_plain_v1.parq"))
        #expect(throws: KerchunkError.self) { try file.integers("path") }
        #expect(throws: KerchunkError.self) { try file.byteArrays("offset", isDistinct: false) }
    }

    @Test func moreRowsThanAPartitionMayHaveAreRefused() throws {
        let source = MemorySource(try ParquetFixtures.bytes("arrow_plain_v1.parq"))
        #expect(throws: KerchunkError.self) {
            try ParquetFile(source, codecs: ParquetFixtures.codecs, limits: ParquetLimits(rows: 99))
        }
    }

    @Test func compressionThatIsNotAtHandIsNamed() throws {
        let source = MemorySource(try ParquetFixtures.bytes("arrow_dictionary_snappy.parq"))
        let file = try ParquetFile(source, codecs: CodecDirectory([]), limits: ParquetLimits(rows: 100))
        do {
            _ = try file.integers("offset")
            Issue.record("it was read")
        } catch {
            #expect(error.kind == .unsupported)
            #expect(error.message.contains("snappy"))
        }
    }
}
