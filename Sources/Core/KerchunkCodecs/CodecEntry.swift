// SPDX-License-Identifier: Apache-2.0
// All that there is to know about a codec, in one place.

public import KerchunkBytes
public import KerchunkModel

/// A codec: what it is called, where it stands, who decodes it, and how it is made. A new codec is one of these in a list,
/// and nothing else: see docs/adding-a-codec.md.
public struct CodecEntry: Sendable {
    /// Makes a codec from its settings; throws where they make no sense.
    public typealias Maker = @Sendable (JSONObject) throws(KerchunkError) -> any Codec

    /// Who decodes it in Python.
    public enum PythonReader: Hashable, Sendable {
        /// zarr-python and numcodecs, as they are.
        case zarr
        /// The package swift-kerchunk by this library, in a class of this name.
        case ours(class: String)
        /// The package swift-kerchunk by another of PyPI, in a class of this name.
        case otherPackage(String, class: String)
        /// Nobody: it is not for chunks of arrays.
        case none
    }

    /// What Zarr v3 calls it.
    public enum V3Name: Sendable {
        /// It is not there.
        case none
        /// It has this name, and the same settings.
        case same(String)
        /// It has several names, or other settings.
        case translated(
            to: @Sendable (JSONObject) -> V3Codec, from: [String: @Sendable (JSONObject) -> JSONObject])

        /// As zarr-python calls numcodecs' codec `id`.
        public static func numcodecs(_ id: String) -> V3Name { .same("numcodecs." + id) }
    }

    /// Settings that matter to encoding only: arrays that differ in them decode alike.
    public enum EncodingSettings: Hashable, Sendable {
        case none, all
        case named(Set<String>)
    }

    /// As numcodecs calls it, or with `swift_kerchunk.` before it where numcodecs has none.
    public let id: String
    public let stage: CodecStage
    /// What it is, in a sentence: what Python's class says of itself.
    public let summary: String
    public let v3Name: V3Name
    public let reader: PythonReader
    public let encodingSettings: EncodingSettings
    /// nil where this library cannot decode it.
    public let maker: Maker?

    public init(
        _ id: String, _ stage: CodecStage, _ summary: String, v3Name: V3Name = .none,
        reader: PythonReader = .none, encodingSettings: EncodingSettings = .none, maker: Maker?
    ) {
        self.id = id
        self.stage = stage
        self.summary = summary
        self.v3Name = v3Name
        self.reader = reader
        self.encodingSettings = encodingSettings
        self.maker = maker
    }

    /// What a reader in Python has to install beside zarr and numcodecs: names of packages on PyPI.
    public var neededPackages: [String] {
        switch reader {
        case .zarr, .none: []
        case .ours: ["swift-kerchunk"]
        case .otherPackage(let name, _): ["swift-kerchunk", name]
        }
    }
}
