// SPDX-License-Identifier: Apache-2.0
// Inputs that once crashed a reader, and broken fixtures, must end with a result or an error.

import Kerchunk
import KerchunkTestKit
import Testing

/// A Parquet reference set of one array with one partition.
private struct OnePartition: ObjectStore {
    let partition: Bytes
    static let metadata = Bytes(
        """
        {"metadata": {".zgroup": {"zarr_format": 2}, "x/.zarray": {"shape": [100], "chunks": [1], "dtype": "<f8",
        "compressor": null, "filters": null, "fill_value": null, "order": "C", "zarr_format": 2}}, "record_size": 1000}
        """)

    func open(_ key: String) throws -> any ByteSource {
        switch key {
        case ".zmetadata": return MemorySource(Self.metadata, url: key)
        case "sources.json": throw KerchunkError(.notFound, "there are no stamps")
        default: return MemorySource(partition, url: key)
        }
    }

    func list(prefix: String) throws -> [ObjectInfo] { [] }
}

@Suite struct FailCaseTests {
    private static let package = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        .dropLast(3).joined(separator: "/")

    private static func files(in folder: String) throws -> [String] {
        try Platform.list(package + "/" + folder).filter { !$0.hasSuffix(".md") }.map {
            package + "/" + folder + "/" + $0
        }
    }

    private func surviveAllReaders(_ path: String) throws {
        let file = try LocalFile(path)
        let bytes = try file.read(ByteRange(0..<file.size()))
        for codecs in ScanOptions.CodecSet.allCases {
            for format in [2, 3] {
                var options = ScanOptions()
                options.codecs = codecs
                guard let result = try? Kerchunk.scan(MemorySource(bytes, url: path), options: options) else {
                    continue
                }
                var saving = SavingOptions()
                saving.zarrFormat = format
                _ = try? Kerchunk.represent(result.dataset, as: saving, leavesOut: true)
            }
        }
        _ = try? JSONReferenceReader(codecs: BuiltinCodecs.directory).read(bytes)
        // blanks behind the text bring its end into reach of the reader's hot loop
        _ = try? JSONReferenceReader().read(Bytes(bytes.array + [UInt8](repeating: 0x20, count: 6000)))
        _ = try? Self.marshalled(bytes)
        if let packed = try? PackedDatasetReader(codecs: BuiltinCodecs.directory).open(MemorySource(bytes)) {
            try? packed.dataset.root.forEachArray { _, array in
                _ = try array.chunks.rows(0..<min(array.chunks.grid.count, 100_000))
            }
        }
        for kind in ArchiveKind.allCases {
            guard let archive = try? Archive(MemorySource(bytes, url: path), kind: kind) else { continue }
            for member in archive.members { _ = try? archive.open(member.name, as: path) }
        }
        let set = try ParquetReferenceReader(codecs: BuiltinCodecs.directory).read(
            OnePartition(partition: bytes), name: path)
        guard case .array(let array) = set.dataset.root["x"] else { return }
        for positions in [9..<10, 0..<100] as [Range<UInt64>] { _ = try? array.chunks.rows(positions) }
    }

    /// Opens what Python's `marshal` wrote.
    private static func marshalled(_ bytes: Bytes) throws -> Opened {
        try PythonForm().open(bytes, ReferenceReading(codecs: BuiltinCodecs.directory))
    }

    @Test func marshalledReferencesAreReadWholeOnly() throws {
        let seeds = try Self.files(in: "Fuzzing/Seeds/FuzzMarshalled").filter { $0.hasSuffix(".marshal") }
        #expect(seeds.count >= 20)
        var opened = 0
        for path in seeds {
            let file = try LocalFile(path)
            let bytes = try file.read(ByteRange(0..<file.size()))
            if (try? Self.marshalled(bytes)) != nil { opened += 1 }
            for count in 0..<min(bytes.count, 4096) where count < bytes.count {
                #expect(throws: KerchunkError.self) { try Self.marshalled(bytes[0..<count]) }
            }
        }
        // Python wrote them of sets that are read as JSON too, but for those that are broken on purpose.
        #expect(opened >= seeds.count * 3 / 4)
    }

    @Test func whatCrashedOnceIsSurvived() throws {
        for path in try Self.files(in: "Fuzzing/FailCases") { try surviveAllReaders(path) }
    }

    @Test func brokenFixturesAreSurvivedAndMostAreRefused() throws {
        let paths = try Self.files(in: "Fixtures/broken")
        #expect(paths.count >= 30)
        var refused = 0
        for path in paths {
            try surviveAllReaders(path)
            if let result = try? Kerchunk.scan(path), result.issues.isEmpty { continue }
            refused += 1
        }
        #expect(
            refused >= paths.count * 3 / 4, "only \(refused) of \(paths.count) are refused or have issues")
    }
}
