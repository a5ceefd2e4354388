// SPDX-License-Identifier: Apache-2.0
// The metadata documents of Zarr v2, in the form in which kerchunk writes them.
// Spec: Zarr v2, "Arrays", "Hierarchies", "Attributes"; the names of dimensions are xarray's convention.

public import KerchunkBytes

/// `.zgroup`, `.zattrs` and `.zarray`, and `.zmetadata` over all of them.
public enum V2Documents {
    /// The attribute that holds the names of an array's dimensions.
    public static let dimensionsAttribute = "_ARRAY_DIMENSIONS"

    public static let group: JSONObject = ["zarr_format": 2]

    /// The `.zarray` of `array`.
    public static func array(_ array: VirtualArray) -> JSONObject {
        [
            "chunks": .integers(array.chunkShape),
            "compressor": array.v2Compressor?.json ?? .null,
            "dtype": array.dataType.v2Name,
            "fill_value": V2MissingData.fillValue(array),
            "filters": array.v2Filters.isEmpty ? .null : .array(array.v2Filters.map(\.json)),
            "order": "C",
            "shape": .integers(array.shape),
            "zarr_format": 2,
        ]
    }

    /// The `.zattrs` of `array`: its attributes, then the names of its dimensions.
    public static func attributes(_ array: VirtualArray) -> JSONObject {
        var attributes = array.attributes.standardized(keepsFill: false)
        if let names = array.dimensionNames { attributes[dimensionsAttribute] = .strings(names) }
        return attributes
    }

    /// The documents of `group` and of all below it, in order, by key: `a/b/.zarray`.
    public static func forEachDocument(
        of group: VirtualGroup, _ visit: (_ key: String, JSONObject) throws -> Void
    ) rethrows {
        try forEachMember(of: group) { key, part in
            switch part {
            case .array(let array): try visit(key, Self.array(array))
            case .attributes(let array): try visit(key, attributes(array))
            case .other(let document): try visit(key, document)
            }
        }
    }

    /// A document: one of the two of an array, which are yet to be made, or another one.
    enum Part {
        case array(VirtualArray)
        case attributes(VirtualArray)
        case other(JSONObject)
    }

    /// The same with the documents of arrays left to be made.
    static func forEachMember(
        of group: VirtualGroup, _ visit: (_ key: String, Part) throws -> Void
    ) rethrows {
        try group.forEachGroup { path, group in
            let prefix = keyPrefix(ofPath: path)
            let isArray = group.rootArray != nil
            if !isArray || group.members.count > 1 { try visit(prefix + ".zgroup", .other(Self.group)) }
            if !isArray {
                try visit(prefix + ".zattrs", .other(group.attributes.standardized(keepsFill: false)))
            }
            for (name, member) in group.members {
                guard case .array(let array) = member else { continue }
                let prefix = keyPrefix(ofPath: prefix + name)
                try visit(prefix + ".zarray", .array(array))
                try visit(prefix + ".zattrs", .attributes(array))
            }
        }
    }

    /// The `.zmetadata` over all documents of `root`.
    public static func consolidated(_ root: VirtualGroup) -> JSONObject {
        var documents = JSONObject()
        forEachDocument(of: root) { documents[$0] = .object($1) }
        return ["metadata": .object(documents), "zarr_consolidated_format": 1]
    }
}

extension VirtualArray {
    /// What a document of Zarr v2 calls the filters: all codecs but the compressor.
    package var v2Filters: ArraySlice<CodecSpec> { codecs.dropLast(hasCompressor ? 1 : 0) }
    /// What a document of Zarr v2 calls the compressor; nil where it has none.
    package var v2Compressor: CodecSpec? { hasCompressor ? codecs.last : nil }
}
