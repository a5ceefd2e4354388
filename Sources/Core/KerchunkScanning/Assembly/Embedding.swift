// SPDX-License-Identifier: Apache-2.0
// Chunks that references cannot tell: they are read, decoded, brought into the array's form, and embedded.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
import KerchunkStorage

/// A chunk as the file has it, its codecs undone.
public struct DecodedChunk: Sendable {
    public let position: UInt64
    /// Elements in C order.
    public let bytes: Bytes

    public init(position: UInt64, bytes: Bytes) {
        self.position = position
        self.bytes = bytes
    }
}

/// What has to be made of a variable's chunks, because no codec of readers makes it.
public protocol ChunkConversion: Sendable {
    /// Decoded bytes of a variable that are converted; `LeftOut` for more.
    func limit(_ limits: ScanLimits) -> UInt64
    /// What the user can do where there are more.
    var remedy: String? { get }
    /// Changes `array` to what readers shall get: its data, or only its codecs.
    /// - Parameter chunks: all that exist; of an `array` in `raw` form the one that it is.
    func convert(_ array: inout ScannedArray, _ chunks: [DecodedChunk]) throws
}

/// Reads and decodes chunks of the files of a scan.
public struct ChunkReader: Sendable {
    let sources: Sources
    public let codecs: CodecDirectory

    public init(_ sources: Sources, in context: ScanContext) {
        self.sources = sources
        codecs = context.codecs
    }

    /// The stored bytes of the chunks at `locations`, in one batch a file; nil for missing ones.
    public func stored(_ locations: [ChunkLocation]) throws -> [Bytes?] {
        var results = [Bytes?](repeating: nil, count: locations.count)
        var wanted: [SourceIndex: [(index: Int, range: ByteRange)]] = [:]
        for (index, location) in locations.enumerated() {
            switch location {
            case .inline(let bytes): results[index] = bytes
            case .range(let source, let range): wanted[source, default: []].append((index, range))
            case .wholeFile(let source):
                wanted[source, default: []].append((index, ByteRange(0..<sources.size(of: source))))
            case .missing: break
            }
        }
        for (source, chunks) in wanted {
            for (chunk, bytes) in zip(chunks, try sources.read(chunks.map(\.range), from: source)) {
                results[chunk.index] = bytes
            }
        }
        return results
    }

    /// The elements of a stored chunk.
    /// - Parameters:
    ///   - codecs: in the order in which they encode.
    ///   - size: bytes of the decoded chunk.
    public func decoded(_ stored: Bytes, codecs: [CodecSpec], size: Int) throws(KerchunkError) -> Bytes {
        try decoded(stored, try CodecPipeline(codecs, from: self.codecs), size: size)
    }

    func decoded(_ stored: Bytes, _ pipeline: CodecPipeline, size: Int) throws(KerchunkError) -> Bytes {
        // Codecs may add some bytes of their own before the last one is undone.
        let limit = size.adding(size / 8)?.adding(4096) ?? .max
        let bytes = try pipeline.decode(stored, limit: limit)
        guard bytes.count >= size else {
            throw KerchunkError(.malformed, "a chunk decodes to \(bytes.count) bytes instead of \(size)")
        }
        return bytes[0..<size]
    }
}

/// Embeds what has to be, of one variable after the other.
struct Embedding: Sendable {
    let reader: ChunkReader
    let limits: ScanLimits

    /// Converts `array` as its conversion says.
    func convert(_ array: inout ScannedArray, _ chunks: ScannedChunks) throws {
        guard let conversion = array.conversion else { return }
        let size = try chunkSize(array, chunks)
        let count = UInt64(chunks.manifest.manifest.presentCount)
        let total = size.multiplied(by: count) ?? .max
        let limit = conversion.limit(limits)
        guard total <= limit else {
            throw LeftOut(
                "its \(total) bytes would have to be converted and embedded; the limit is \(limit)",
                remedy: conversion.remedy)
        }
        let others = Dictionary(chunks.others.map { ($0.position, $0) }) { first, _ in first }
        var present: [(position: UInt64, location: ChunkLocation)] = []
        chunks.manifest.manifest.forEachPresent { present.append(($0, $1)) }
        let stored = try reader.stored(present.map(\.location))
        let pipeline = try CodecPipeline(array.codecs, from: reader.codecs)
        let decoded = try zip(present, stored).map { chunk, bytes in
            if let other = others[chunk.position] {
                return DecodedChunk(
                    position: chunk.position, bytes: try elements(of: other, bytes, size: Int(size)))
            }
            return DecodedChunk(
                position: chunk.position,
                bytes: try reader.decoded(bytes ?? Bytes(), pipeline, size: Int(size)))
        }
        try conversion.convert(&array, decoded)
    }

    /// Embeds the chunks of `array` that are stored in another way than most.
    func embedOthers(_ array: ScannedArray, _ chunks: inout ScannedChunks) throws {
        let count = chunks.manifest.grid.count
        chunks.others.removeAll { $0.position >= count }
        guard !chunks.others.isEmpty else { return }
        let size = try chunkSize(array, chunks)
        guard size.multiplied(by: UInt64(chunks.others.count)) ?? .max <= limits.converted else {
            throw LeftOut(
                "\(chunks.others.count) of its chunks are stored differently from the rest, and are too large to embed",
                remedy: chunks.othersRemedy)
        }
        let manifest = chunks.manifest.manifest
        let stored = try reader.stored(
            chunks.others.map { $0.pieces == nil ? manifest[$0.position] : .missing })
        let pipeline = try CodecPipeline(array.codecs, from: reader.codecs)
        var replacements: [(UInt64, ChunkLocation)] = []
        for (other, bytes) in zip(chunks.others, stored) where bytes != nil || other.pieces != nil {
            let elements = try elements(of: other, bytes, size: Int(size))
            replacements.append((other.position, .inline(try pipeline.encode(elements))))
        }
        chunks.manifest = chunks.manifest.replacing(replacements)
    }

    /// The elements of a chunk with codecs of its own, zeros behind them where they are too few.
    private func elements(of chunk: OtherChunk, _ stored: Bytes?, size: Int) throws -> Bytes {
        var bytes = stored?.array ?? []
        if let pieces = chunk.pieces {
            bytes = try reader.stored(pieces).flatMap { $0?.array ?? [] }
        }
        let decodedSize = min(chunk.decodedSize ?? size, size)
        let decoded = try reader.decoded(Bytes(bytes), codecs: chunk.codecs, size: decodedSize)
        if decodedSize == size { return decoded }
        return Bytes(decoded.array + [UInt8](repeating: 0, count: size - decodedSize))
    }

    /// Bytes of a decoded chunk as the file has it.
    private func chunkSize(_ array: ScannedArray, _ chunks: ScannedChunks) throws(LeftOut) -> UInt64 {
        guard let size = checkedProduct(chunks.shape + [UInt64(max(0, array.storedElementSize))]),
            size <= UInt64(Int.max)
        else { throw LeftOut("the size of its chunks cannot be counted") }
        return size
    }
}
