// SPDX-License-Identifier: Apache-2.0
// Inputs of combinations for tests, and random choices that can be repeated.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkReading
import KerchunkReferences
import KerchunkStorage

@testable import KerchunkCombining

/// Numbers that look random and are the same for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        // Wraps on purpose.
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { pick(1...100) <= percent }
}

func bytes(_ values: [Double]) -> Bytes {
    Bytes(
        values.flatMap { value in
            (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64(8 * $0)) }
        })
}

let double = DataType.float(width: 8, .little)

/// An array whose one chunk holds `values`.
func embedded(
    _ values: [Double], shape: [UInt64]? = nil, dimensions: [String], attributes: JSONObject = [:]
) -> VirtualArray {
    let shape = shape ?? [UInt64(values.count)]
    var builder = ManifestBuilder(grid: ChunkGrid(shape: shape.map { _ in 1 }) ?? .scalar)
    builder.set(0, .inline(bytes(values)))
    return VirtualArray(
        shape: shape, chunkShape: shape, dataType: double, attributes: attributes, dimensionNames: dimensions,
        chunks: builder.finish())
}

/// An array of doubles whose chunks are ranges of `source`, number by number.
func referenced(
    shape: [UInt64], chunkShape: [UInt64], dimensions: [String], source: SourceIndex,
    missing: (UInt64) -> Bool = { _ in false }
) throws -> VirtualArray {
    guard let grid = ChunkGrid(covering: shape, by: chunkShape) else {
        throw KerchunkError(.usage, "no grid")
    }
    var builder = ManifestBuilder(grid: grid)
    for position in 0..<grid.count where !missing(position) {
        builder.set(position, source: source, offset: 100 * position, length: 10)
    }
    return VirtualArray(
        shape: shape, chunkShape: chunkShape, dataType: double, dimensionNames: dimensions,
        chunks: builder.finish())
}

/// Combines datasets in memory.
func combined(
    _ inputs: [(name: String, dataset: VirtualDataset)], _ request: CombineRequest
) throws -> (plan: CombinePlan, dataset: VirtualDataset) {
    let reader = ArrayReader(
        codecs: CodecDirectory([]), sources: SourceReader { throw KerchunkError(.notFound, $0) })
    let summarizer = InputSummarizer(request: request, reader: reader)
    let summaries = try inputs.enumerated().map {
        try summarizer.summarize($1.dataset, name: $1.name, index: $0)
    }
    let library = InputLibrary(count: inputs.count, limit: 1) { index throws(KerchunkError) in
        inputs[index].dataset
    }
    let reading = InputReading { index, variables throws(KerchunkError) in
        var values: [Bytes] = []
        for variable in variables {
            let (array, table) = try library.array(variable, of: index)
            values.append(try reader.elements(of: array, in: table))
        }
        return values
    } hasMissingChunks: { index, variable throws(KerchunkError) in
        do {
            return try ChunkSurvey(try library.array(variable, of: index).0).missing > 0
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
    let plan = try CombinePlanner(
        request: request, pool: WorkerPool(width: 2), codecs: CodecDirectory([]), reading: reading
    ).plan(
        summaries)
    return (plan, try CombineExecutor(plan: plan, library: library).dataset())
}

/// All that a dataset says, in lines: metadata, and where each chunk is.
func dump(_ dataset: VirtualDataset) throws -> [String] {
    var lines: [String] = ["\(JSONValue.object(dataset.root.attributes).serialized())"]
    let sources = dataset.sources
    try dataset.root.forEachArray { path, array in
        lines.append(
            "\(path) \(array.shape) \(array.chunkShape) \(array.dataType) \(array.missing.unwritten) \(array.dimensionNames ?? []) \(JSONValue.object(array.attributes).serialized())"
        )
        try array.chunks.forEachRun { start, manifest in
            manifest.forEachPresent { position, location in
                lines.append("\(path) \(start + position) \(text(location, sources))")
            }
        }
    }
    return lines.sorted()
}

func text(_ location: ChunkLocation, _ sources: SourceTable) -> String {
    switch location {
    case .missing: "nothing"
    case .inline(let bytes): "\(bytes.array)"
    case .wholeFile(let source): sources.sources[Int(source.row)].url
    case .range(let source, let range):
        "\(sources.sources[Int(source.row)].url) \(range.offset) \(range.count)"
    }
}
