// SPDX-License-Identifier: Apache-2.0
// The `codecs` of a `zarr.json`, from and to codecs as Zarr v2 names them.
// Spec: Zarr core v3, "Codecs"; the names with the prefix `numcodecs.` as zarr-python 3.1 registers them.

package import KerchunkBytes

extension CodecSpec {
    /// What zarr-python puts before numcodecs' ids.
    private static let numcodecsPrefix = "numcodecs."

    /// The `codecs` of a `zarr.json` that decode as `specs` (in encode order) do in Zarr v2.
    /// - Throws: kind `unsupported` for codecs that Zarr v3 has no name for, or no place for behind others.
    package static func v3Codecs(
        _ specs: [CodecSpec], for type: DataType, naming: any CodecNaming
    ) throws(KerchunkError) -> [JSONValue] {
        var codecs: [JSONValue] = []
        var makesBytes = false
        for spec in specs {
            guard let stage = naming.stage(of: spec.id), let codec = naming.v3Codec(spec),
                stage == .bytesToBytes || !makesBytes
            else {
                throw KerchunkError(.unsupported, "Zarr v3 has no codec for \"\(spec.id)\"")
            }
            if stage == .bytesToBytes, !makesBytes { codecs.append(bytesCodec(for: type)) }
            makesBytes = stage != .arrayToArray
            codecs.append(["name": .string(codec.name), "configuration": .object(codec.configuration)])
        }
        return makesBytes ? codecs : codecs + [bytesCodec(for: type)]
    }

    private static func bytesCodec(for type: DataType) -> JSONValue {
        if type == .text { return ["name": "vlen-utf8", "configuration": [:]] }
        guard type.hasByteOrder else { return ["name": "bytes"] }
        let endian: JSONValue = type.byteOrder == .big ? "big" : "little"
        return ["name": "bytes", "configuration": ["endian": endian]]
    }

    /// The codecs of a `zarr.json` as Zarr v2 names them, in encode order, and the byte order of the elements.
    static func reading(
        v3Codecs codecs: [JSONValue], naming: any CodecNaming
    ) throws(KerchunkError) -> (specs: [CodecSpec], order: ByteOrder) {
        var specs: [CodecSpec] = []
        var order = ByteOrder.little
        for codec in codecs {
            guard let name = codec.object?["name"]?.string ?? codec.string else {
                throw KerchunkError(
                    .malformed, "\"\(codec.serialized())\" is not a codec; expected an object with a \"name\""
                )
            }
            let configuration = codec.object?["configuration"]?.object ?? [:]
            if name == "bytes" || name == "endian" {
                if configuration["endian"]?.string == "big" { order = .big }
            } else {
                specs.append(
                    naming.spec(V3Codec(name, configuration))
                        ?? CodecSpec(
                            name.hasPrefix(numcodecsPrefix)
                                ? String(name.dropFirst(numcodecsPrefix.count)) : name, configuration))
            }
        }
        return (specs, order)
    }
}
