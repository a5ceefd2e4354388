// SPDX-License-Identifier: Apache-2.0
// What documents of Zarr v3 must know of a codec: its stage and its name there.
// Spec: Zarr core v3, "Codecs".

public import KerchunkBytes

/// What a codec takes and gives when it encodes.
public enum CodecStage: String, Sendable, CaseIterable {
    /// Elements to elements, such as `delta`. Zarr v3 has them before the one that makes bytes.
    case arrayToArray = "array-array"
    /// Elements to bytes, such as `vlen-utf8`; one at most.
    case arrayToBytes = "array-bytes"
    /// Bytes to bytes, such as `zlib`.
    case bytesToBytes = "bytes-bytes"
}

/// A codec as it stands in a `zarr.json`.
public struct V3Codec: Hashable, Sendable {
    /// Its `name`.
    public let name: String
    /// Its `configuration`.
    public let configuration: JSONObject

    public init(_ name: String, _ configuration: JSONObject = [:]) {
        self.name = name
        self.configuration = configuration
    }
}

/// Knows what Zarr v3 calls the codecs that Zarr v2 names as numcodecs does. A directory of codecs does.
public protocol CodecNaming: Sendable {
    /// The stage of the codec `id`; nil for one that is not known.
    func stage(of id: String) -> CodecStage?
    /// The codec in Zarr v3; nil where it has none.
    func v3Codec(_ spec: CodecSpec) -> V3Codec?
    /// The codec of numcodecs, or of ours, that decodes like one of Zarr v3; nil for a name that is not known.
    func spec(_ codec: V3Codec) -> CodecSpec?
}
