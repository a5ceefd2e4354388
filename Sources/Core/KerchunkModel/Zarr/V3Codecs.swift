// SPDX-License-Identifier: Apache-2.0
// Codecs as Zarr v3 names them.
// Spec: Zarr core v3, "Codecs"; the names with the prefix `numcodecs.` as zarr-python 3.1 registers them.

package import KerchunkBytes

extension CodecSpec {
    /// numcodecs' filters that map elements to elements, so that they stand before the codec `bytes`.
    private static let elementwise: Set<String> = [
        "astype", "bitround", "delta", "fixedscaleoffset", "packbits", "quantize",
    ]
    /// numcodecs' filters that map bytes to bytes.
    private static let bytewise: Set<String> = [
        "adler32", "blosc", "bz2", "crc32", "crc32c", "fletcher32", "gzip", "jenkins_lookup3", "lz4", "lzma",
        "shuffle", "zlib", "zstd",
    ]
    /// What stands before ids of our own.
    private static let ownPrefix = "swift_kerchunk."

    /// The `codecs` of a `zarr.json` that decode as `specs` (in encode order) do in Zarr v2.
    /// - Throws: kind `unsupported` for codecs that Zarr v3 has no name for.
    package static func v3Codecs(
        _ specs: [CodecSpec], for type: DataType
    ) throws(KerchunkError) -> [JSONValue] {
        var before: [JSONValue] = []
        var after: [JSONValue] = []
        var serializer = bytesCodec(for: type)
        for spec in specs {
            if spec.id == "vlen-utf8", type == .text, after.isEmpty {
                serializer = ["name": "vlen-utf8", "configuration": [:]]
            } else if elementwise.contains(spec.id), after.isEmpty {
                before.append(spec.v3JSON(name: "numcodecs." + spec.id))
            } else if bytewise.contains(spec.id) {
                after.append(spec.v3JSON(name: spec.coreName ?? "numcodecs." + spec.id))
            } else if spec.id.hasPrefix(ownPrefix) {
                after.append(spec.v3JSON(name: spec.id))
            } else {
                throw KerchunkError(.unsupported, "Zarr v3 has no codec for \"\(spec.id)\" here")
            }
        }
        return before + [serializer] + after
    }

    /// The name of the codec of Zarr's core that decodes alike.
    private var coreName: String? {
        switch id {
        case "gzip": configuration["level"]?.number?.uint64.map { $0 <= 9 } == true ? "gzip" : nil
        default: nil
        }
    }

    private func v3JSON(name: String) -> JSONValue {
        ["name": .string(name), "configuration": .object(configuration)]
    }

    private static func bytesCodec(for type: DataType) -> JSONValue {
        if type == .text { return ["name": "vlen-utf8", "configuration": [:]] }
        guard type.hasByteOrder else { return ["name": "bytes"] }
        let endian: JSONValue = type.byteOrder == .big ? "big" : "little"
        return ["name": "bytes", "configuration": ["endian": endian]]
    }
}
