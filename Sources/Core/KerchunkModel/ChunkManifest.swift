// SPDX-License-Identifier: Apache-2.0
// Where each chunk of an array is: columns, not dictionaries.

public import KerchunkBytes

/// Where the bytes of one chunk are.
public enum ChunkLocation: Hashable, Sendable {
    /// Never written; readers show the fill value.
    case missing
    /// The stored bytes themselves.
    case inline(Bytes)
    /// All of a file.
    case wholeFile(SourceIndex)
    /// Part of a file.
    case range(SourceIndex, ByteRange)
}

/// Locations for a run of positions on a chunk grid: three flat columns, and a side table for inline bytes.
///
/// Dense runs have a row for each position; sparse ones have rows for the chunks that exist, and a sorted column of
/// their positions. Equality is by content.
public struct ChunkManifest: Sendable {
    /// Number of positions, missing ones included.
    public let positionCount: UInt64
    @usableFromInline package let columns: ManifestColumns
    /// Rows of `columns` that this manifest shows.
    @usableFromInline package let window: Range<Int>
    /// What to subtract from the sparse position column.
    @usableFromInline package let firstPosition: UInt64

    package init(positionCount: UInt64, columns: ManifestColumns, window: Range<Int>, firstPosition: UInt64) {
        self.positionCount = positionCount
        self.columns = columns
        self.window = window
        self.firstPosition = firstPosition
    }

    /// The location of the chunk at `position` (C order).
    public subscript(position: UInt64) -> ChunkLocation {
        precondition(position < positionCount)
        guard let positions = columns.positions else {
            return columns.location(row: window.lowerBound + Int(position))
        }
        let row = lowerBound(of: position, in: positions)
        guard row < window.upperBound, positions[row] == position + firstPosition else { return .missing }
        return columns.location(row: row)
    }

    private func lowerBound(of position: UInt64, in positions: [UInt64]) -> Int {
        var low = window.lowerBound
        var high = window.upperBound
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] < position + firstPosition { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The locations of `positions`, sharing the columns.
    public func slice(_ positions: Range<UInt64>) -> ChunkManifest {
        precondition(positions.upperBound <= positionCount)
        guard let column = columns.positions else {
            let start = window.lowerBound + Int(positions.lowerBound)
            return ChunkManifest(
                positionCount: UInt64(positions.count), columns: columns,
                window: start..<start + positions.count, firstPosition: 0)
        }
        let start = lowerBound(of: positions.lowerBound, in: column)
        let end = lowerBound(of: positions.upperBound, in: column)
        return ChunkManifest(
            positionCount: positions.upperBound - positions.lowerBound, columns: columns, window: start..<end,
            firstPosition: firstPosition + positions.lowerBound)
    }

    /// Calls `body` for each chunk that is not missing, in order of position.
    public func forEachPresent<E: Error>(
        _ body: (_ position: UInt64, ChunkLocation) throws(E) -> Void
    ) throws(E) {
        for row in window where columns.isPresent(row: row) {
            try body(position(ofRow: row), columns.location(row: row))
        }
    }

    /// The same at the speed of the columns: `onRange` gets chunks that are part of a file, `onOther` the rest.
    @inlinable package func forEachPresent<E: Error>(
        onRange: (_ position: UInt64, SourceIndex, _ offset: UInt64, _ length: UInt64) throws(E) -> Void,
        onOther: (_ position: UInt64, ChunkLocation) throws(E) -> Void
    ) throws(E) {
        for row in window {
            switch columns.kind(row: row) {
            case .missing: break
            case .range(let source, let offset, let length):
                try onRange(position(ofRow: row), source, offset, length)
            case .other: try onOther(position(ofRow: row), columns.location(row: row))
            }
        }
    }

    /// The position that `row` of the columns stands for.
    @inlinable package func position(ofRow row: Int) -> UInt64 {
        if let positions = columns.positions {
            positions[row] - firstPosition
        } else {
            UInt64(row - window.lowerBound)
        }
    }

    /// Bytes that the columns take, shared or not.
    package var memorySize: Int { columns.memorySize }

    /// How many chunks are not missing.
    public var presentCount: Int {
        window.reduce(0) { $0 + (columns.isPresent(row: $1) ? 1 : 0) }
    }
}

extension ChunkManifest: Hashable {
    public static func == (one: ChunkManifest, other: ChunkManifest) -> Bool {
        guard one.positionCount == other.positionCount, one.presentCount == other.presentCount else {
            return false
        }
        var isEqual = true
        one.forEachPresent { position, location in
            if isEqual, other[position] != location { isEqual = false }
        }
        return isEqual
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(positionCount)
        forEachPresent { position, location in
            hasher.combine(position)
            hasher.combine(location)
        }
    }
}

/// A whole manifest in memory, with the shape of its grid.
public struct MemoryManifest: ManifestSource, Hashable {
    public let grid: ChunkGrid
    public let manifest: ChunkManifest

    public init(grid: ChunkGrid, manifest: ChunkManifest) {
        precondition(grid.count == manifest.positionCount)
        self.grid = grid
        self.manifest = manifest
    }

    /// A manifest without chunks, which takes no memory.
    public static func empty(_ grid: ChunkGrid) -> MemoryManifest { ManifestBuilder(grid: grid).finish() }

    public var preferredRun: UInt64 { max(grid.count, 1) }
    public func rows(_ positions: Range<UInt64>) -> ChunkManifest { manifest.slice(positions) }
}
