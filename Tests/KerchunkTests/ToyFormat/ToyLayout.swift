// SPDX-License-Identifier: Apache-2.0
// Translate: where the chunks of a toy file are.

import Kerchunk

struct ToyLayout {
    let shape: [UInt64]
    let chunkShape: [UInt64]

    init(_ header: ToyHeader, splitsRows: Bool) {
        shape = [header.rows, header.columns]
        chunkShape = [splitsRows ? 1 : max(header.rows, 1), max(header.columns, 1)]
    }

    /// Bytes of a chunk. Two numbers of 32 bits and their width stay below 2^66: the file's size is checked first.
    private var chunkSize: UInt64 {
        chunkShape[0].multiplied(by: chunkShape[1]).flatMap { $0.multiplied(by: 4) } ?? .max
    }
    var chunkCount: UInt64 { shape[0].dividedRoundingUp(by: chunkShape[0]) }
    /// One past the last byte of the file.
    var end: UInt64 {
        let values = shape[0].multiplied(by: shape[1]).flatMap { $0.multiplied(by: 4) }
        return values.flatMap { $0.adding(ToyHeader.size) } ?? .max
    }

    /// The array, with references into `source`, or with its values where a chunk has fewer than `embedding` bytes.
    func array(
        in source: any ByteSource, _ sources: inout SourceTable, embedding: UInt64
    ) throws -> VirtualArray {
        guard let grid = ChunkGrid(covering: shape, by: chunkShape) else {
            throw KerchunkError(.malformed, "the shape \(shape) has too many chunks")
        }
        let placement = try source.referencedPlacement()
        let index = sources.intern(placement.url, stamp: try source.stamp)
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<grid.count where chunkSize > 0 && shape[1] > 0 {
            let offset = ToyHeader.size + position * chunkSize
            if chunkSize < embedding {
                builder.set(
                    position, .inline(try source.read(ByteRange(offset..<offset + chunkSize))))
            } else {
                builder.set(
                    position, source: index, offset: placement.baseOffset + offset, length: chunkSize)
            }
        }
        return VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: .float(width: 4, .little),
            chunks: builder.finish())
    }
}
