// SPDX-License-Identifier: Apache-2.0
// How the elements of a source dataset lie in a virtual one: boxes of equal shape.

import KerchunkBytes

/// A box of the virtual dataset that shows a box of the source; axes of the source that it has no extent along are
/// not among `lengths`.
struct MappedBox: Hashable, Sendable {
    /// First corner in the virtual dataset, one number an axis.
    let virtualStart: [UInt64]
    /// First corner in the source, one number an axis of the source.
    let sourceStart: [UInt64]
    /// Extent along each axis of the virtual dataset.
    let lengths: [UInt64]
    /// For each axis of the virtual dataset the axis of the source that runs along it; nil where the extent is 1.
    let sourceAxes: [Int?]
}

/// Runs along one axis.
private struct AxisRun {
    let virtualStart: UInt64
    let sourceStart: UInt64
    let length: UInt64
}

extension Selection {
    var isUnlimited: Bool {
        if case .regular(let axes) = self { axes.contains(where: \.isUnlimited) } else { false }
    }

    /// The selection with unlimited blocks cut at `extent`, and `all` spelled out; nil for one that is not regular.
    func axes(within extent: [UInt64]) -> [AxisSelection]? {
        switch self {
        case .none: return nil
        case .all: return extent.map { AxisSelection(start: 0, stride: max($0, 1), count: 1, block: $0) }
        case .blocks(let blocks):
            guard blocks.count == 1, let only = blocks.first, only.first.count == extent.count else {
                return nil
            }
            var axes: [AxisSelection] = []
            for (first, last) in zip(only.first, only.last) {
                guard last >= first, let length = (last - first).adding(1) else { return nil }
                axes.append(AxisSelection(start: first, stride: length, count: 1, block: length))
            }
            return axes
        case .regular(let axes):
            guard axes.count == extent.count else { return nil }
            return zip(axes, extent).map { $0.limited(to: $1) }
        }
    }
}

extension AxisSelection {
    /// With unlimited counts and blocks ending at `extent`; limited ones stay as they are.
    func limited(to extent: UInt64) -> AxisSelection {
        var axis = self
        let room = extent > start ? extent - start : 0
        if block == nil { axis.block = room }
        if count == nil { axis.count = room.dividedRoundingUp(by: stride) }
        return axis
    }

    /// Elements selected; the last block may be cut by `extent`.
    func elementCount(within extent: UInt64) -> UInt64 {
        runs(within: extent).reduce(0) { $0 + $1.length }
    }

    /// The blocks, neighbours joined, cut at `extent`. At most a million, else none.
    fileprivate func runs(within extent: UInt64) -> [(start: UInt64, length: UInt64)] {
        guard let count, let block, count > 0, block > 0, count <= 1 << 20 else { return [] }
        if stride == block || count == 1 {
            guard let total = count.multiplied(by: block) else { return [] }
            return start < extent ? [(start, min(total, extent - start))] : []
        }
        var runs: [(start: UInt64, length: UInt64)] = []
        for index in 0..<count {
            guard let step = index.multiplied(by: stride), let first = start.adding(step), first < extent
            else { break }
            runs.append((first, min(block, extent - first)))
        }
        return runs
    }
}

/// Pairs the elements of two regular selections of equal size, in C order.
/// - Returns: nil where the pairing is no set of boxes, or needs more than `limit` of them.
func mappedBoxes(
    from source: [AxisSelection], of sourceShape: [UInt64], to virtual: [AxisSelection],
    of virtualShape: [UInt64],
    limit: Int
) -> [MappedBox]? {
    let sourceRuns = zip(source, sourceShape).map { $0.runs(within: $1) }
    let virtualRuns = zip(virtual, virtualShape).map { $0.runs(within: $1) }
    func total(_ runs: [(start: UInt64, length: UInt64)]) -> UInt64 { runs.reduce(0) { $0 + $1.length } }
    if sourceRuns.contains(where: { total($0) == 0 }) || virtualRuns.contains(where: { total($0) == 0 }) {
        return []
    }
    let longSourceAxes = sourceRuns.indices.filter { total(sourceRuns[$0]) > 1 }
    let longVirtualAxes = virtualRuns.indices.filter { total(virtualRuns[$0]) > 1 }
    guard longSourceAxes.count == longVirtualAxes.count,
        zip(longSourceAxes, longVirtualAxes).allSatisfy({ total(sourceRuns[$0]) == total(virtualRuns[$1]) })
    else { return nil }
    var sourceAxes = [Int?](repeating: nil, count: virtual.count)
    for (sourceAxis, virtualAxis) in zip(longSourceAxes, longVirtualAxes) {
        sourceAxes[virtualAxis] = sourceAxis
    }
    let fixedSource = sourceRuns.map { $0[0].start }
    let runs = virtualRuns.indices.map { axis -> [AxisRun] in
        guard let sourceAxis = sourceAxes[axis] else {
            return [AxisRun(virtualStart: virtualRuns[axis][0].start, sourceStart: 0, length: 1)]
        }
        return pair(virtualRuns[axis], sourceRuns[sourceAxis])
    }
    guard let count = checkedProduct(runs.map { UInt64($0.count) }), count <= UInt64(limit) else {
        return nil
    }
    var boxes: [MappedBox] = []
    boxes.reserveCapacity(Int(count))
    for number in 0..<count {
        var rest = number
        var start = [UInt64](repeating: 0, count: virtual.count)
        var lengths = start
        var sourceStart = fixedSource
        for axis in runs.indices.reversed() {
            let run = runs[axis][Int(rest % UInt64(runs[axis].count))]
            rest /= UInt64(runs[axis].count)
            start[axis] = run.virtualStart
            lengths[axis] = run.length
            if let sourceAxis = sourceAxes[axis] { sourceStart[sourceAxis] = run.sourceStart }
        }
        boxes.append(
            MappedBox(virtualStart: start, sourceStart: sourceStart, lengths: lengths, sourceAxes: sourceAxes)
        )
    }
    return boxes
}

/// Cuts two lists of runs with equal totals at each other's ends.
private func pair(
    _ virtual: [(start: UInt64, length: UInt64)], _ source: [(start: UInt64, length: UInt64)]
) -> [AxisRun] {
    var pairs: [AxisRun] = []
    var (v, s) = (0, 0)
    var (usedV, usedS): (UInt64, UInt64) = (0, 0)
    while v < virtual.count, s < source.count {
        let length = min(virtual[v].length - usedV, source[s].length - usedS)
        pairs.append(
            AxisRun(
                virtualStart: virtual[v].start + usedV, sourceStart: source[s].start + usedS, length: length))
        usedV += length
        usedS += length
        if usedV == virtual[v].length { (v, usedV) = (v + 1, 0) }
        if usedS == source[s].length { (s, usedS) = (s + 1, 0) }
    }
    return pairs
}
