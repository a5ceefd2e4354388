// SPDX-License-Identifier: Apache-2.0
// Names and lengths of dimensions, by netCDF-4's rules on HDF5's dimension scales.
// Spec: NetCDF File Format Specifications, "The NetCDF-4 Format"; HDF5 Dimension Scale Specification.

import KerchunkBytes
import KerchunkModel

/// Dimension names of every dataset, and the lengths that unlimited dimensions have in the whole file.
struct NetCDF4Dimensions {
    /// By the path of the dataset; one name an axis of the dataset.
    private(set) var names: [ExactText: [String]] = [:]
    /// By path: the shape with unlimited axes at their dimension's length.
    private(set) var shapes: [ExactText: [UInt64]] = [:]
    /// Whether an axis has a scale that is not among the nodes, or none.
    private(set) var hasUnknown = false

    /// What `_nc4_non_coord_` hides: a variable that shares its name with a dimension it does not span.
    static let nonCoordinatePrefix = "_nc4_non_coord_"

    /// A variable's name as netCDF shows it.
    static func variableName(_ name: String) -> String {
        name.hasPrefix(nonCoordinatePrefix) ? String(name.dropFirst(nonCoordinatePrefix.count)) : name
    }

    /// Whether the dataset only marks a dimension and is no variable.
    static func isDimensionOnly(_ object: HDF5Object) -> Bool {
        object.isDimensionScale
            && object.fixedText("NAME")?.hasPrefix("This is a netCDF dimension but not a netCDF variable")
                == true
    }

    /// A dataset as this needs it.
    fileprivate struct Entry {
        let node: HierarchyNode
        let space: Dataspace
        /// For each axis: the address of the scale attached last, nil for none. Nil without DIMENSION_LIST.
        let scales: [UInt64?]?

        var lacksNames: Bool {
            guard space.kind == .simple, !space.dimensions.isEmpty else { return false }
            if let scales { return scales.contains(nil) }
            return !(node.object.isDimensionScale && space.dimensions.count == 1)
        }
    }

    init(nodes: [HierarchyNode], readers: (HDF5File?) -> StoredValueReader) {
        let entries = nodes.compactMap { node -> Entry? in
            guard case .dataset(let header) = node.object.kind else { return nil }
            return Entry(
                node: node, space: header.dataspace,
                scales: Self.attachedScales(
                    node.object, rank: header.dataspace.dimensions.count, readers(node.file)))
        }
        let scaleNames = Self.scaleNames(entries)
        hasUnknown = entries.contains { entry in
            entry.lacksNames
                || entry.scales?.contains {
                    $0.map { scaleNames[ObjectKey(address: $0, file: entry.key.file)] == nil } ?? false
                } ?? false
        }
        let phony = PhonyDimensions(
            entries.map { entry in
                PhonyDimensions.Dataset(
                    path: entry.node.path, shape: entry.space.dimensions,
                    isScale: entry.node.object.isDimensionScale,
                    hasScales: entry.scales?.contains { $0 != nil } ?? false, lacksNames: entry.lacksNames)
            }, firstNumber: Self.firstPhonyNumber(entries))
        let dimensionIDs = Self.dimensionIDs(entries)
        for entry in entries where entry.space.kind == .simple {
            names[entry.node.path] = Self.names(of: entry, scaleNames, dimensionIDs, phony)
        }
        extendUnlimited(entries)
    }

    /// Takes over what is known of the variables below `group` from the dimensions of the whole file.
    mutating func adopt(_ whole: NetCDF4Dimensions, below group: String) {
        let prefix = group.split(separator: "/").map { "/" + $0 }.joined()
        for path in names.keys { names[path] = whole.names[prefix + path.text] ?? names[path] }
        for path in shapes.keys { shapes[path] = whole.shapes[prefix + path.text] ?? shapes[path] }
    }

    // MARK: Names

    private static func attachedScales(
        _ object: HDF5Object, rank: Int, _ reader: StoredValueReader
    ) -> [UInt64?]? {
        guard let list = object.attribute("DIMENSION_LIST"),
            list.datatype.pointsToHeap || list.value.count > 0,
            case .variableLengthSequence(let size, .reference(let referenceSize, .object)) = list.datatype,
            list.dataspace.dimensions == [UInt64(rank)], list.value.count >= rank * size
        else { return nil }
        return (0..<rank).map { axis in
            let element = list.value[axis * size..<(axis + 1) * size]
            guard let content = try? reader.content(element, elementSize: referenceSize),
                content.count >= referenceSize
            else { return nil }
            // Of several scales on one axis netCDF takes the last.
            let last = content[(content.count - referenceSize)..<content.count]
            return try? last.parse(at: 0, in: "object reference") { cursor throws(ParseError) in
                try cursor.address(reader.sizes)
            }
        }
    }

    /// Scales by address; of several names of one scale the first in the walk counts.
    private static func scaleNames(_ entries: [Entry]) -> [ObjectKey: String] {
        var names: [ObjectKey: String] = [:]
        for entry in entries where names[entry.key] == nil {
            names[entry.key] = variableName(entry.node.name)
        }
        return names
    }

    private static func names(
        of entry: Entry, _ scaleNames: [ObjectKey: String], _ dimensionIDs: [Int64: String],
        _ phony: PhonyDimensions
    ) -> [String] {
        let rank = entry.space.dimensions.count
        let isScale = entry.node.object.isDimensionScale
        if isScale, let ids = entry.node.object.integers("_Netcdf4Coordinates"), ids.count == rank {
            let names = ids.compactMap { dimensionIDs[$0] }
            if names.count == rank { return names }
        }
        var phonyNames: [String]?
        return (0..<rank).map { axis in
            if let address = entry.scales?[axis],
                let name = scaleNames[ObjectKey(address: address, file: entry.key.file)]
            {
                return name
            }
            // A coordinate variable is its own dimension.
            if isScale && axis == 0 { return variableName(entry.node.name) }
            let names = phonyNames ?? phony.names(of: entry.node.path, shape: entry.space.dimensions)
            phonyNames = names
            return names[axis]
        }
    }

    /// netCDF-4's dimension numbers, which coordinate variables of several dimensions are described by.
    private static func dimensionIDs(_ entries: [Entry]) -> [Int64: String] {
        var names: [Int64: String] = [:]
        for entry in entries where entry.node.object.isDimensionScale {
            if let id = entry.node.object.integers("_Netcdf4Dimid")?.first, names[id] == nil {
                names[id] = variableName(entry.node.name)
            }
        }
        return names
    }

    /// h5netcdf numbers phony dimensions behind those that the file numbers itself.
    private static func firstPhonyNumber(_ entries: [Entry]) -> Int {
        let ids = entries.compactMap { $0.node.object.integers("_Netcdf4Dimid")?.first }
        return Int(clamping: (ids.max() ?? -1).addingReportingOverflow(1).partialValue)
    }

    // MARK: Lengths

    /// netCDF shows a variable that is shorter than its unlimited dimension at the dimension's length.
    private mutating func extendUnlimited(_ entries: [Entry]) {
        var lengths: [ObjectKey: UInt64] = [:]
        func forEachUnlimitedAxis(_ entry: Entry, _ body: (Int, ObjectKey) -> Void) {
            let isScale = entry.node.object.isDimensionScale
            for axis in entry.space.dimensions.indices where entry.space.maximum[axis] == nil {
                if let address = entry.scales?[axis] {
                    body(axis, ObjectKey(address: address, file: entry.key.file))
                } else if isScale && axis == 0 {
                    body(axis, entry.key)
                }
            }
        }
        for entry in entries where entry.space.kind == .simple {
            forEachUnlimitedAxis(entry) { axis, scale in
                lengths[scale] = max(lengths[scale] ?? 0, entry.space.dimensions[axis])
            }
        }
        for entry in entries where entry.space.kind == .simple {
            var shape = entry.space.dimensions
            forEachUnlimitedAxis(entry) { axis, scale in shape[axis] = lengths[scale] ?? shape[axis] }
            shapes[entry.node.path] = shape
        }
    }

    /// An object across the files that external links join.
    fileprivate struct ObjectKey: Hashable {
        let address: UInt64
        let file: ObjectIdentifier?
    }
}

extension NetCDF4Dimensions.Entry {
    fileprivate var key: NetCDF4Dimensions.ObjectKey {
        NetCDF4Dimensions.ObjectKey(
            address: node.object.address, file: node.file.map { ObjectIdentifier($0) })
    }
}

extension HDF5Object {
    /// The values of an integer attribute.
    fileprivate func integers(_ name: String) -> [Int64]? {
        guard let attribute = attribute(name), let layout = attribute.datatype.integerLayout, layout.size <= 8
        else {
            return nil
        }
        return stride(from: 0, through: attribute.value.count - layout.size, by: layout.size).map {
            Int64(bitPattern: layout.bits(attribute.value[$0..<$0 + layout.size]))
        }
    }
}
