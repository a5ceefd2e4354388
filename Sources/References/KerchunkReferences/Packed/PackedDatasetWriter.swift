// SPDX-License-Identifier: Apache-2.0
// Writes a dataset as one packed file. Layout: docs/packed.md.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Streams a dataset to an output: chunks block by block, then what there is to know of them.
public struct PackedDatasetWriter: Sendable {
    private let codecs: CodecDirectory
    private let compressionLevel: Int
    private let blockRows: Int
    private let limits: ReferenceLimits

    /// - Parameters:
    ///   - codecs: `zstd`.
    ///   - compressionLevel: zstd's: 1 to 22, or below 0 for speed.
    ///   - blockRows: chunks of a block, up to 8192: fewer where short runs will be read.
    public init(
        codecs: CodecDirectory, compressionLevel: Int = 1, blockRows: Int = 8192,
        limits: ReferenceLimits = ReferenceLimits()
    ) {
        self.codecs = codecs
        self.compressionLevel = compressionLevel
        self.blockRows = max(1, min(blockRows, PackedLayout.blockRows))
        self.limits = limits
    }

    /// Writes `dataset`, with all sources of its table; the caller commits `output`.
    /// - Parameters:
    ///   - issues: what is not in the dataset, to be known to those who open it.
    ///   - note: anything else that they shall know.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public func write(
        _ dataset: VirtualDataset, issues: [Issue] = [], note: JSONObject = [:],
        to output: any Upload, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        var metadata = PackedMetadata()
        metadata.root = dataset.root
        metadata.looseKeys = dataset.looseKeys
        metadata.issues = issues
        metadata.note = note
        do {
            let codec = try codecs.codec(
                CodecSpec("zstd", ["level": .integer(compressionLevel), "checksum": true]))
            var run = PackedRun(
                output, codec: codec, blockRows: blockRows, limits: limits, cancellation: cancellation)
            return try run.write(metadata, sources: dataset.sources)
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}

/// One run of the writer.
private struct PackedRun: ~Copyable {
    private let output: any Upload
    private let codec: any Codec
    private let limits: ReferenceLimits
    private let cancellation: Cancellation
    private var size: UInt64 = 0
    private var referenceCount: UInt64 = 0
    private var block: PackedBlockBuilder
    private var tables = PackedTables()

    init(
        _ output: any Upload, codec: any Codec, blockRows: Int, limits: ReferenceLimits,
        cancellation: Cancellation
    ) {
        block = PackedBlockBuilder(rows: blockRows)
        self.output = output
        self.codec = codec
        self.limits = limits
        self.cancellation = cancellation
    }

    mutating func write(_ metadata: PackedMetadata, sources: SourceTable) throws -> UInt64 {
        try put(Bytes(PackedLayout.header))
        try metadata.root.forEachMemberArray { array in try write(array.chunks) }
        if let keys = metadata.looseKeys { try write(keys.values) }
        // Manifests that are read lazily show their sources as they go, so these come behind the chunks.
        tables.sources = sources.sources
        let start = size
        let documents = try put(frame: Bytes(try metadata.text()), limit: limits.documentSize)
        let rows = try put(frame: Bytes(tables.bytes), limit: PackedLayout.largestTables)
        precondition(documents.range.offset == start)
        try put(Bytes(PackedFooter(metadata: documents, tables: rows).bytes))
        return referenceCount
    }

    private mutating func put(_ bytes: Bytes) throws {
        try output.write(bytes.span)
        size += UInt64(bytes.count)
    }

    private mutating func put(frame decoded: Bytes, limit: Int) throws -> PackedFrame {
        guard decoded.count <= limit else {
            throw KerchunkError(.limit, "\(decoded.count) bytes of metadata cannot be packed")
        }
        let stored = try codec.encode(decoded)
        let offset = size
        try put(stored)
        return PackedFrame(
            range: ByteRange(offset..<offset + UInt64(stored.count)), decodedSize: UInt64(decoded.count))
    }

    private mutating func write(_ chunks: any ManifestSource) throws {
        var directory = PackedDirectory(gridCount: chunks.grid.count)
        let number = UInt32(tables.directories.count)
        // The first block answers for all positions before it as well.
        block.start = 0
        try chunks.forEachRun { first, manifest in
            try cancellation.check()
            try manifest.forEachPresent(
                onRange: { position, source, offset, length in
                    if block.isFull { try finishBlock(number, &directory, next: first + position) }
                    block.append(first + position, source, offset, length)
                },
                onOther: { position, location in
                    if block.isFull { try finishBlock(number, &directory, next: first + position) }
                    if case .inline(let bytes) = location, bytes.count > limits.memberSize {
                        throw KerchunkError(
                            .limit, "an inline chunk of \(bytes.count) bytes cannot be packed")
                    }
                    block.append(first + position, location)
                })
        }
        if !block.isEmpty { try finishBlock(number, &directory, next: 0) }
        tables.directories.append(directory)
    }

    /// - Parameter next: where the block behind this one starts.
    private mutating func finishBlock(
        _ number: UInt32, _ directory: inout PackedDirectory, next: UInt64
    ) throws {
        let offset = size
        referenceCount += UInt64(block.count)
        for piece in try block.finish(array: number, codec: codec) where !piece.isEmpty { try put(piece) }
        directory.append(start: block.start, from: offset, to: size)
        block.start = next
    }
}

extension VirtualGroup {
    /// Calls `visit` for all arrays in the order in which packed metadata list them.
    fileprivate func forEachMemberArray(_ visit: (VirtualArray) throws -> Void) throws {
        for (_, member) in members {
            switch member {
            case .array(let array): try visit(array)
            case .group(let group): try group.forEachMemberArray(visit)
            }
        }
    }
}
