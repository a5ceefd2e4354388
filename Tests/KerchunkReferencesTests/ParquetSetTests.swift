// SPDX-License-Identifier: Apache-2.0
// The reference sets in Fixtures/parquet/sets, as kerchunk and fsspec write them, and as GDAL does.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Synchronization
import Testing

@Suite struct ParquetSetTests {
    private static var folder: String {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Fixtures/parquet/sets"
    }

    private static let right: [String] = (0..<100).compactMap { row in
        if row % 10 == 3 { return nil }
        if row % 10 == 7 { return "\(row): inline \([UInt8](repeating: UInt8(row), count: row % 7))" }
        let path = "s3://bucket/f\(row / 8).nc"
        return row % 20 == 5 ? "\(row): \(path)" : "\(row): \(path) \(1000 * row) \(100 + row)"
    }

    @Test(arguments: ["kerchunk", "mapper", "mapper_category"])
    func setsOfOtherWritersAreRead(name: String) throws {
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            "\(Self.folder)/\(name).parq")
        #expect(opened.recordSize == 30)
        #expect(opened.issues.isEmpty)
        #expect(opened.dataset.root.attributes == ["title": "a set"])
        let content = try ParquetSamples.content(opened.dataset)
        #expect(content["x"].map { Array($0.dropFirst()) } == Self.right)
        #expect(content["g/s"]?.dropFirst() == ["0: s3://bucket/s.nc 8 8"])
    }

    @Test func shortPartitionsAndThoseWithoutAFileAreRead() throws {
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            "\(Self.folder)/short.parq")
        let content = try ParquetSamples.content(opened.dataset)
        #expect(
            content["x"].map { Array($0.dropFirst()) }
                == Self.right.filter { line in
                    // The file of rows 60 to 89 is not there.
                    line.prefix { $0 != ":" }.count != 2 || !("60"..<"90").contains(String(line.prefix(2)))
                })
    }

    @Test func urlsAreInternedOnceAcrossPartitions() throws {
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            "\(Self.folder)/mapper.parq")
        #expect(opened.dataset.sources.count == 0)
        _ = try ParquetSamples.content(opened.dataset)
        #expect(opened.dataset.sources.count == 14)
    }

    @Test func runsAcrossPartitionsAreJoined() throws {
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(
            "\(Self.folder)/mapper.parq")
        guard case .array(let array) = opened.dataset.root["x"] else { return }
        let run = try array.chunks.rows(25..<95)
        #expect(run.positionCount == 70)
        #expect(run[8] == .missing)
        #expect(run[2] == .inline(Bytes([UInt8](repeating: 27, count: 6))))
        guard case .range(_, let range) = run[69] else { return }
        #expect(range == ByteRange(94_000..<94_194))
        #expect(try array.chunks.rows(40..<40).positionCount == 0)
    }

    @Test func openingReadsMetadataOnly() throws {
        let store = CountingStore(LocalDirectory("\(Self.folder)/mapper.parq"))
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(store, name: "mapper")
        #expect(store.opened == [".zmetadata", "sources.json"])
        guard case .array(let array) = opened.dataset.root["x"] else { return }
        for _ in 0..<3 { _ = try array.chunks.rows(31..<32) }
        #expect(store.opened.filter { $0.hasSuffix(".parq") } == ["x/refs.1.parq"])
    }

    @Test func namesThatLeadOutOfTheSetAreIssues() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let array =
            #"{"shape":[1],"chunks":[1],"dtype":"<f8","compressor":null,"filters":null,"fill_value":0,"order":"C","zarr_format":2}"#
        try ParquetSamples.write(
            Array(
                #"{"metadata":{"../up/.zarray":\#(array),"a//b/.zarray":\#(array)},"record_size":10}"#.utf8),
            to: directory + "/.zmetadata")
        let opened = try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(directory)
        #expect(opened.issues.count == 2)
        #expect(opened.dataset.root.names.isEmpty)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"metadata":{}}"#, #"{"metadata":{},"record_size":0}"#,
        #"{"metadata":{},"record_size":-5}"#, #"{"metadata":[],"record_size":5}"#,
    ])
    func metadataThatMakeNoSenseAreRefused(text: String) throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        try ParquetSamples.write(Array(text.utf8), to: directory + "/.zmetadata")
        #expect(throws: KerchunkError.self) {
            try ParquetReferenceReader(codecs: ParquetSamples.codecs).read(directory)
        }
    }

    @Test func damagedPartitionsAreErrorsWithThePlace() throws {
        let directory = try ParquetSamples.temporaryDirectory()
        defer { Platform.removeTree(directory) }
        let path = directory + "/out.parq"
        try ParquetReferenceWriter(codecs: ParquetSamples.codecs)
            .write(try ParquetSamples.variety(in: directory), to: path)
        let file = try LocalFile(path + "/tas/refs.0.parq")
        let bytes = try file.read(ByteRange(0..<file.size()))
        for seed in 0..<UInt64(300) {
            try ParquetSamples.write(
                flippingBits(of: bytes, count: 2, seed: seed).array, to: path + "/tas/refs.0.parq")
            do {
                _ = try ParquetSamples.content(
                    ParquetReferenceReader(codecs: ParquetSamples.codecs).read(path).dataset)
            } catch let error as KerchunkError {
                #expect(error.object != nil && error.url != nil)
            }
        }
    }
}

/// Notes which files are opened.
private final class CountingStore: ObjectStore {
    private let base: any ObjectStore
    private let keys = Mutex<[String]>([])

    init(_ base: any ObjectStore) { self.base = base }

    var opened: [String] { keys.withLock { $0 } }
    func open(_ key: String) throws -> any ByteSource {
        keys.withLock { $0.append(key) }
        return try base.open(key)
    }
    func list(prefix: String) throws -> [ObjectInfo] { try base.list(prefix: prefix) }
}
