// SPDX-License-Identifier: Apache-2.0
// The chunks of many inputs on one grid, read by runs of positions.

import KerchunkBytes
import KerchunkModel
import KerchunkReferences

/// Pulls rows from the inputs that they lie in. Along the last joined axis inputs follow each other; what lies behind
/// that axis is contiguous in inputs and output alike.
struct CombinedManifest: ManifestSource {
    let grid: ChunkGrid
    private let join: ArrayPlan.Join
    private let library: InputLibrary
    /// By part: its grid with an extent of 1 along new axes.
    private let grids: [[UInt64]]
    /// The number of the last joined axis in the output, and chunks behind one step along it.
    private let lastAxis: Int
    private let trailing: UInt64
    /// Chunks of one line: all that lies behind one step along the axes before the last joined one.
    private let line: UInt64
    /// Runs of fewer positions are not worth a read.
    private static let worthwhileRun: UInt64 = 256

    init(_ join: ArrayPlan.Join, grid: ChunkGrid, library: InputLibrary) {
        self.join = join
        self.grid = grid
        self.library = library
        let rank = grid.rank
        grids = join.parts.map { part in
            var grid = part.source.gridShape
            for axis in join.axes where axis.isNew { grid.insert(1, at: min(axis.number, grid.count)) }
            return Array(grid.prefix(rank))
        }
        lastAxis = join.axes.last?.number ?? 0
        trailing = grid.shape.dropFirst(lastAxis + 1).reduce(1, *)
        line = trailing * grid.shape[lastAxis]
    }

    var preferredRun: UInt64 { max(1 << 16, grid.count >> 20) }

    /// Where inputs alternate in short runs, several lines are read at once.
    var minimumRun: UInt64 {
        let segments = UInt64(max(1, (join.axes.last?.starts.count ?? 1) - 1))
        let run = max(1, line / segments)
        guard segments > 1, line < grid.count, run < Self.worthwhileRun else { return 1 }
        return (line.multiplied(by: Self.worthwhileRun / run)) ?? .max
    }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        try .building(UInt64(positions.count), expecting: positions.count) { builder in
            var next = positions.lowerBound
            while next < positions.upperBound {
                let (number, inner) = next.quotientAndRemainder(dividingBy: line)
                let place = linePlace(number)
                let lines = min(place.count, (positions.upperBound - next) / line)
                if inner == 0, lines > 0 {
                    try copy(
                        place, lines: lines, within: 0..<line, start: positions.lowerBound, into: &builder)
                    next += lines * line
                } else {
                    let end = min(line, inner + positions.upperBound - next)
                    try copy(
                        place, lines: 1, within: inner..<end, start: positions.lowerBound, into: &builder)
                    next += end - inner
                }
            }
        }
    }

    /// A line, and how many follow it that lie in the same cells, in the order in which the inputs have them.
    private struct LinePlace {
        let number: UInt64
        let count: UInt64
        /// Along the axes before the last joined one.
        let coordinates: [UInt64]
        /// By joined axis but the last: the segment.
        let segments: [Int]
    }

    private func linePlace(_ number: UInt64) -> LinePlace {
        var coordinates = [UInt64](repeating: 0, count: lastAxis)
        var rest = number
        for axis in stride(from: lastAxis - 1, through: 0, by: -1) {
            (rest, coordinates[axis]) = rest.quotientAndRemainder(dividingBy: grid.shape[axis])
        }
        var segments: [Int] = []
        for axis in join.axes.dropLast() {
            segments.append(Self.segment(at: coordinates[axis.number], of: axis.starts))
        }
        guard join.axes.count > 1 else {
            return LinePlace(
                number: number, count: grid.count / line - number, coordinates: coordinates,
                segments: segments)
        }
        let axis = join.axes[join.axes.count - 2]
        let step = grid.shape[axis.number + 1..<lastAxis].reduce(1, *)
        let inStep = number % step
        let left =
            axis.isNew ? 1 : axis.starts[segments[segments.count - 1] + 1] - coordinates[axis.number]
        return LinePlace(
            number: number, count: left * step - inStep, coordinates: coordinates, segments: segments)
    }

    /// The last segment that starts at `index` or before.
    private static func segment(at index: UInt64, of starts: [UInt64]) -> Int {
        var low = 0
        var high = starts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }

    /// Copies the positions `within` of each of `lines` lines.
    /// - Parameter start: the position that is row 0 of the builder.
    private func copy(
        _ place: LinePlace, lines: UInt64, within: Range<UInt64>, start: UInt64,
        into builder: inout ManifestBuilder
    ) throws {
        guard let axis = join.axes.last else { return }
        var first = 0
        for (segment, outer) in zip(place.segments, join.axes) {
            first = first * (outer.starts.count - 1) + segment
        }
        let count = axis.starts.count - 1
        var segment = Self.segment(at: within.lowerBound / trailing, of: axis.starts)
        while segment < count, axis.starts[segment] * trailing < within.upperBound {
            let own = axis.starts[segment] * trailing..<axis.starts[segment + 1] * trailing
            let wanted = own.clamped(to: within)
            let owner = join.cells[first * count + segment]
            if owner >= 0, !wanted.isEmpty {
                try copy(
                    part: Int(owner), place, lines: lines, segment: segment, own: own, wanted: wanted,
                    start: start,
                    into: &builder)
            }
            segment += 1
        }
    }

    private func copy(
        part number: Int, _ place: LinePlace, lines: UInt64, segment: Int, own: Range<UInt64>,
        wanted: Range<UInt64>, start: UInt64, into builder: inout ManifestBuilder
    ) throws {
        let part = join.parts[number]
        let shape = grids[number]
        guard let axis = join.axes.last else { return }
        // The line's number among those of the input.
        var inputLine: UInt64 = 0
        var joined = 0
        for index in 0..<lastAxis {
            var coordinate = place.coordinates[index]
            if joined < place.segments.count, join.axes[joined].number == index {
                let outer = join.axes[joined]
                coordinate = outer.isNew ? 0 : Self.local(coordinate, part.runs[joined])
                joined += 1
            }
            inputLine = inputLine * shape[index] + coordinate
        }
        let length = shape[lastAxis] * trailing
        let local = axis.isNew ? 0 : Self.local(axis.starts[segment], part.runs[join.axes.count - 1])
        let from = local * trailing + (wanted.lowerBound - own.lowerBound)
        let width = wanted.upperBound - wanted.lowerBound
        let input = try library.rows(of: part.source)
        let target = place.number * line + wanted.lowerBound - start
        if axis.isNew, width > trailing || wanted.lowerBound % trailing + width > trailing {
            // One chunk of the input for several places.
            for offset in 0..<width {
                try copy(
                    input, inputLine * length + (wanted.lowerBound + offset) % trailing, 1, lines: lines,
                    length: length, to: target + offset, into: &builder)
            }
            return
        }
        let offset = axis.isNew ? wanted.lowerBound % trailing : from
        try copy(
            input, inputLine * length + offset, width, lines: lines, length: length, to: target,
            into: &builder)
    }

    /// Copies `width` positions from each of `lines` lines that are `length` long in the input.
    private func copy(
        _ input: InputRows, _ from: UInt64, _ width: UInt64, lines: UInt64, length: UInt64, to target: UInt64,
        into builder: inout ManifestBuilder
    ) throws {
        let line = line
        if lines == 1 || width * 2 > length {
            let end = from + (lines - 1) * length + width
            try input.forEachPresent(from..<end) { position, source, offset, size in
                let (row, column) =
                    lines == 1 ? (0, position) : position.quotientAndRemainder(dividingBy: length)
                if column < width {
                    builder.set(target + row * line + column, source: source, offset: offset, length: size)
                }
            } onOther: { position, location in
                let (row, column) =
                    lines == 1 ? (0, position) : position.quotientAndRemainder(dividingBy: length)
                if column < width { builder.set(target + row * line + column, location) }
            }
            return
        }
        for row in 0..<lines {
            try copy(
                input, from + row * length, width, lines: 1, length: length, to: target + row * line,
                into: &builder)
        }
    }

    /// The input's chunk that lies at `coordinate` of the output.
    private static func local(_ coordinate: UInt64, _ runs: [AxisPiece]) -> UInt64 {
        var low = 0
        var high = runs.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if runs[middle].position <= coordinate { low = middle } else { high = middle }
        }
        return runs[low].start + coordinate - runs[low].position
    }
}
