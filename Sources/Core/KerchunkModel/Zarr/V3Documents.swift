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
            "fill_value": V3MissingData.fillValue(array),
            "codecs": .array(
                try CodecSpec.v3Codecs(array.codecs, for: array.dataType, naming: naming)),
            "attributes": .object(V3MissingData.attributes(array)),
        ]
        if let names = array.dimensionNames { document["dimension_names"] = .strings(names) }
        document["storage_transformers"] = []
        return document
    }

    public static func group(_ group: VirtualGroup) -> JSONObject {
        [
            "zarr_format": 3, "node_type": "group",
            "attributes": .object(group.attributes.standardized(keepsFill: true)),
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
}
