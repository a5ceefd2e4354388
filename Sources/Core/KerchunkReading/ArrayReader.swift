// SPDX-License-Identifier: Apache-2.0
// Whole arrays of a size that fits into memory, decoded.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel

/// Reads arrays through their references.
public struct ArrayReader: Sendable {
    package let codecs: CodecDirectory
    private let sources: SourceReader
    /// Bytes of an array that is read at most.
    public static let limit: UInt64 = 1 << 28
    /// Bytes that a step between codecs may have more than the decoded chunk: checksums, headers of frames.
    package static let stepOverhead = 1 << 16
    /// Chunks that are fetched together.
    private static let batch: UInt64 = 1024

    public init(codecs: CodecDirectory, sources: SourceReader) {
        self.codecs = codecs
        self.sources = sources
    }

    /// The elements of `array` in C order, in the byte order of its type, texts in their container; fill values where chunks
    /// are missing.
    public func elements(of array: VirtualArray, in table: SourceTable) throws(KerchunkError) -> Bytes {
        if array.dataType == .text { return try TextContainer.bytes(of: texts(of: array, in: table)) }
        let width = array.dataType.size
        guard !array.dataType.isObject, width > 0 else {
            throw KerchunkError(.unsupported, "variable-length objects have no raw form")
        }
        let counts = try checkSizes(of: array, width: width)
        let chunkSize = counts.chunkCount * width
        var elements = [UInt8](repeating: 0, count: counts.count * width)
        if case .element(let fill) = array.missing.unwritten, fill.array.contains(where: { $0 != 0 }) {
            guard fill.count == width else {
                throw KerchunkError(.malformed, "the fill value is not an element of the array")
            }
            let pattern = fill.array
            for index in elements.indices { elements[index] = pattern[index % width] }
        }
        try forEachChunk(of: array, in: table, limit: chunkSize + Self.stepOverhead) {
            (coordinates, chunk) throws(KerchunkError) in
            guard chunk.count == chunkSize else {
                throw wrongSize(coordinates, "\(chunk.count) bytes", "\(chunkSize)")
            }
            place(chunk.array, width: width, at: coordinates, of: array, in: &elements)
        }
        return Bytes(elements)
    }

    /// The elements of an array of texts in C order.
    private func texts(of array: VirtualArray, in table: SourceTable) throws(KerchunkError) -> [String] {
        let (count, chunkCount) = try checkSizes(of: array, width: MemoryLayout<String>.stride)
        var fill = ""
        if case .text(let text) = array.missing.unwritten { fill = text }
        var texts = [String](repeating: fill, count: count)
        var left = Int(Self.limit)
        guard fill.utf8.count <= left / max(count, 1) else { throw tooLarge(array) }
        try forEachChunk(of: array, in: table, limit: left) {
            (coordinates, container) throws(KerchunkError) in
            left -= container.count
            guard left >= 0 else { throw tooLarge(array) }
            let chunk = try TextContainer.texts(in: container)
            guard chunk.count == chunkCount else {
                throw wrongSize(coordinates, "\(chunk.count) strings", "\(chunkCount)")
            }
            place(chunk, width: 1, at: coordinates, of: array, in: &texts)
        }
        return texts
    }

    /// - Parameter width: bytes that an element takes here.
    /// - Returns: elements of the array and of a chunk.
    private func checkSizes(
        of array: VirtualArray, width: Int
    ) throws(KerchunkError) -> (count: Int, chunkCount: Int) {
        guard let count = checkedProduct(array.shape), let size = count.multiplied(by: UInt64(width)),
            let chunkCount = checkedProduct(array.chunkShape),
            let chunkSize = chunkCount.multiplied(by: UInt64(width)), max(size, chunkSize) <= Self.limit
        else { throw tooLarge(array) }
        return (Int(count), Int(chunkCount))
    }

    private func tooLarge(_ array: VirtualArray) -> KerchunkError {
        KerchunkError(
            .limit,
            "an array of shape \(array.shape) in chunks of \(array.chunkShape) exceeds the limit of \(Self.limit) bytes for reading an array as a whole"
        )
    }

    private func wrongSize(_ coordinates: [UInt64], _ found: String, _ expected: String) -> KerchunkError {
        KerchunkError(
            .malformed,
            "chunk \(ChunkKeyEncoding.dots.key(coordinates)) decodes to \(found), expected \(expected)")
    }

    /// Calls `body` with the coordinates and decoded bytes of each chunk that is there.
    /// - Parameter limit: bytes of a decoded chunk.
    private func forEachChunk(
        of array: VirtualArray, in table: SourceTable, limit: Int,
        _ body: ([UInt64], Bytes) throws(KerchunkError) -> Void
    ) throws(KerchunkError) {
        let pipeline = try CodecPipeline(array, from: codecs)
        let grid = array.chunks.grid
        var start: UInt64 = 0
        while start < grid.count {
            let end = min(grid.count, start + Self.batch)
            var positions: [UInt64] = []
            var locations: [ChunkLocation] = []
            do {
                try array.chunks.rows(start..<end).forEachPresent {
                    positions.append(start + $0)
                    locations.append($1)
                }
            } catch {
                throw KerchunkError(wrapping: error)
            }
            for (position, stored) in zip(positions, try sources.bytes(locations, of: table)) {
                try body(grid.coordinates(of: position), try pipeline.decode(stored, limit: limit))
            }
            start = end
        }
    }

    /// Copies the part of a chunk that lies inside the array.
    /// - Parameter width: parts of `elements` that an element has.
    private func place<Part>(
        _ chunk: [Part], width: Int, at coordinates: [UInt64], of array: VirtualArray,
        in elements: inout [Part]
    ) {
        let origin = zip(coordinates, array.chunkShape).map { $0 * $1 }
        let extents = origin.indices.map { min(array.chunkShape[$0], array.shape[$0] - origin[$0]) }
        let box = BoxInArrays(
            extents, from: .init(origin.map { _ in 0 }, of: array.chunkShape),
            to: .init(origin, of: array.shape))
        for run in box {
            elements.replaceSubrange(
                run.to * width..<(run.to + run.count) * width,
                with: chunk[run.from * width..<(run.from + run.count) * width])
        }
    }
}
