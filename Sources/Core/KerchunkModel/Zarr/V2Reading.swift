// SPDX-License-Identifier: Apache-2.0
// Arrays from the documents of Zarr v2: the reverse of V2Documents.

public import KerchunkBytes

extension V2Documents {
    /// The array that `.zarray` and `.zattrs` describe.
    public static func read(_ document: JSONObject, attributes: JSONObject) throws(KerchunkError)
        -> ArrayMetadata
    {
        try read(document).describing(attributes)
    }

    /// The array that `.zarray` describes, without attributes and names.
    package static func read(_ document: JSONObject) throws(KerchunkError) -> ArrayMetadata {
        if let order = document["order"]?.string, order != "C" {
            throw KerchunkError(
                .unsupported, "chunks in order \"\(order)\" cannot be represented; only order \"C\" can")
        }
        let shape = try document.lengths("shape")
        let chunkShape = try document.lengths("chunks").map { max($0, 1) }
        var codecs: [CodecSpec] = []
        if let filter = document["filters"], !filter.isNull {
            guard let list = filter.array else { throw document.malformed("filters", "a list of codecs") }
            for json in list { codecs.append(try CodecSpec(json: json)) }
        }
        guard let typeName = document["dtype"] else { throw document.malformed("dtype", "a data type") }
        var type = try DataType(v2Name: typeName)
        if type == .object, codecs.contains(where: { $0.id == "vlen-utf8" }) { type = .text }
        let hasCompressor = document["compressor"].map { !$0.isNull } ?? false
        if hasCompressor { codecs.append(try CodecSpec(json: document["compressor"] ?? .null)) }
        let array = VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: type,
            missing: V2MissingData.read(try FillValue(json: document["fill_value"] ?? .null, for: type)),
            codecs: codecs,
            hasCompressor: hasCompressor,
            chunks: MemoryManifest.empty(try ChunkGrid.covering(shape, by: chunkShape)))
        let separator = document["dimension_separator"]?.string == "/" ? UInt8(ascii: "/") : UInt8(ascii: ".")
        return ArrayMetadata(array, keys: ChunkKeyEncoding(separator: separator))
    }

    fileprivate static func dimensionNames(_ json: JSONValue?, rank: Int) -> [String]? {
        guard let names = json?.array?.compactMap(\.string), names.count == rank else { return nil }
        return names
    }
}

extension ArrayMetadata {
    /// The same array with what `.zattrs` says.
    package func describing(_ attributes: JSONObject) -> ArrayMetadata {
        if attributes.isEmpty { return self }
        var described = self
        var attributes = attributes.standardized(keepsFill: false)
        let name = V2Documents.dimensionsAttribute
        described.array.dimensionNames = V2Documents.dimensionNames(attributes[name], rank: array.shape.count)
        if described.array.dimensionNames != nil { attributes[name] = nil }
        described.array.attributes = attributes
        return described
    }
}
