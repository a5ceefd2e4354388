// SPDX-License-Identifier: Apache-2.0
// Where chunks are, however that is stored.

/// Chunk locations that can be read by runs of positions: a manifest in memory, or a reference set on disk.
public protocol ManifestSource: Sendable {
    var grid: ChunkGrid { get }
    /// Positions that are cheap to read together; runs that start at its multiples suit best.
    var preferredRun: UInt64 { get }
    /// The locations of `positions`, as a manifest whose row 0 is `positions.lowerBound`.
    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest
}

extension ManifestSource {
    /// Calls `body` with manifests that together hold all positions, in order.
    public func forEachRun(_ body: (_ start: UInt64, ChunkManifest) throws -> Void) throws {
        var start: UInt64 = 0
        while start < grid.count {
            let end = min(grid.count, start + Swift.min(preferredRun, grid.count - start))
            try body(start, try rows(start..<end))
            start = end
        }
    }
}
