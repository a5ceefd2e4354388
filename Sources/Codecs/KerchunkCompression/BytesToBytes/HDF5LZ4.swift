// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.lz4`: what HDF5's filter 32004 writes.
// Spec: HDF5 registered filter 32004: content's size (8 bytes), block size (4), then blocks with their size (4); all
// big-endian. A block as large as its content is a copy.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct HDF5LZ4: Codec {
    static let id = "swift_kerchunk.lz4"
    static let entry = CodecEntry.ours(
        id, class: "LZ4",
        "LZ4 in the frame of HDF5 filter 32004, which is not the frame of numcodecs' ``lz4``.",
        encodingSettings: .named(["blocksize"])
    ) {
        settings throws(KerchunkError) in try HDF5LZ4(settings)
    }

    /// Bytes of content in a block, when encoding.
    let blockSize: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(HDF5LZ4.id, configuration)
        let blockSize = try settings.integer("blocksize", in: 0...LZ4Block.largestContent, else: 0)
        // What the filter itself takes for 0.
        self.blockSize = blockSize == 0 ? 1 << 30 : blockSize
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        var reader = FrameReader(stored, codec: HDF5LZ4.id)
        let size = try Int(exactly: reader.uint64BigEndian()) ?? Int.max
        guard size <= limit else { throw .beyond(limit, HDF5LZ4.id) }
        let blockSize = Int(try reader.uint32BigEndian())
        guard blockSize > 0 || size == 0 else { throw .undecodable(HDF5LZ4.id, "blocks of 0 bytes") }
        var output: [UInt8] = []
        while output.count < size {
            let expected = min(blockSize, size - output.count)
            let block = try reader.bytes(Int(try reader.uint32BigEndian()))
            if block.count == expected {
                output += block.array
            } else if let decoded = LZ4Block.decode(block, size: expected) {
                output += decoded.array
            } else {
                throw .undecodable(
                    HDF5LZ4.id,
                    "the block before byte \(reader.position) does not decode to \(expected) bytes")
            }
        }
        return Bytes(output)
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        var writer = FrameWriter()
        let blockSize = min(blockSize, max(1, decoded.count))
        writer.uint64BigEndian(UInt64(decoded.count))
        writer.uint32BigEndian(UInt32(blockSize))
        for start in stride(from: 0, to: decoded.count, by: blockSize) {
            let content = decoded[start..<min(start + blockSize, decoded.count)]
            let block = try LZ4Block.encode(content, codec: HDF5LZ4.id)
            let smaller = block.count < content.count ? block : content
            writer.uint32BigEndian(UInt32(smaller.count))
            writer.append(smaller)
        }
        return writer.bytes
    }
}
