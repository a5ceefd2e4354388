// SPDX-License-Identifier: Apache-2.0
// The codec `vlen-utf8`: texts of any length in one run of bytes.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Elements that are texts have no bytes of their own: as a step in a pipeline this codec checks the container and
/// passes it on, and `TextContainer.texts` opens it.
struct VariableLengthText: Codec {
    static let entry = CodecEntry(
        "vlen-utf8", .arrayToBytes, "Variable-length strings.", v3Name: .same("vlen-utf8"), reader: .zarr
    ) { _ in VariableLengthText() }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw .beyond(limit, "vlen-utf8") }
        try TextContainer.forEachText(in: stored) { _ in }
        return stored
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        try TextContainer.forEachText(in: decoded) { _ in }
        return decoded
    }
}
