// SPDX-License-Identifier: Apache-2.0
// Where the chunks of an array are, and which are not there.

import KerchunkBytes
public import KerchunkModel

/// The chunks of one array, counted.
public struct ChunkSurvey: Sendable {
    /// Chunks, missing ones included.
    public let chunks: UInt64
    /// Chunks in files.
    public private(set) var references: UInt64 = 0
    /// Chunks that are whole files; they are references, too.
    public private(set) var wholeFiles: UInt64 = 0
    /// Embedded chunks.
    public private(set) var inline: UInt64 = 0
    /// Bytes in files, as the references claim; whole files, whose size is not known, count nothing.
    public private(set) var storedBytes: UInt64 = 0
    public private(set) var inlineBytes: UInt64 = 0
    /// Which chunks are missing, by axis; empty where none is.
    public private(set) var gaps: [AxisGaps] = []

    public var missing: UInt64 { chunks - references - inline }

    /// Axes of more chunks are not looked at one by one.
    private static let longestAxis: UInt64 = 1 << 22

    /// - Parameter onReference: gets the source of each reference, and its bytes (0 for whole files).
    public init(
        _ array: VirtualArray, onReference: (SourceIndex, _ bytes: UInt64) -> Void = { _, _ in }
    ) throws {
        let grid = array.chunks.grid
        chunks = grid.count
        var presence = AxisPresence(grid, longestAxis: Self.longestAxis)
        try array.chunks.forEachRun { start, manifest in
            manifest.forEachPresent(
                onRange: { position, source, _, length in
                    references += 1
                    storedBytes = storedBytes.adding(length) ?? .max
                    onReference(source, length)
                    presence.add(start + position)
                },
                onOther: { position, location in
                    switch location {
                    case .inline(let bytes):
                        inline += 1
                        inlineBytes += UInt64(bytes.count)
                    case .wholeFile(let source):
                        references += 1
                        wholeFiles += 1
                        onReference(source, 0)
                    case .range, .missing: return
                    }
                    presence.add(start + position)
                })
        }
        if missing > 0 { gaps = presence.gaps(in: array) }
    }
}

/// Where chunks are missing along one axis.
public struct AxisGaps: Hashable, Sendable {
    public let axis: Int
    /// Ascending; neighbours that lack equally many chunks are one.
    public let gaps: [Gap]

    /// A run of indices along the axis, each of which lacks as many chunks.
    public struct Gap: Hashable, Sendable {
        /// Indices of chunks.
        public let chunks: Range<UInt64>
        /// Indices of elements.
        public let elements: Range<UInt64>
        /// Chunks that are missing, at all of these indices together.
        public let missing: UInt64
        /// Chunks that there are at these indices, missing ones included.
        public let total: UInt64

        public var isWhole: Bool { missing == total }
    }

    /// Chunks that are missing where everything at an index is.
    public var wholeCount: UInt64 { gaps.reduce(0) { $0 + ($1.isWhole ? $1.missing : 0) } }
}

/// How many chunks are there at each index of each axis.
private struct AxisPresence {
    private let grid: ChunkGrid
    /// By axis; empty for axes that are too long, or have one chunk.
    private var counts: [[UInt64]]
    private var walk: GridWalk
    private var next: UInt64 = 0

    init(_ grid: ChunkGrid, longestAxis: UInt64) {
        self.grid = grid
        counts = grid.shape.map { $0 > 1 && $0 <= longestAxis ? Array(repeating: 0, count: Int($0)) : [] }
        walk = GridWalk(grid.shape)
    }

    mutating func add(_ position: UInt64) {
        // Most chunks follow their neighbours.
        if position != next { walk.move(to: position) }
        for axis in counts.indices where !counts[axis].isEmpty {
            counts[axis][Int(walk.coordinates[axis])] += 1
        }
        next = position + 1
        walk.advance()
    }

    func gaps(in array: VirtualArray) -> [AxisGaps] {
        counts.indices.compactMap { axis in
            let counts = counts[axis]
            guard !counts.isEmpty else { return nil }
            let chunksAtIndex = grid.count / grid.shape[axis]
            var gaps: [AxisGaps.Gap] = []
            var start = 0
            while start < counts.count {
                var end = start + 1
                while end < counts.count, counts[end] == counts[start] { end += 1 }
                if counts[start] < chunksAtIndex {
                    let length = array.chunkShape[axis]
                    let elements =
                        UInt64(start)
                        * length..<min(((UInt64(end) - 1) * length).adding(length) ?? .max, array.shape[axis])
                    gaps.append(
                        AxisGaps.Gap(
                            chunks: UInt64(start)..<UInt64(end), elements: elements,
                            missing: (chunksAtIndex - counts[start]) * UInt64(end - start),
                            total: chunksAtIndex * UInt64(end - start)))
                }
                start = end
            }
            return gaps.isEmpty ? nil : AxisGaps(axis: axis, gaps: gaps)
        }
    }
}
