// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.bitshuffle`: what HDF5's filter 32008 writes.
// Spec: bitshuffle 0.5, bshuf_h5filter.c: blocks of elements, bits transposed in each, each compressed or not. With a
// compressor: content's size (8 bytes), block size in bytes (4), then blocks with their size (4); all big-endian.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct BitShuffle: Codec {
    static let id = "swift_kerchunk.bitshuffle"
    static let entry = CodecEntry.ours(
        id, class: "BitShuffle", "Bitshuffle alone or with LZ4 or Zstandard, HDF5 filter 32008."
    ) {
        settings throws(KerchunkError) in try BitShuffle(settings)
    }

    enum Compressor: String, CaseIterable { case none, lz4, zstd }

    let compressor: Compressor
    /// Bytes of an element.
    let elementSize: Int
    /// Elements in a block, a multiple of 8.
    let blockSize: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(BitShuffle.id, configuration)
        elementSize = try settings.integer("elementsize", in: 1...Int(Int32.max))
        compressor = try settings.word("compressor", else: Compressor.none)
        let blockSize = try settings.integer("blocksize", in: 0...Int(Int32.max), else: 0)
        guard blockSize % 8 == 0 else {
            throw settings.error("has \"blocksize\" \(blockSize), expected a multiple of 8")
        }
        // What the filter itself takes for 0.
        self.blockSize = blockSize == 0 ? max(128, 8192 / elementSize / 8 * 8) : blockSize
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard compressor != .none else {
            guard stored.count <= limit else { throw .beyond(limit, BitShuffle.id) }
            return try decodeBlocks(stored, size: stored.count, blockSize: blockSize)
        }
        var reader = FrameReader(stored, codec: BitShuffle.id)
        let size = try Int(exactly: reader.uint64BigEndian()) ?? Int.max
        guard size <= limit else { throw .beyond(limit, BitShuffle.id) }
        let blockBytes = Int(try reader.uint32BigEndian())
        guard blockBytes > 0, blockBytes % (8 * elementSize) == 0 else {
            throw .undecodable(
                BitShuffle.id, "blocks of \(blockBytes) bytes are not a multiple of 8 elements")
        }
        return try decodeBlocks(stored.dropping(12), size: size, blockSize: blockBytes / elementSize)
    }

    /// - Parameters:
    ///   - size: decoded bytes.
    ///   - blockSize: elements.
    private func decodeBlocks(_ stored: Bytes, size: Int, blockSize: Int) throws(KerchunkError) -> Bytes {
        guard size % elementSize == 0 else {
            throw .undecodable(
                BitShuffle.id, "\(size) bytes are not a multiple of the element size \(elementSize)")
        }
        var reader = FrameReader(stored, codec: BitShuffle.id)
        let zstd = compressor == .zstd ? try ZstandardDecoder() : nil
        var output: [UInt8] = []
        while let count = nextBlock(after: output.count, of: size, blockSize: blockSize) {
            let planes = try decodeBlock(&reader, zstd, size: count * elementSize)
            output += BitTransposition.gather(planes.array[...], elementSize: elementSize, count: count)
        }
        output += try reader.bytes(size - output.count).array
        return Bytes(output)
    }

    /// Elements in the block at `position` of `size` bytes. Up to 7 elements behind the last block are copied.
    private func nextBlock(after position: Int, of size: Int, blockSize: Int) -> Int? {
        let count = min(blockSize, (size - position) / elementSize / 8 * 8)
        return count > 0 ? count : nil
    }

    private func decodeBlock(_ reader: inout FrameReader, _ zstd: ZstandardDecoder?, size: Int)
        throws(KerchunkError) -> Bytes
    {
        guard compressor != .none else { return try reader.bytes(size) }
        let block = try reader.bytes(Int(try reader.uint32BigEndian()))
        if let zstd {
            let planes = try zstd.decode(block, limit: size)
            if planes.count == size { return planes }
        } else if let planes = LZ4Block.decode(block, size: size) {
            return planes
        }
        throw .undecodable(
            BitShuffle.id, "the block before byte \(reader.position + 12) does not decode to \(size) bytes")
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard decoded.count % elementSize == 0, blockSize.multiplied(by: elementSize) ?? Int.max <= Int32.max
        else {
            throw .unencodable(
                BitShuffle.id, "\(decoded.count) bytes are not a multiple of the element size \(elementSize)")
        }
        var writer = FrameWriter()
        if compressor != .none {
            writer.uint64BigEndian(UInt64(decoded.count))
            writer.uint32BigEndian(UInt32(blockSize * elementSize))
        }
        var position = 0
        while let count = nextBlock(after: position, of: decoded.count, blockSize: blockSize) {
            let content = decoded[position..<position + count * elementSize]
            position += content.count
            let planes = Bytes(
                BitTransposition.scatter(content.array[...], elementSize: elementSize, count: count))
            switch compressor {
            case .none: writer.append(planes)
            case .lz4: writer.appendBlock(try LZ4Block.encode(planes, codec: BitShuffle.id))
            case .zstd: writer.appendBlock(try Zstandard().encode(planes))
            }
        }
        writer.append(decoded.dropping(position))
        return writer.bytes
    }
}

extension FrameWriter {
    /// A block behind its size.
    fileprivate mutating func appendBlock(_ block: Bytes) {
        uint32BigEndian(UInt32(clamping: block.count))
        append(block)
    }
}
