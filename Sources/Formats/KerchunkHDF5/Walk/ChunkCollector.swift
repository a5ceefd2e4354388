// SPDX-License-Identifier: Apache-2.0
// Places the chunks that an index lists on the grid of their dataset.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Takes the chunks of one dataset from the decoders of its index, and makes a manifest of them.
struct ChunkCollector: ~Copyable {
    let grid: ChunkGrid
    let axes: [ChunkAxis]
    /// Bytes of a chunk without filters.
    let chunkSize: UInt64
    /// Whether the dataset has filters; else all chunks are `chunkSize` bytes, whatever an index says.
    let isFiltered: Bool
    /// Where chunks may lie.
    let space: ChunkSpace
    /// Chunks outside the dataset's extent.
    var outsideCount: UInt64 = 0
    /// Chunks behind the end of a file that is cut off.
    var cutCount: UInt64 = 0

    private let limit: UInt64
    private var builder: ManifestBuilder
    private var masks = FilterMasks()

    init(grid: ChunkGrid, layout: ChunkedLayout, isFiltered: Bool, space: ChunkSpace, limit: UInt64) {
        self.grid = grid
        let strides = grid.strides
        axes = grid.shape.indices.map {
            ChunkAxis(chunkExtent: layout.chunkShape[$0], count: grid.shape[$0], stride: strides[$0])
        }
        chunkSize = layout.chunkSize
        self.isFiltered = isFiltered
        self.space = space
        self.limit = limit
        builder = ManifestBuilder(grid: grid, expecting: 0)
    }

    /// Says before the first chunk about how many will come.
    /// - Parameter count: no more than the file has room for.
    mutating func expect(_ count: UInt64) {
        guard builder.placedCount == 0 else { return }
        builder = ManifestBuilder(grid: grid, expecting: count)
    }

    /// Places a chunk of a filtered dataset.
    /// - Parameters:
    ///   - address: relative to the superblock's base address.
    ///   - storedSize: bytes in the file.
    @inline(__always)
    mutating func place(
        at position: UInt64, address: UInt64, storedSize: UInt64, filterMask: UInt32
    ) throws(ParseError) {
        let size = isFiltered ? storedSize : chunkSize
        guard address <= space.endAddress, size <= space.endAddress - address else {
            guard space.isCut else { throw space.error(address: address, size: size) }
            cutCount += 1
            return
        }
        if filterMask != masks.common { masks.note(filterMask, at: position) }
        if builder.placedCount >= limit { throw tooMany(at: address) }
        builder.set(
            position, source: SourceIndex(row: 0), offset: space.start + address, length: size)
    }

    private func tooMany(at address: UInt64) -> ParseError {
        ParseError("more than \(limit) chunks", in: "chunk index", at: address)
    }

    /// The manifest; to be called once.
    mutating func finish() throws(ParseError) -> ChunkEntries {
        let placed = builder.placedCount
        let (manifest, replaced) = take().finishCounting()
        guard replaced == 0 else {
            throw ParseError(
                "\(replaced) of \(placed) chunks are listed twice", in: "chunk index", at: space.start)
        }
        masks.settle(for: manifest.manifest, count: placed)
        return ChunkEntries(
            manifest: manifest, commonMask: masks.common ?? 0, deviatingMasks: masks.deviating,
            outsideCount: outsideCount, cutCount: cutCount)
    }

    private mutating func take() -> ManifestBuilder {
        var taken = ManifestBuilder(grid: grid, expecting: 0)
        swap(&taken, &builder)
        return taken
    }
}

/// One axis of a chunk grid.
struct ChunkAxis: Sendable {
    /// Elements of a chunk.
    let chunkExtent: UInt64
    /// Chunks.
    let count: UInt64
    /// How far the position moves with one chunk.
    let stride: UInt64
    /// ⌈2⁶⁴ / chunkExtent⌉, wrapped to 0 for 1: divides numbers below 2³² by a multiplication.
    private let reciprocal: UInt64

    init(chunkExtent: UInt64, count: UInt64, stride: UInt64) {
        self.chunkExtent = chunkExtent
        self.count = count
        self.stride = stride
        reciprocal = chunkExtent <= 1 ? 0 : UInt64.max / chunkExtent + 1
    }

    /// The chunk that starts at element `offset`; nil where none does.
    @inline(__always)
    func chunk(startingAt offset: UInt64) -> UInt64? {
        if chunkExtent == 1 { return offset }
        let small = (offset | chunkExtent) >> 32 == 0
        let quotient = small ? offset.multipliedFullWidth(by: reciprocal).high : offset / chunkExtent
        // No overflow: the quotient is at most offset / chunkExtent.
        return quotient &* chunkExtent == offset ? quotient : nil
    }
}

/// The part of a source that chunks may lie in.
struct ChunkSpace: Sendable {
    /// Where address 0 lies in the file: the superblock's base address.
    let start: UInt64
    /// The end of the file, as an address relative to the superblock's base address.
    let endAddress: UInt64
    /// Whether the file is cut off, so that chunks behind its end are missing.
    let isCut: Bool

    func error(address: UInt64, size: UInt64) -> ParseError {
        ParseError(
            "a chunk of \(size) bytes is at address \(address), but the file ends at \(endAddress)",
            in: "chunk index", at: start.adding(address) ?? address)
    }
}

extension ChunkedLayout {
    /// Bytes of a chunk without filters; the decoder has checked that they fit.
    var chunkSize: UInt64 { checkedProduct(chunkShape + [elementSize]) ?? .max }
}
