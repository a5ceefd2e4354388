// SPDX-License-Identifier: Apache-2.0
// The codec `lz4_raw`: one LZ4 block without anything around it, as pages of Parquet files have it.
// Spec: parquet-format 2.10, Compression.md, "LZ4_RAW".

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct LZ4Raw: Codec {
    static let id = "lz4_raw"
    static let entry = CodecEntry(id, .bytesToBytes, "Pages in Parquet files.") { _ in LZ4Raw() }

    /// The block does not say how long its content is: it must be exactly `limit`.
    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard let decoded = LZ4Block.decode(stored, size: limit) else {
            throw .undecodable(Self.id, "the block does not decode to \(limit) bytes, as expected")
        }
        return decoded
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        try LZ4Block.encode(decoded, codec: Self.id)
    }
}
