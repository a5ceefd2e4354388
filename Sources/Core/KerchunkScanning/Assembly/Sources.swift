// SPDX-License-Identifier: Apache-2.0
// The files that a scan's chunks lie in, open for reading.

public import KerchunkBytes
public import KerchunkModel
import KerchunkReading
public import KerchunkStorage

/// The files of one scan, each a row of the dataset's source table.
///
/// Offsets are those in the file as it was opened; where that is a part of another one, as a member of an archive is, references
/// are moved there in the end.
public struct Sources: Sendable {
    package let table = SourceTable()
    private var opened: [SourceIndex: OpenedSource] = [:]

    private struct OpenedSource: Sendable {
        let source: any ByteSource
        let size: UInt64
        /// Where byte 0 of `source` lies in the file that references name.
        let baseOffset: UInt64
        let embedsSmallChunks: Bool
    }

    public init() {}

    /// The row of `source`, added where it is new.
    /// - Parameters:
    ///   - fullSize: bytes that it says it has; more than there are where it is cut off.
    ///   - embedsSmallChunks: whether its small chunks are embedded; those of files that the scanned one only refers to are not.
    /// - Throws: where its bytes exist nowhere as they are.
    public mutating func add(
        _ source: any ByteSource, fullSize: UInt64? = nil, embedsSmallChunks: Bool = true
    ) throws -> SourceIndex {
        let placement = try source.referencedPlacement()
        let size = try source.size()
        var stamp = try source.stamp
        if let fullSize, fullSize > size { stamp.fullSize = fullSize }
        let index = table.intern(placement.url, stamp: stamp)
        opened[index] = OpenedSource(
            source: source, size: size, baseOffset: placement.baseOffset,
            embedsSmallChunks: embedsSmallChunks || opened[index]?.embedsSmallChunks == true)
        return index
    }

    /// Bytes of the file.
    public func size(of index: SourceIndex) -> UInt64 { opened[index]?.size ?? 0 }

    /// Reads `ranges` in one batch.
    public func read(_ ranges: [ByteRange], from index: SourceIndex) throws -> [Bytes] {
        guard let file = opened[index] else {
            throw KerchunkError(.input, "the file is not open", url: table[index].url)
        }
        return try file.source.read(ranges)
    }

    /// By row: whether small chunks are embedded.
    var embedsSmallChunks: [Bool] {
        (0..<table.count).map { opened[SourceIndex(row: UInt32($0))]?.embedsSmallChunks == true }
    }

    /// Whether reads wait for a network.
    var isRemote: Bool { opened.values.contains { $0.source.isRemote } }

    /// Throws where a file changed since it was opened: what was read of it may not fit together.
    func refuseChanged() throws {
        for (index, file) in opened.sorted(by: { $0.key < $1.key }) {
            if let change = try file.source.stamp.change(to: file.source.currentStamp) {
                throw KerchunkError(
                    .changed,
                    "the file changed while it was scanned: \(change); scan it again when it is complete",
                    url: table[index].url)
            }
        }
    }

    /// The same chunks, their offsets as references have them.
    func placed(_ chunks: MemoryManifest) throws(ParseError) -> MemoryManifest {
        guard opened.values.contains(where: { $0.baseOffset > 0 }) else { return chunks }
        let bases = (0..<table.count).map { opened[SourceIndex(row: UInt32($0))]?.baseOffset ?? 0 }
        var builder = ManifestBuilder(grid: chunks.grid, expecting: UInt64(chunks.manifest.presentCount))
        try chunks.manifest.forEachPresent(
            onRange: { position, source, offset, length throws(ParseError) in
                guard source.row < bases.count, let moved = offset.adding(bases[Int(source.row)]),
                    moved.adding(length) != nil
                else { throw ParseError("a chunk is beyond the end of any file", in: "chunk", at: offset) }
                builder.set(position, source: source, offset: moved, length: length)
            }, onOther: { position, location throws(ParseError) in builder.set(position, location) })
        return builder.finish()
    }
}
