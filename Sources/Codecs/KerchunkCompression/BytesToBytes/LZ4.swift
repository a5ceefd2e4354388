// SPDX-License-Identifier: Apache-2.0
// The codec `lz4`: the content's size in four little-endian bytes, then one block.
// Spec: numcodecs' LZ4.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct LZ4: Codec {
    static let entry = CodecEntry.numcodecs("lz4", .bytesToBytes, encodingSettings: .all) {
        settings throws(KerchunkError) in try LZ4(settings)
    }

    let acceleration: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings("lz4", configuration)
        acceleration = min(max(1, try settings.integer("acceleration", else: 1)), 65_537)
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        var reader = FrameReader(stored, codec: "lz4")
        let size = Int(try reader.uint32())
        guard size <= limit else { throw .beyond(limit, "lz4") }
        guard let decoded = LZ4Block.decode(stored.dropping(4), size: size) else {
            throw .undecodable("lz4", "the block does not decode to the \(size) bytes that it declares")
        }
        return decoded
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let block = try LZ4Block.encode(decoded, acceleration: acceleration, codec: "lz4")
        var writer = FrameWriter()
        writer.uint32(UInt32(decoded.count))
        writer.append(block)
        return writer.bytes
    }
}
