// SPDX-License-Identifier: Apache-2.0
// Bytes through codecs.

import Kerchunk

extension Operations {
    /// Most bytes that a step may make where the request does not say.
    private static let usualLimit: UInt64 = 1 << 34

    /// Stored bytes into elements.
    static func decode(_ request: Request) throws -> Reply {
        try request.checkNames(["codecs", "bytes", "limit"], of: "decode")
        let bytes = try request.handle("bytes", BytesObject.self).bytes
        let limit = try request.integer("limit") ?? usualLimit
        return Reply(objects: [BytesObject(try request.pipeline().decode(bytes, limit: Int(limit)))])
    }

    /// The reverse of `decode`.
    static func encode(_ request: Request) throws -> Reply {
        try request.checkNames(["codecs", "bytes"], of: "encode")
        let bytes = try request.handle("bytes", BytesObject.self).bytes
        return Reply(objects: [BytesObject(try request.pipeline().encode(bytes))])
    }
}

extension CodecEntry {
    /// Spec: docs/c-abi.md, "Codecs".
    var json: JSONValue {
        var document: JSONObject = [
            "id": .string(id), "stage": .string(stage.rawValue), "summary": .string(summary),
            "decodes": .bool(maker != nil), "packages": .strings(neededPackages),
        ]
        switch reader {
        case .ours(let name), .otherPackage(_, let name): document["class"] = .string(name)
        case .zarr, .none: break
        }
        switch v3Name {
        case .none: break
        case .same(let name): document["v3_names"] = [.string(name)]
        case .translated(_, let names): document["v3_names"] = .strings(names.keys.sorted())
        }
        return .object(document)
    }
}

extension Request {
    /// Codecs in the order in which they encode, each as numcodecs configures it: `{"id": "zlib", "level": 1}`.
    fileprivate func pipeline() throws(KerchunkError) -> CodecPipeline {
        var specs: [CodecSpec] = []
        for value in try required(try array("codecs"), "codecs") {
            guard var configuration = value.object, let id = configuration["id"]?.string else {
                throw KerchunkError(.usage, "a codec must be an object with an \"id\"")
            }
            configuration["id"] = nil
            specs.append(CodecSpec(id, configuration))
        }
        return try CodecPipeline(specs, from: try session().codecs)
    }
}
