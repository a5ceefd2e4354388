// SPDX-License-Identifier: Apache-2.0
// Entries of the usual kinds: codecs of numcodecs, and of our own.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

extension CodecEntry {
    /// A codec that numcodecs brings.
    /// - Parameter v3Name: nil for the name that zarr-python gives all of numcodecs' codecs.
    static func numcodecs(
        _ id: String, _ stage: CodecStage, v3Name: V3Name? = nil, encodingSettings: EncodingSettings = .none,
        maker: Maker?
    ) -> CodecEntry {
        CodecEntry(
            id, stage, "numcodecs' codec \(id).", v3Name: v3Name ?? .numcodecs(id), reader: .zarr,
            encodingSettings: encodingSettings, maker: maker)
    }

    /// A codec between bytes that only this library has, under the same name in both versions of Zarr.
    static func ours(
        _ id: String, class name: String, _ summary: String, encodingSettings: EncodingSettings = .none,
        maker: @escaping Maker
    ) -> CodecEntry {
        CodecEntry(
            id, .bytesToBytes, summary, v3Name: .same(id), reader: .ours(class: name),
            encodingSettings: encodingSettings, maker: maker)
    }
}
