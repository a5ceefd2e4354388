// SPDX-License-Identifier: Apache-2.0
// The metadata documents of Zarr v3: `zarr.json`.
// Spec: Zarr core v3, "Array metadata", "Group metadata"; consolidated metadata as zarr-python 3 has it.

public import KerchunkBytes

/// `zarr.json` of arrays and groups; chunk keys stay those of Zarr v2, so that both formats share them.
public enum V3Documents {
    /// The `zarr.json` of `array`.
    /// - Parameter codecs: knows what its codecs are called in Zarr v3.
    /// - Throws: kind `unsupported` for what Zarr v3 cannot say.
    public static func array(
        _ array: VirtualArray, codecs naming: any CodecNaming
    ) throws(KerchunkError) -> JSONObject {
        var document: JSONObject = [
            "zarr_format": 3,
            "node_type": "array",
            "shape": .integers(array.shape),
            "data_type": try array.dataType.v3Name(),
            "chunk_grid": [
                "name": "regular", "configuration": ["chunk_shape": .integers(array.chunkShape)],
            ],
            "chunk_key_encoding": ["name": "v2", "configuration": ["separator": "."]],
            "fill_value": fillValue(array),
            "codecs": .array(
                try CodecSpec.v3Codecs(array.codecs, for: array.dataType, naming: naming)),
            "attributes": .object(attributes(array)),
        ]
        if let names = array.dimensionNames { document["dimension_names"] = .strings(names) }
        document["storage_transformers"] = []
        return document
    }

    public static func group(_ group: VirtualGroup) -> JSONObject {
        [
            "zarr_format": 3, "node_type": "group",
            "attributes": .object(group.attributes.standardized(forZarr: 3)),
        ]
    }

    /// The documents of `root` and of all below it, in order, by key; the root's holds all others as well.
    public static func forEachDocument(
        of root: VirtualGroup, codecs naming: any CodecNaming,
        _ visit: (_ key: String, JSONObject) throws -> Void
    ) throws {
        if let array = root.rootArray { return try visit("zarr.json", try Self.array(array, codecs: naming)) }
        var members: [(path: String, document: JSONObject)] = []
        try root.forEachGroup { path, group in
            if !path.isEmpty { members.append((path, Self.group(group))) }
            for (name, member) in group.members {
                guard case .array(let array) = member else { continue }
                let arrayPath = keyPrefix(ofPath: path) + name
                do throws(KerchunkError) {
                    members.append((arrayPath, try Self.array(array, codecs: naming)))
                } catch {
                    throw error.locating(object: "/" + arrayPath)
                }
            }
        }
        var rootDocument = Self.group(root)
        rootDocument["consolidated_metadata"] = [
            "kind": "inline", "must_understand": false,
            "metadata": .object(JSONObject(members.map { ($0.path, .object($0.document)) })),
        ]
        try visit("zarr.json", rootDocument)
        for (path, document) in members { try visit(path + "/zarr.json", document) }
    }

    /// Zarr v3 has no null: an array that says nothing reads as zeros.
    private static func fillValue(_ array: VirtualArray) -> JSONValue {
        let json = array.fillValue.json(for: array.dataType)
        guard json.isNull else { return json }
        if array.dataType.isObject { return "" }
        return FillValue.element(Bytes([UInt8](repeating: 0, count: array.dataType.size))).json(
            for: array.dataType)
    }

    /// The attributes, with `_FillValue` as xarray's `FillValueCoder` expects it in Zarr v3.
    private static func attributes(_ array: VirtualArray) -> JSONObject {
        var attributes = array.attributes.standardized(forZarr: 3)
        guard let fill = attributes["_FillValue"] else { return attributes }
        switch array.dataType {
        case .float: attributes["_FillValue"] = encodedReal(fill)
        case .complex:
            attributes["_FillValue"] = .array((fill.array ?? [fill, 0]).map { encodedReal($0) ?? $0 })
        case .integer, .bool: break
        default:
            // xarray 2026.9 cannot open an array of another type that has one, but masks by this as well.
            attributes["_FillValue"] = nil
            guard array.dataType == .text else { break }
            let others = attributes["missing_value"].map { $0.array ?? [$0] } ?? []
            if others.isEmpty {
                attributes["missing_value"] = fill
            } else if !others.contains(fill) {
                attributes["missing_value"] = .array([fill] + others)
            }
        }
        return attributes
    }

    /// The eight bytes of a little-endian double, in base64; nil for what is no number.
    private static func encodedReal(_ json: JSONValue) -> JSONValue? {
        guard let value = json.realOrWord else { return nil }
        return .string(base64(Bytes((0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) })))
    }
}
