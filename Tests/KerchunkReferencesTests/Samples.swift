// SPDX-License-Identifier: Apache-2.0
// Datasets and outputs for tests.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage

/// Keeps what is written.
final class MemoryOutput: Upload {
    private(set) var text: [UInt8] = []
    private(set) var pieces = 0

    func write(_ bytes: RawSpan) {
        pieces += 1
        // SAFETY: the pointer is used during the call only.
        unsafe bytes.withUnsafeBytes { unsafe text.append(contentsOf: $0) }
    }
    func commit() {}
    func abort() {}
}

func written(_ dataset: VirtualDataset, _ change: (inout JSONReferenceWriter.Options) -> Void = { _ in })
    throws -> String
{
    var options = JSONReferenceWriter.Options()
    change(&options)
    let output = MemoryOutput()
    try JSONReferenceWriter(options: options, codecs: compressionCodecs).write(dataset, to: output)
    return String(decoding: output.text, as: UTF8.self)
}

/// The members of `refs` of `dataset`, as our own JSON parser reads them.
func references(_ dataset: VirtualDataset) throws -> JSONObject {
    let document = try JSONScanner.parse(Bytes(try written(dataset)))
    return document.object?["refs"]?.object ?? [:]
}

/// An array of doubles, one element a chunk, with `fill` filling the manifest.
func array(_ shape: [UInt64], _ fill: (inout ManifestBuilder) -> Void) throws -> VirtualArray {
    guard let grid = ChunkGrid(shape: shape) else { throw KerchunkError(.usage, "no grid") }
    var builder = ManifestBuilder(grid: grid)
    fill(&builder)
    return VirtualArray(
        shape: shape, chunkShape: shape.map { _ in 1 }, dataType: .float(width: 8, .little),
        chunks: builder.finish())
}

/// A dataset with one array `name`.
func dataset(
    named name: String = "a", _ shape: [UInt64], urls: [String] = ["/f.nc"],
    _ fill: (inout ManifestBuilder) -> Void
) throws -> VirtualDataset {
    var dataset = VirtualDataset()
    for url in urls { _ = dataset.sources.intern(url) }
    dataset.root[name] = .array(try array(shape, fill))
    return dataset
}

let firstSource = SourceIndex(row: 0)
