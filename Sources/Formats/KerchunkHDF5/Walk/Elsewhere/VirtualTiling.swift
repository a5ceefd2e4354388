// SPDX-License-Identifier: Apache-2.0
// A virtual dataset from the chunks of its sources, or from their values.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// The sources of one virtual dataset, placed.
struct VirtualTiling {
    let header: DatasetHeader
    let shape: [UInt64]
    let sources: [PlacedSource]

    /// Decoded bytes of the whole dataset.
    var size: UInt64 {
        checkedProduct(shape).flatMap { $0.multiplied(by: UInt64(header.datatype.size)) } ?? .max
    }

    /// Whether some source has to be converted.
    var hasOtherTypes: Bool {
        sources.contains { !$0.boxes.isEmpty && $0.source.header.datatype != header.datatype }
    }

    private var space: Dataspace {
        Dataspace(kind: header.dataspace.kind, dimensions: shape, maximum: shape.map { $0 })
    }

    /// Chunks of the sources behind the ends of files that are cut off.
    private var cutCount: UInt64 {
        sources.reduce(0) { $0 + ($1.boxes.isEmpty ? 0 : $1.source.entries.cutCount) }
    }

    private func located(
        _ manifest: MemoryManifest, chunkShape: [UInt64], filters: [Filter], mask: UInt32, notes: [String]
    ) -> LocatedDataset {
        let layout = DataLayout.chunked(
            ChunkedLayout(
                chunkShape: chunkShape, elementSize: UInt64(header.datatype.size),
                leavesPartialEdgesUnfiltered: false,
                index: .implicit(address: nil)))
        return LocatedDataset(
            header: header.replacing(layout: layout, filters: filters, dataspace: space),
            entries: ChunkEntries(
                manifest: manifest, commonMask: mask, deviatingMasks: [], outsideCount: 0, cutCount: cutCount),
            shape: shape, notes: notes)
    }

    // MARK: By reference

    /// - Returns: nil where the boxes are no whole chunks, or the sources are stored in different ways.
    func byReference(notes: [String]) throws -> LocatedDataset? {
        let used = sources.filter { !$0.boxes.isEmpty }
        guard let first = used.first else {
            let chunkShape = shape.map { max($0, 1) }
            guard let grid = ChunkGrid(covering: shape, by: chunkShape) else { return nil }
            return located(
                ManifestBuilder(grid: grid).finish(), chunkShape: chunkShape, filters: [], mask: 0,
                notes: notes)
        }
        guard used.allSatisfy({ isStored($0.source, like: first.source) }), let chunkShape = chunkShape(used),
            let grid = ChunkGrid(covering: shape, by: chunkShape)
        else { return nil }
        var builder = ManifestBuilder(grid: grid)
        for placed in used {
            for box in placed.boxes {
                guard place(box, of: placed.source, chunkShape, grid, &builder) else { return nil }
            }
        }
        return located(
            builder.finish(), chunkShape: chunkShape, filters: first.source.header.filters,
            mask: first.source.entries.commonMask, notes: notes)
    }

    /// Whether chunks of both can stand in one array, and read as in the virtual dataset.
    private func isStored(_ source: VirtualSource, like other: VirtualSource) -> Bool {
        let isComplete =
            UInt64(source.entries.manifest.manifest.presentCount) == source.entries.manifest.grid.count
        if case .chunked(let layout) = source.header.layout, layout.leavesPartialEdgesUnfiltered {
            return false
        }
        return source.header.datatype == header.datatype && source.header.filters == other.header.filters
            && source.entries.commonMask == other.entries.commonMask && source.entries.deviatingMasks.isEmpty
            && (isComplete || source.header.fillValue == header.fillValue)
    }

    /// Chunk lengths along the axes of the virtual dataset.
    private func chunkShape(_ used: [PlacedSource]) -> [UInt64]? {
        var common: [UInt64]?
        for placed in used {
            for box in placed.boxes {
                let lengths: [UInt64]
                if case .chunked(let layout) = placed.source.header.layout {
                    // Along axes that the box has no extent on, a chunk of the source must have none either.
                    let covered = Set(box.sourceAxes.compactMap { $0 })
                    guard
                        layout.chunkShape.indices.allSatisfy({
                            covered.contains($0) || layout.chunkShape[$0] == 1
                        })
                    else {
                        return nil
                    }
                    lengths = box.sourceAxes.map { axis in axis.map { layout.chunkShape[$0] } ?? 1 }
                } else {
                    guard let run = contiguousLengths(box, placed.source) else { return nil }
                    lengths = common.map { zip($0, run).map { greatestCommonDivisor($0, $1) } } ?? run
                    // Only the slowest axis that has extent may be cut shorter than the source's own rows.
                    guard isContiguous(lengths, box, placed.source) else { return nil }
                    common = lengths
                    continue
                }
                if let common, common != lengths { return nil }
                common = lengths
            }
        }
        return common
    }

    /// The part of a box that is one run of bytes in its source: whole rows of the slowest axis that has extent.
    private func contiguousLengths(_ box: MappedBox, _ source: VirtualSource) -> [UInt64]? {
        var lengths = [UInt64](repeating: 1, count: box.lengths.count)
        var isWhole = true
        for sourceAxis in source.shape.indices.reversed() {
            let virtualAxis = box.sourceAxes.firstIndex { $0 == sourceAxis }
            let length = virtualAxis.map { box.lengths[$0] } ?? 1
            if isWhole, let virtualAxis {
                lengths[virtualAxis] = greatestCommonDivisor(length, box.virtualStart[virtualAxis])
                if lengths[virtualAxis] == 0 { lengths[virtualAxis] = length }
            }
            if length != source.shape[sourceAxis] || virtualAxis.map({ lengths[$0] != length }) ?? false {
                isWhole = false
            }
        }
        return lengths
    }

    private func isContiguous(_ lengths: [UInt64], _ box: MappedBox, _ source: VirtualSource) -> Bool {
        var isInner = true
        for sourceAxis in source.shape.indices.reversed() {
            let length = box.sourceAxes.firstIndex { $0 == sourceAxis }.map { lengths[$0] } ?? 1
            if !isInner, length != 1 { return false }
            if length != source.shape[sourceAxis] { isInner = false }
        }
        return true
    }

    /// Places the chunks of one box; false where it is no whole chunks.
    private func place(
        _ box: MappedBox, of source: VirtualSource, _ chunkShape: [UInt64], _ grid: ChunkGrid,
        _ builder: inout ManifestBuilder
    ) -> Bool {
        var counts: [UInt64] = []
        for axis in chunkShape.indices {
            let chunk = chunkShape[axis]
            let end = box.virtualStart[axis] + box.lengths[axis]
            guard box.virtualStart[axis] % chunk == 0, box.lengths[axis] % chunk == 0 || end == shape[axis]
            else { return false }
            if let sourceAxis = box.sourceAxes[axis] {
                guard box.sourceStart[sourceAxis] % chunk == 0 || isContiguous(source) else { return false }
            }
            counts.append(box.lengths[axis].dividedRoundingUp(by: chunk))
        }
        guard let inBox = ChunkGrid(shape: counts) else { return false }
        var walk = GridWalk(counts)
        for _ in 0..<inBox.count {
            var sourceStart = box.sourceStart
            var coordinates: [UInt64] = []
            for axis in chunkShape.indices {
                let step = walk.coordinates[axis]
                coordinates.append(box.virtualStart[axis] / chunkShape[axis] + step)
                if let sourceAxis = box.sourceAxes[axis] {
                    sourceStart[sourceAxis] += step * chunkShape[axis]
                }
            }
            walk.advance()
            guard let location = location(of: sourceStart, in: source, chunkShape, box) else { return false }
            builder.set(grid.position(of: coordinates), location)
        }
        return true
    }

    private func isContiguous(_ source: VirtualSource) -> Bool {
        if case .chunked = source.header.layout { false } else { true }
    }

    /// Where the chunk of the source that starts at element `start` is.
    private func location(
        of start: [UInt64], in source: VirtualSource, _ chunkShape: [UInt64], _ box: MappedBox
    ) -> ChunkLocation? {
        let manifest = source.entries.manifest
        if case .chunked(let layout) = source.header.layout {
            let coordinates = zip(start, layout.chunkShape).map { $0 / $1 }
            guard zip(coordinates, manifest.grid.shape).allSatisfy({ $0 < $1 }) else { return nil }
            return manifest.manifest[manifest.grid.position(of: coordinates)]
        }
        guard manifest.grid.count == 1 else { return nil }
        guard case .range(let index, let whole) = manifest.manifest[0] else {
            if case .missing = manifest.manifest[0] { return .missing }
            return nil
        }
        let elementSize = UInt64(source.header.datatype.size)
        var position: UInt64 = 0
        for (axis, coordinate) in start.enumerated() { position = position * source.shape[axis] + coordinate }
        let offset = whole.offset + position * elementSize
        let length = chunkShape.reduce(elementSize, *)
        guard offset + length <= whole.end else { return nil }
        return .range(index, ByteRange(offset..<offset + length))
    }

    // MARK: By value

    /// The whole dataset as one embedded chunk.
    func embedded(reader: ChunkReader, notes: [String]) throws -> LocatedDataset {
        guard cutCount == 0 else {
            throw LeftOut(
                "chunks of its sources are beyond the end of a truncated file",
                remedy: "get the complete file")
        }
        let elementSize = header.datatype.size
        var bytes = [UInt8](repeating: 0, count: Int(size))
        if case .element(let fill) = header.fillValue.value, fill.count == elementSize {
            for start in stride(from: 0, to: bytes.count, by: elementSize) {
                bytes.replaceSubrange(start..<start + elementSize, with: fill)
            }
        }
        for placed in sources where !placed.boxes.isEmpty {
            let conversion = NumberConversion(from: placed.source.header.datatype, to: header.datatype)
            guard placed.source.header.datatype == header.datatype || conversion != nil else {
                throw LeftOut(
                    "a source has another data type, which cannot be converted", remedy: "read it with h5py")
            }
            var content = try WholeDataset(placed.source, reader: reader).bytes()
            if let conversion { content = conversion.convert(content) }
            for box in placed.boxes { copy(box, placed.source, content, elementSize, &bytes) }
        }
        let chunkShape = shape.map { max($0, 1) }
        guard let grid = ChunkGrid(covering: shape, by: chunkShape) else {
            throw LeftOut("its size cannot be counted")
        }
        var builder = ManifestBuilder(grid: grid)
        if grid.count == 1 { builder.set(0, .inline(Bytes(bytes))) }
        return located(builder.finish(), chunkShape: chunkShape, filters: [], mask: 0, notes: notes)
    }

    private func copy(
        _ box: MappedBox, _ source: VirtualSource, _ content: Bytes, _ elementSize: Int,
        _ bytes: inout [UInt8]
    ) {
        guard checkedProduct(box.lengths) != nil else { return }
        let runs = BoxInArrays(
            box.lengths, from: .init(box.sourceStart, of: source.shape, axes: box.sourceAxes),
            to: .init(box.virtualStart, of: shape))
        for run in runs {
            // What lies outside is left.
            let count = min(
                run.count, content.count / elementSize - run.from, bytes.count / elementSize - run.to)
            guard run.from >= 0, run.to >= 0, count > 0 else { continue }
            bytes.replaceSubrange(
                run.to * elementSize..<(run.to + count) * elementSize,
                with: content[run.from * elementSize..<(run.from + count) * elementSize].array)
        }
    }
}

/// All elements of a dataset in C order.
struct WholeDataset {
    private let source: VirtualSource
    private let reader: ChunkReader
    /// Decoded bytes of a source that are read for a small virtual dataset.
    private static let limit: UInt64 = 64 << 20

    init(_ source: VirtualSource, reader: ChunkReader) {
        self.source = source
        self.reader = reader
    }

    func bytes() throws -> Bytes {
        let elementSize = source.header.datatype.size
        let chunkShape: [UInt64] =
            if case .chunked(let layout) = source.header.layout { layout.chunkShape } else {
                source.shape.map { max($0, 1) }
            }
        guard let count = checkedProduct(source.shape), let size = count.multiplied(by: UInt64(elementSize)),
            size <= Self.limit, let chunkElements = checkedProduct(chunkShape),
            let chunkSize = chunkElements.multiplied(by: UInt64(elementSize)), chunkSize <= Self.limit
        else { throw LeftOut("a source is too large to be read for embedding") }
        let facts = DatasetFacts(
            path: "", header: source.header, entries: source.entries, dimensionNames: [], shape: source.shape,
            attributes: [:], fillAttribute: nil)
        let filters = try FilterChain(facts, codecs: reader.codecs)
        let masks = filters.masks(facts)
        var whole = [UInt8](repeating: 0, count: Int(size))
        if case .element(let fill) = source.header.fillValue.value, fill.count == elementSize {
            whole = Bytes(repeating: Bytes(fill), count: Int(count)).array
        }
        var present: [(position: UInt64, location: ChunkLocation)] = []
        source.entries.manifest.manifest.forEachPresent { present.append(($0, $1)) }
        for (chunk, stored) in zip(present, try reader.stored(present.map(\.location))) {
            guard let stored else { continue }
            let decoded = try reader.decoded(
                stored, codecs: filters.codecs(mask: masks[chunk.position] ?? filters.commonMask),
                size: Int(chunkSize))
            let origin = zip(source.entries.manifest.grid.coordinates(of: chunk.position), chunkShape).map {
                $0 * $1
            }
            place(decoded, at: origin, chunkShape, elementSize, &whole)
        }
        return Bytes(whole)
    }

    private func place(
        _ chunk: Bytes, at origin: [UInt64], _ chunkShape: [UInt64], _ elementSize: Int,
        _ whole: inout [UInt8]
    ) {
        let extents = origin.indices.map {
            source.shape[$0] > origin[$0] ? min(chunkShape[$0], source.shape[$0] - origin[$0]) : 0
        }
        let runs = BoxInArrays(
            extents, from: .init(origin.map { _ in 0 }, of: chunkShape), to: .init(origin, of: source.shape))
        for run in runs {
            whole.replaceSubrange(
                run.to * elementSize..<(run.to + run.count) * elementSize,
                with: chunk[run.from * elementSize..<(run.from + run.count) * elementSize].array)
        }
    }
}
