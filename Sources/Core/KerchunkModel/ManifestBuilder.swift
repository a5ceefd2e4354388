// SPDX-License-Identifier: Apache-2.0
// Fills a manifest from chunks in any order.

import KerchunkBytes

/// Collects chunk locations; dense where the grid is small or well filled, else sparse.
public struct ManifestBuilder: ~Copyable {
    public let grid: ChunkGrid
    /// Grids of at most this many chunks get a row for each position at once.
    private static let denseLimit: UInt64 = 1 << 22

    private let dense: ManifestColumns?
    private var positions: [UInt64] = []
    private var locations: [ChunkLocation] = []

    public init(grid: ChunkGrid) {
        self.grid = grid
        dense = grid.count <= Self.denseLimit ? ManifestColumns(capacity: Int(grid.count)) : nil
    }

    /// Places a chunk; a later one replaces an earlier one at the same position, which lies inside the grid.
    public mutating func set(_ position: UInt64, _ location: ChunkLocation) {
        precondition(position < grid.count)
        if let dense {
            dense.set(row: Int(position), location)
        } else {
            positions.append(position)
            locations.append(location)
        }
    }

    /// Places a chunk that is a range of a file.
    @inline(__always)
    public mutating func set(_ position: UInt64, source: SourceIndex, offset: UInt64, length: UInt64) {
        if let dense {
            precondition(position < grid.count)
            dense.set(row: Int(position), source: source, offset: offset, length: length)
        } else {
            set(position, .range(source, ByteRange(offset..<offset + length)))
        }
    }

    public consuming func finish() -> MemoryManifest {
        if let dense {
            return MemoryManifest(
                grid: grid,
                manifest: ChunkManifest(
                    positionCount: grid.count, columns: dense, window: 0..<dense.capacity, firstPosition: 0))
        }
        // Sort rows by position; of equal positions the last one set wins.
        let order = positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
        let kept = order.indices.filter { $0 + 1 == order.count || positions[order[$0]] != positions[order[$0 + 1]] }
        let columns = ManifestColumns(capacity: kept.count)
        columns.positions = kept.map { positions[order[$0]] }
        for (row, index) in kept.enumerated() { columns.set(row: row, locations[order[index]]) }
        return MemoryManifest(
            grid: grid,
            manifest: ChunkManifest(
                positionCount: grid.count, columns: columns, window: 0..<kept.count, firstPosition: 0))
    }
}
