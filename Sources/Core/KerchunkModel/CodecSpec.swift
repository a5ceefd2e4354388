// SPDX-License-Identifier: Apache-2.0
// A codec's name and settings, as they stand in Zarr v2 metadata.

public import KerchunkBytes

/// One step from elements to stored bytes. Spec: Zarr v2, "compressor" and "filters"; ids as numcodecs registers them.
public struct CodecSpec: Hashable, Sendable {
    public let id: String
    /// All members of the JSON object but `id`.
    public let configuration: JSONObject

    public init(_ id: String, _ configuration: JSONObject = [:]) {
        self.id = id
        self.configuration = configuration
    }

    /// - Throws: for a value that is no object with an id.
    public init(json: JSONValue) throws(KerchunkError) {
        guard var members = json.object, let id = members["id"]?.string else {
            throw KerchunkError(
                .malformed, "\"\(json.serialized())\" is not a codec; expected an object with an \"id\"")
        }
        members["id"] = nil
        self.init(id, members)
    }

    public var json: JSONValue {
        var object: JSONObject = ["id": .string(id)]
        for (name, value) in configuration { object[name] = value }
        return .object(object)
    }
}
