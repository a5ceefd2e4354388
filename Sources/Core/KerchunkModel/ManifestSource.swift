// SPDX-License-Identifier: Apache-2.0
// Where chunks are, however that is stored.

/// Positions that are held at once for the sake of `minimumRun`: 160 MB of columns.
package let largestRun: UInt64 = 8 << 20

/// Chunk locations that can be read by runs of positions: a manifest in memory, or a reference set on disk.
public protocol ManifestSource: Sendable {
    var grid: ChunkGrid { get }
    /// Positions that are cheap to read together; runs that start at its multiples suit best.
    var preferredRun: UInt64 { get }
    /// Runs of fewer positions cost about as much as one of this many: large where each run asks many inputs.
    var minimumRun: UInt64 { get }
    /// The locations of `positions`, as a manifest whose row 0 is `positions.lowerBound`.
    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest
}

extension ManifestSource {
    public var minimumRun: UInt64 { 1 }

    /// Positions to read at a time by those who go through all of them.
    /// - Parameter limit: positions that `minimumRun` may ask for; `preferredRun` is kept beyond it.
    package func sequentialRun(limit: UInt64 = largestRun) -> UInt64 {
        Swift.max(1, preferredRun, Swift.min(minimumRun, limit))
    }

    /// Calls `body` with manifests that together hold all positions, in order.
    public func forEachRun(_ body: (_ start: UInt64, ChunkManifest) throws -> Void) throws {
        let run = sequentialRun()
        var start: UInt64 = 0
        while start < grid.count {
            let end = start + Swift.min(run, grid.count - start)
            try body(start, try rows(start..<end))
            start = end
        }
    }
}
