// SPDX-License-Identifier: Apache-2.0
// Any bytes as a partition of a Parquet reference set: chunks or an error, never a trap.

import Kerchunk

/// A set of one array, whose only partition is what the fuzzer made.
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

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    guard
        let opened = try? ParquetReferenceReader(codecs: BuiltinCodecs.directory).read(
            OnePartition(partition: bytes), name: "fuzz"),
        case .array(let array) = opened.dataset.root["x"]
    else { return 0 }
    // The length chooses what is asked for first, so that a crash file reproduces by itself.
    let first = UInt64(count % 100)
    for positions in [first..<first + 1, 0..<100] {
        guard let manifest = try? array.chunks.rows(positions) else { continue }
        manifest.forEachPresent { _, location in
            if case .range(let source, _) = location { _ = opened.dataset.sources[source] }
        }
    }
    return 0
}
