// SPDX-License-Identifier: Apache-2.0
// Fills a manifest from chunks in any order.

public import KerchunkBytes

/// Collects chunk locations; dense where the grid is small or well filled, else sparse: 20 bytes for each
/// position, or 28 for each chunk.
@safe public struct ManifestBuilder: ~Copyable {
    public let grid: ChunkGrid
    /// Chunks that were placed, those that replaced others included.
    @inlinable public var placedCount: UInt64 { storedPlacedCount }
    @usableFromInline var storedPlacedCount: UInt64 = 0
    @usableFromInline var replacedCount: UInt64 = 0

    /// Grids of at most this many chunks get a row for each position, whatever is known.
    private static let smallGrid: UInt64 = 1 << 16
    /// The same where nothing is known of the number of chunks.
    private static let unknownGrid: UInt64 = 1 << 22

    @usableFromInline var rows: ManifestRows
    @usableFromInline let isDense: Bool
    /// Positions of the rows in the order of their coming; only where sparse.
    private var positions: [UInt64] = []
    private var isAscending = true
    private var inline: [Bytes] = []

    /// - Parameter expected: about how many chunks will come, where that is known; never a number that only
    ///   a file claims.
    public init(grid: ChunkGrid, expecting expected: UInt64? = nil) {
        let isDense =
            if grid.count <= Self.smallGrid { true } else if let expected { expected >= grid.count / 4 } else
            {
                grid.count <= Self.unknownGrid
            }
        self.init(grid: grid, isDense: isDense, isFull: expected.map { $0 >= grid.count / 2 } ?? false)
    }

    /// - Parameters:
    ///   - isDense: whether each position gets a row, which takes memory as the rows are set.
    ///   - isFull: whether nearly all positions will be set.
    package init(grid: ChunkGrid, isDense: Bool, isFull: Bool = false) {
        self.grid = grid
        self.isDense = isDense
        rows = ManifestRows(capacity: isDense ? Int(grid.count) : 0, isFull: isFull)
    }

    /// Places a chunk; a later one replaces an earlier one at the same position, which lies inside the grid.
    public mutating func set(_ position: UInt64, _ location: ChunkLocation) {
        precondition(position < grid.count)
        if location == .missing, !isDense { return }
        let row = newRow(at: position)
        rows.set(row: row, location, inline: &inline)
    }

    /// Places a chunk that is a range of a file.
    @inlinable @inline(__always)
    public mutating func set(_ position: UInt64, source: SourceIndex, offset: UInt64, length: UInt64) {
        precondition(position < grid.count)
        let row = newRow(at: position)
        rows.set(row: row, source: source, offset: offset, length: length)
    }

    /// The row that the next chunk, at `position`, goes to.
    @inlinable @inline(__always) mutating func newRow(at position: UInt64) -> Int {
        storedPlacedCount += 1
        guard isDense else { return newSparseRow(at: position) }
        let row = Int(position)
        if rows.isPresent(row: row) { replacedCount += 1 }
        return row
    }

    @usableFromInline mutating func newSparseRow(at position: UInt64) -> Int {
        let row = positions.count
        if row == rows.capacity { rows.grow(to: max(64, row + row / 2)) }
        if let last = positions.last, last >= position { isAscending = false }
        positions.append(position)
        return row
    }

    public consuming func finish() -> MemoryManifest { finishCounting().manifest }

    /// The manifest, and how many chunks were placed where one was already.
    package consuming func finishCounting() -> (manifest: MemoryManifest, replacedCount: UInt64) {
        if !isDense, !isAscending { sort() }
        let count = isDense ? rows.capacity : positions.count
        let columns = rows.columns(positions: isDense ? nil : positions, inline: inline)
        let manifest = ChunkManifest(
            positionCount: grid.count, columns: columns, window: 0..<count, firstPosition: 0)
        return (MemoryManifest(grid: grid, manifest: manifest), replacedCount)
    }

    /// Brings the rows into the order of their positions; of equal positions the last one set stays.
    private mutating func sort() {
        let sorted = ascendingOrder(of: positions, below: grid.count)
        var kept: [Int] = []
        var keptPositions: [UInt64] = []
        kept.reserveCapacity(sorted.count)
        keptPositions.reserveCapacity(sorted.count)
        for index in sorted.indices {
            let position = positions[sorted[index]]
            if index + 1 < sorted.count, positions[sorted[index + 1]] == position { continue }
            kept.append(sorted[index])
            keptPositions.append(position)
        }
        replacedCount = UInt64(sorted.count - kept.count)
        positions = keptPositions
        rows.gather(kept)
    }
}

/// The indices of `keys` in ascending order of the keys, equal ones in the order that they have.
/// - Complexity: O(n) for each 11 bits of `bound`, which all keys are below.
func ascendingOrder(of keys: [UInt64], below bound: UInt64) -> [Int] {
    var order = Array(keys.indices)
    var next = order
    var shift = 0
    while shift < 64, (bound - 1) >> UInt64(shift) > 0 {
        var starts = [Int](repeating: 0, count: 2049)
        for key in keys { starts[Int(key >> UInt64(shift) & 2047) + 1] += 1 }
        for digit in 1...2048 { starts[digit] += starts[digit - 1] }
        for index in order {
            let digit = Int(keys[index] >> UInt64(shift) & 2047)
            next[starts[digit]] = index
            starts[digit] += 1
        }
        swap(&order, &next)
        shift += 11
    }
    return order
}

extension MemoryManifest {
    /// The same chunks with the bytes of some embedded.
    public func embedding(_ chunks: [(position: UInt64, bytes: Bytes)]) -> MemoryManifest {
        replacing(chunks.lazy.map { ($0.position, .inline($0.bytes)) })
    }

    /// The same chunks with some replaced.
    public func replacing(_ chunks: some Sequence<(UInt64, ChunkLocation)>) -> MemoryManifest {
        var builder = ManifestBuilder(grid: grid)
        manifest.forEachPresent { builder.set($0, $1) }
        for (position, location) in chunks { builder.set(position, location) }
        return builder.finish()
    }
}
