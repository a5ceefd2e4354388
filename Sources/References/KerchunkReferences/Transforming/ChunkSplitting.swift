// SPDX-License-Identifier: Apache-2.0
// Uncompressed chunks cut into equal parts.

import KerchunkBytes
public import KerchunkModel
import KerchunkStorage

extension VirtualDataset {
    /// The same dataset with each chunk of the array at `path` cut into `factor` equal parts along its first axes.
    /// - Throws: where the array is compressed, or `factor` does not cut its chunks into equal, contiguous parts.
    public func subchunking(_ path: String, factor: UInt64) throws(KerchunkError) -> VirtualDataset {
        guard let array = root.array(at: path) else {
            try VariableFilter(included: [path]).check(against: root)
            let meant = root.arrayPaths.filter { NamePatterns.matches($0, path) }.prefix(3)
            throw KerchunkError(
                .usage,
                "\"\(path)\" is a pattern or only a name; give the path of one variable: "
                    + meant.joined(separator: " or "))
        }
        let place = path.hasPrefix("/") ? String(path.dropFirst()) : path
        do {
            let split = try ChunkSplit(array, factor: factor)
            var changed = array
            changed.chunkShape = split.chunkShape
            changed.chunks = SplitManifest(
                base: array.chunks, split: split, grid: try split.grid(of: array), table: sources)
            var dataset = self
            dataset.root = root.mappingArrays { $0 == place ? changed : $1 }
            return dataset
        } catch {
            throw error.locating(object: "/" + place)
        }
    }
}

/// How chunks are cut: the first axes to single elements, one more into equal parts.
package struct ChunkSplit {
    /// Parts along each axis.
    let factors: [UInt64]
    /// Elements of a part along each axis.
    package let chunkShape: [UInt64]
    /// Bytes of a chunk before.
    let chunkSize: UInt64
    let partCount: UInt64
    /// The last axis that is cut.
    let lastAxis: Int

    package init(_ array: VirtualArray, factor: UInt64) throws(KerchunkError) {
        if let codec = array.codecs.first {
            throw KerchunkError(
                .unsupported,
                "its chunks use the codec \"\(codec.id)\"; only uncompressed chunks can be split")
        }
        guard !array.dataType.isObject,
            let size = checkedProduct(array.chunkShape + [UInt64(array.dataType.size)])
        else { throw KerchunkError(.unsupported, "its chunks have no fixed size, so they cannot be split") }
        var factors = array.chunkShape.map { _ in UInt64(1) }
        var rest = factor
        for (axis, length) in array.chunkShape.enumerated() where rest > 1 {
            if length % rest == 0 {
                factors[axis] = rest
                rest = 1
            } else if rest % length == 0 {
                factors[axis] = length
                rest /= length
            } else {
                break
            }
        }
        guard factor > 0, rest == 1 else {
            let fitting = Self.fittingFactors(array.chunkShape)
            let list =
                fitting.prefix(24).map(\.description).joined(separator: ", ")
                + (fitting.count > 24 ? ", …" : "")
            throw KerchunkError(
                .usage,
                "chunks of shape \(array.chunkShape) cannot be split into \(factor) equal parts; factors that fit: \(list)"
            )
        }
        self.factors = factors
        chunkShape = zip(array.chunkShape, factors).map { $0 / $1 }
        chunkSize = size
        partCount = factor
        lastAxis = factors.lastIndex { $0 > 1 } ?? 0
    }

    /// Numbers of parts above 1 that chunks of this shape can be cut into, ascending.
    static func fittingFactors(_ chunkShape: [UInt64]) -> [UInt64] {
        var fitting: Set<UInt64> = []
        var whole: UInt64 = 1
        for length in chunkShape {
            var divisor: UInt64 = 1
            while divisor * divisor <= length, divisor < 1 << 20 {
                if length % divisor == 0 {
                    fitting.insert(whole * divisor)
                    fitting.insert(whole * (length / divisor))
                }
                divisor += 1
            }
            whole *= length
        }
        return fitting.filter { $0 > 1 }.sorted()
    }

    func grid(of array: VirtualArray) throws(KerchunkError) -> ChunkGrid {
        guard let grid = ChunkGrid(covering: array.shape, by: chunkShape) else {
            throw KerchunkError(.limit, "that would be too many chunks")
        }
        return grid
    }
}

private struct SplitManifest: ManifestSource {
    let base: any ManifestSource
    let split: ChunkSplit
    let grid: ChunkGrid
    let table: SourceTable

    var preferredRun: UInt64 { max(1 << 16, grid.count >> 20) }
    var minimumRun: UInt64 { base.minimumRun.multiplied(by: split.partCount) ?? .max }

    /// Chunks that follow each other before and after.
    private struct Segment {
        /// The first position after, and before.
        let new: UInt64
        let old: UInt64
        let count: UInt64
        /// Which part of its chunk each is.
        let part: UInt64
    }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let segments = segments(positions)
        let count = UInt64(positions.count)
        guard let first = segments.map(\.old).min(), let last = segments.map({ $0.old + $0.count }).max()
        else {
            return try .building(0, expecting: 0) { _ in }
        }
        // Parts of one chunk lie near each other, so what they are cut from is read once, where it is not much more.
        let block = last - first <= count * 2 + 4096 ? try base.rows(first..<last) : nil
        return try .building(count, expecting: block?.presentCount ?? Int(clamping: count)) { builder in
            for segment in segments {
                let old =
                    try block?.slice(segment.old - first..<segment.old - first + segment.count)
                    ?? base.rows(segment.old..<segment.old + segment.count)
                try old.forEachPresent { position, location in
                    let place = segment.new + position
                    builder.set(place - positions.lowerBound, try part(segment.part, of: location, at: place))
                }
            }
        }
    }

    /// The positions behind the last axis that is cut keep their order, so they move together.
    private func segments(_ positions: Range<UInt64>) -> [Segment] {
        guard !positions.isEmpty else { return [] }
        let axes = split.lastAxis + 1
        let trailing = grid.shape.dropFirst(axes).reduce(1, *)
        var segments: [Segment] = []
        var next = positions.lowerBound
        while next < positions.upperBound {
            let (outer, inner) = next.quotientAndRemainder(dividingBy: trailing)
            let end = min(positions.upperBound, (outer + 1) * trailing)
            var rest = outer
            var old: UInt64 = 0
            var part: UInt64 = 0
            var oldStride: UInt64 = 1
            var partStride: UInt64 = 1
            for axis in stride(from: min(axes, grid.rank) - 1, through: 0, by: -1) {
                let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: grid.shape[axis])
                rest = quotient
                let (oldCoordinate, piece) = coordinate.quotientAndRemainder(dividingBy: split.factors[axis])
                old += oldCoordinate * oldStride
                part += piece * partStride
                oldStride *= base.grid.shape[axis]
                partStride *= split.factors[axis]
            }
            segments.append(Segment(new: next, old: old * trailing + inner, count: end - next, part: part))
            next = end
        }
        return segments
    }

    private func part(_ part: UInt64, of location: ChunkLocation, at position: UInt64) throws -> ChunkLocation
    {
        let size = split.chunkSize / split.partCount
        switch location {
        case .missing: return .missing
        case .inline(let bytes):
            try check(UInt64(bytes.count), position)
            let start = Int(part * size)
            return .inline(bytes[start..<start + Int(size)])
        case .range(let source, let range):
            try check(range.count, position)
            let start = range.offset + part * size
            return .range(source, ByteRange(start..<start + size))
        case .wholeFile(let source):
            if let known = table[source].stamp.size { try check(known, position) }
            return .range(source, ByteRange(part * size..<part * size + size))
        }
    }

    private func check(_ size: UInt64, _ position: UInt64) throws(KerchunkError) {
        guard size == split.chunkSize else {
            let key = ChunkKeyEncoding.dots.key(grid.coordinates(of: position))
            throw KerchunkError(
                .malformed,
                "the chunk for \(key) has \(size) bytes, but a chunk of this array has \(split.chunkSize)"
            )
        }
    }
}
