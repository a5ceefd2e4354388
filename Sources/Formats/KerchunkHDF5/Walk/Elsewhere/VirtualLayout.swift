// SPDX-License-Identifier: Apache-2.0
// Virtual datasets: references into their sources where the mapping is whole chunks, else embedded values.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.i "Virtual Storage"; HDF5 RFC "Virtual Dataset".

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Locates the chunks of one virtual dataset.
struct VirtualLayout {
    let header: DatasetHeader
    /// Where the dataset is.
    let place: VirtualSources.Place
    let context: ScanContext
    let sources: VirtualSources

    init(header: DatasetHeader, file: HDF5File, context: ScanContext) {
        self.init(
            header: header, place: VirtualSources.Place(file: file, key: "", folder: nil), context: context,
            sources: VirtualSources(context: context))
    }

    init(header: DatasetHeader, place: VirtualSources.Place, context: ScanContext, sources: VirtualSources) {
        self.header = header
        self.place = place
        self.context = context
        self.sources = sources
    }

    /// Boxes that one virtual dataset may consist of.
    static let boxLimit = 1 << 20
    /// Mappings of one heap object.
    private static let mappingLimit = 1 << 20

    func locate(_ heap: GlobalHeapID?, _ files: inout Sources) throws -> LocatedDataset {
        let mappings = try heap.map { try self.mappings($0) } ?? []
        var resolved: [ResolvedMapping] = []
        for mapping in mappings { resolved += try resolve(mapping, &files) }
        let shape = extent(resolved, isOpen: mappings.contains { $0.virtualSelection.isUnlimited })
        var placed: [PlacedSource] = []
        for mapping in resolved {
            guard let source = mapping.source else { continue }
            guard
                let boxes = mappedBoxes(
                    from: mapping.sourceAxes, of: source.shape, to: mapping.virtualAxes, of: shape,
                    limit: Self.boxLimit)
            else { throw LeftOut("a mapping of \"\(mapping.name)\" is not a set of boxes") }
            placed.append(PlacedSource(source: source, boxes: boxes))
        }
        let notes = sources.missing.sorted().map {
            "source file \"\($0)\" does not exist; its part reads as the fill value"
        }
        let tiling = VirtualTiling(
            header: header.takingByteOrder(of: placed.filter { !$0.boxes.isEmpty }.map(\.source.header)),
            shape: shape, sources: placed)
        if let located = try tiling.byReference(notes: notes) { return located }
        guard tiling.size <= context.limits.converted else {
            throw LeftOut(
                tiling.hasOtherTypes
                    ? "its sources have another data type, and it is too large to convert and embed"
                    : "its mappings are not whole chunks of their sources, and it is too large to embed",
                remedy: "scan the source files and combine their references")
        }
        return try tiling.embedded(reader: ChunkReader(files, in: context), notes: notes)
    }

    private func mappings(_ id: GlobalHeapID) throws -> [VirtualMapping] {
        guard let object = try place.file.globalHeapObjects([id])[id] else {
            throw ParseError("the list of mappings is missing", in: "virtual dataset", at: id.collection)
        }
        return try object.parse(at: id.collection, in: "virtual dataset mappings") {
            cursor throws(ParseError) in
            try VirtualMapping.parseAll(&cursor, sizes: place.file.sizes, limit: Self.mappingLimit)
        }
    }

    // MARK: Sources

    private struct ResolvedMapping {
        let name: String
        /// Nil where the source is missing.
        let source: VirtualSource?
        let sourceAxes: [AxisSelection]
        let virtualAxes: [AxisSelection]
        /// Whether the mapping was unlimited along each axis, so that it decides the extent.
        let isUnlimited: Bool
    }

    /// One mapping for each block that exists.
    private func resolve(
        _ mapping: VirtualMapping, _ files: inout Sources
    ) throws -> [ResolvedMapping] {
        let extent = header.dataspace.dimensions
        guard case .regular(let axes) = mapping.virtualSelection,
            let unlimited = axes.firstIndex(where: \.isUnlimited)
        else {
            guard let virtualAxes = mapping.virtualSelection.axes(within: extent) else {
                throw LeftOut("a mapping of \"\(mapping.datasetName)\" is not a regular selection")
            }
            return [
                try resolve(
                    mapping, mapping.fileName, mapping.datasetName, virtualAxes, isUnlimited: false, &files)
            ]
        }
        guard mapping.fileName.contains("%b") || mapping.datasetName.contains("%b") else {
            return [try unlimitedSource(mapping, axes, unlimited, &files)]
        }
        // A block for each source that exists, counted from 0.
        var resolved: [ResolvedMapping] = []
        for number in 0..<UInt64(Self.mappingLimit) {
            var block = axes
            block[unlimited].start += number * axes[unlimited].stride
            block[unlimited].count = 1
            let next = try resolve(
                mapping, Self.numbered(mapping.fileName, number), Self.numbered(mapping.datasetName, number),
                block, isUnlimited: true, isProbing: true, &files)
            if next.source == nil { break }
            resolved.append(next)
        }
        return resolved
    }

    private func resolve(
        _ mapping: VirtualMapping, _ fileName: String, _ datasetName: String, _ virtualAxes: [AxisSelection],
        isUnlimited: Bool, isProbing: Bool = false, _ files: inout Sources
    ) throws -> ResolvedMapping {
        let source = try sources.open(fileName, datasetName, from: place, isProbing: isProbing, &files)
        let axes = source.flatMap { mapping.sourceSelection.axes(within: $0.shape) } ?? []
        if let source, axes.count != source.shape.count {
            throw LeftOut("a mapping of \"\(datasetName)\" selects dimensions that it does not have")
        }
        return ResolvedMapping(
            name: datasetName, source: source, sourceAxes: axes, virtualAxes: virtualAxes,
            isUnlimited: isUnlimited)
    }

    /// An unlimited selection of one source goes as far as the source does.
    private func unlimitedSource(
        _ mapping: VirtualMapping, _ axes: [AxisSelection], _ unlimited: Int, _ files: inout Sources
    ) throws -> ResolvedMapping {
        let resolved = try resolve(
            mapping, mapping.fileName, mapping.datasetName, axes, isUnlimited: true, &files)
        guard let source = resolved.source else { return resolved }
        let others = axes.enumerated().filter { $0.offset != unlimited }.map {
            ($0.element.count ?? 1) * ($0.element.block ?? 1)
        }
        let selected = zip(resolved.sourceAxes, source.shape).map { $0.elementCount(within: $1) }
        guard let all = checkedProduct(selected), let slice = checkedProduct(others), slice > 0 else {
            throw LeftOut("a mapping of \"\(mapping.datasetName)\" has a size that cannot be counted")
        }
        var virtualAxes = axes
        let length = all / slice
        if axes[unlimited].block == nil {
            virtualAxes[unlimited].block = length
            virtualAxes[unlimited].count = 1
            virtualAxes[unlimited].stride = max(length, 1)
        } else {
            virtualAxes[unlimited].count = length.dividedRoundingUp(by: max(axes[unlimited].block ?? 1, 1))
        }
        return ResolvedMapping(
            name: resolved.name, source: source, sourceAxes: resolved.sourceAxes, virtualAxes: virtualAxes,
            isUnlimited: true)
    }

    private static func numbered(_ name: String, _ number: UInt64) -> String {
        var text = ""
        var isEscaped = false
        for character in name {
            if isEscaped {
                text += character == "b" ? "\(number)" : character == "%" ? "%" : "%\(character)"
                isEscaped = false
            } else if character == "%" {
                isEscaped = true
            } else {
                text.append(character)
            }
        }
        return isEscaped ? text + "%" : text
    }

    /// Where mappings are unlimited the sources decide how far the dataset goes; else the file says.
    private func extent(_ mappings: [ResolvedMapping], isOpen: Bool) -> [UInt64] {
        var shape = header.dataspace.dimensions
        guard isOpen else { return shape }
        for axis in shape.indices where header.dataspace.maximum[axis] == nil {
            shape[axis] =
                mappings.filter { $0.source != nil || !$0.isUnlimited }.map { mapping in
                    let selection = mapping.virtualAxes[axis]
                    guard let count = selection.count, let block = selection.block, count > 0 else {
                        return 0
                    }
                    return selection.start + (count - 1) * selection.stride + block
                }.max() ?? 0
        }
        return shape
    }
}

/// A source dataset with its chunks located.
struct VirtualSource: Sendable {
    let shape: [UInt64]
    let header: DatasetHeader
    let entries: ChunkEntries
}

/// A source, and where its parts lie in the virtual dataset.
struct PlacedSource: Sendable {
    let source: VirtualSource
    let boxes: [MappedBox]
}
