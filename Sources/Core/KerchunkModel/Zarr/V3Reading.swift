// SPDX-License-Identifier: Apache-2.0
// Arrays from the documents of Zarr v3: the reverse of V3Documents.
// Spec: Zarr core v3, "Array metadata"; names beyond the core as zarr-python 3.1 registers them.

public import KerchunkBytes

extension V3Documents {
    /// The array that a `zarr.json` describes.
    /// - Parameter codecs: knows what its codecs are called in Zarr v2.
    public static func read(
        _ document: JSONObject, codecs naming: any CodecNaming
    ) throws(KerchunkError) -> ArrayMetadata {
        let shape = try document.lengths("shape")
        guard let grid = document["chunk_grid"]?.object, grid["name"]?.string == "regular",
            let configuration = grid["configuration"]?.object
        else { throw document.malformed("chunk_grid", "a regular grid") }
        let chunkShape = try configuration.lengths("chunk_shape").map { max($0, 1) }
        let codecs = try CodecSpec.reading(
            v3Codecs: document["codecs"]?.array ?? [], naming: naming)
        guard let typeName = document["data_type"] else {
            throw document.malformed("data_type", "a data type")
        }
        let type = try DataType(v3Name: typeName, codecs.order)
        var names = document["dimension_names"]?.array?.compactMap(\.string)
        if names?.count != shape.count { names = nil }
        let array = VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: type,
            missing: V3MissingData.read(try FillValue(json: document["fill_value"] ?? .null, for: type)),
            codecs: codecs.specs,
            attributes: V3MissingData.readAttributes(document["attributes"]?.object ?? [:], type)
                .standardized(keepsFill: true),
            dimensionNames: names,
            chunks: MemoryManifest.empty(try ChunkGrid.covering(shape, by: chunkShape)))
        return ArrayMetadata(array, keys: try keys(document))
    }

    private static func keys(_ document: JSONObject) throws(KerchunkError) -> ChunkKeyEncoding {
        let encoding = document["chunk_key_encoding"]?.object
        let isDefault = encoding?["name"]?.string ?? "default" == "default"
        let separator = encoding?["configuration"]?.object?["separator"]?.string ?? (isDefault ? "/" : ".")
        guard separator == "/" || separator == "." else {
            throw document.malformed("chunk_key_encoding", "a separator of \"/\" or \".\"")
        }
        return ChunkKeyEncoding(
            hasPrefix: isDefault, separator: separator == "/" ? UInt8(ascii: "/") : UInt8(ascii: "."))
    }
}

extension DataType {
    /// The type that the `data_type` of a `zarr.json` names.
    init(v3Name json: JSONValue, _ order: ByteOrder) throws(KerchunkError) {
        guard let name = json.string ?? json.object?["name"]?.string,
            let type = try Self.named(name, json.object?["configuration"]?.object ?? [:], order)
        else {
            throw KerchunkError(
                .unsupported, "unknown Zarr v3 data type \"\(json.serialized())\"")
        }
        self = type
    }

    private static func named(
        _ name: String, _ configuration: JSONObject, _ order: ByteOrder
    ) throws(KerchunkError) -> DataType? {
        let length = configuration["length_bytes"]?.number?.uint64.flatMap { Int(exactly: $0) }
        let unit = configuration["unit"]?.string.map { $0 == "generic" ? "" : $0 } ?? ""
        let factor = configuration["scale_factor"]?.number?.uint64 ?? 1
        let ticks = (factor == 1 ? "" : "\(factor)") + unit
        switch name {
        case "bool": return .bool
        case "int8", "int16", "int32", "int64": return .integer(isSigned: true, width: bits(name) / 8, order)
        case "uint8", "uint16", "uint32", "uint64":
            return .integer(isSigned: false, width: bits(name) / 8, order)
        case "float16", "float32", "float64": return .float(width: bits(name) / 8, order)
        case "complex64", "complex128": return .complex(width: bits(name) / 8, order)
        case "string": return .text
        case "numpy.datetime64": return .datetime(unit: ticks, order)
        case "numpy.timedelta64": return .timedelta(unit: ticks, order)
        case "null_terminated_bytes": return length.map { .fixedBytes(length: $0) }
        case "raw_bytes": return length.map { .raw(length: $0) }
        case "fixed_length_utf32": return length.map { .fixedText(length: $0 / 4, order) }
        case "structured":
            var fields: [Field] = []
            for field in configuration["fields"]?.array ?? [] {
                guard let parts = field.array, parts.count == 2, let name = parts[0].string else {
                    return nil
                }
                fields.append(Field(name: name, type: try DataType(v3Name: parts[1], .little)))
            }
            return .structure(fields)
        default: return nil
        }
    }

    private static func bits(_ name: String) -> Int { Int(name.drop { !$0.isNumber }) ?? 0 }
}
