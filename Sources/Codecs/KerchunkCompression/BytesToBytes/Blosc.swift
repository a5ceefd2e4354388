// SPDX-License-Identifier: Apache-2.0
// The codec `blosc`: frames of Blosc 1, read over the other codecs of this module.
// Spec: c-blosc 1.21, README_CHUNK_FORMAT; settings as numcodecs' Blosc; HDF5's filter 32001 writes what it reads.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// The settings say how to encode; a frame says itself how to decode it. We encode without compressing.
struct Blosc: Codec {
    /// Zarr's core has it, too, with a word for the shuffling and the size of an element, which numcodecs takes from the array.
    private static let v3Name = CodecEntry.V3Name.translated(
        to: { V3Codec("numcodecs.blosc", $0) },
        from: [
            "numcodecs.blosc": { $0 },
            "blosc": { configuration in
                var settings = configuration
                settings["typesize"] = nil
                if let word = settings["shuffle"]?.string {
                    settings["shuffle"] = word == "bitshuffle" ? 2 : word == "shuffle" ? 1 : 0
                }
                return settings
            },
        ])

    static let entry = CodecEntry.numcodecs("blosc", .bytesToBytes, v3Name: v3Name, encodingSettings: .all) {
        settings throws(KerchunkError) in try Blosc(settings)
    }

    private static let headerSize = 16
    /// Streams of a split block are at least this long and at most this many.
    private static let shortestStream = 128
    private static let mostStreams = 16

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings("blosc", configuration)
        _ = try settings.integer("clevel", else: 5)
        _ = try settings.integer("shuffle", in: -1...2, else: 1)
        _ = try settings.integer("blocksize", in: 0...Int(Int32.max), else: 0)
        _ = try settings.optionalText("cname")
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let header = try Header(stored)
        guard header.size <= limit else { throw .beyond(limit, "blosc") }
        if header.isCopied {
            guard stored.count - Blosc.headerSize >= header.size else {
                throw .undecodable(
                    "blosc", "\(header.size) bytes were copied, but only \(stored.count - 16) are left")
            }
            return stored[Blosc.headerSize..<Blosc.headerSize + header.size]
        }
        guard header.size > 0 else { return Bytes() }
        let blockCount = (header.size - 1) / header.blockSize + 1
        var reader = FrameReader(stored, codec: "blosc")
        try reader.seek(to: Blosc.headerSize)
        guard reader.remaining / 4 >= blockCount else {
            throw .undecodable("blosc", "\(blockCount) blocks do not fit into its \(stored.count) bytes")
        }
        var starts: [Int] = []
        for _ in 0..<blockCount { starts.append(Int(try reader.uint32())) }
        let zstd = header.format == .zstd ? try ZstandardDecoder() : nil
        var output: [UInt8] = []
        for (block, start) in starts.enumerated() {
            let size = min(header.blockSize, header.size - block * header.blockSize)
            try reader.seek(to: start)
            output += try decodeBlock(&reader, header, zstd, size: size)
        }
        return Bytes(output)
    }

    /// One block: its streams, then the shuffling undone.
    private func decodeBlock(
        _ reader: inout FrameReader, _ header: Header, _ zstd: ZstandardDecoder?, size: Int
    ) throws(KerchunkError) -> [UInt8] {
        let isWhole = size == header.blockSize
        let isSplit =
            header.maySplit && isWhole && header.elementSize <= Blosc.mostStreams
            && size / header.elementSize >= Blosc.shortestStream
        let streamCount = isSplit ? header.elementSize : 1
        var block: [UInt8] = []
        for _ in 0..<streamCount {
            let streamSize = size / streamCount
            let stored = try reader.bytes(Int(try reader.uint32()))
            guard stored.count != streamSize else {
                block += stored.array
                continue
            }
            block += try decodeStream(stored, header.format, zstd, size: streamSize)
        }
        guard block.count == size else {
            throw .undecodable("blosc", "\(streamCount) streams do not add up to a block of \(size) bytes")
        }
        switch header.shuffling {
        case .bytes where header.elementSize > 1:
            return Shuffle.gather(block[...], elementSize: header.elementSize)
        case .bits where size >= header.elementSize:
            let count = size / header.elementSize
            guard count % 8 == 0 else { return block }
            return BitTransposition.gather(block[...], elementSize: header.elementSize, count: count)
        default: return block
        }
    }

    private func decodeStream(
        _ stored: Bytes, _ format: Header.Format, _ zstd: ZstandardDecoder?, size: Int
    ) throws(KerchunkError) -> [UInt8] {
        switch format {
        case .blosclz:
            if let decoded = BloscLZ.decode(stored.array, size: size) { return decoded }
        case .lz4:
            if let decoded = LZ4Block.decode(stored, size: size) { return decoded.array }
        case .zlib:
            let decoded = try Deflate(.zlib, level: 1).decode(stored, limit: size)
            if decoded.count == size { return decoded.array }
        case .zstd:
            if let decoded = try zstd?.decode(stored, limit: size), decoded.count == size {
                return decoded.array
            }
        }
        throw .undecodable("blosc", "a stream of \(stored.count) bytes does not decode to \(size) bytes")
    }

    /// A frame whose content is copied.
    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard decoded.count <= Int(Int32.max) - Blosc.headerSize else {
            throw .unencodable("blosc", "\(decoded.count) bytes are more than 2 GiB")
        }
        var writer = FrameWriter()
        writer.append([2, 1, Header.copiedFlag, 1])
        writer.uint32(UInt32(decoded.count))
        writer.uint32(UInt32(max(1, decoded.count)))
        writer.uint32(UInt32(decoded.count + Blosc.headerSize))
        writer.append(decoded)
        return writer.bytes
    }
}

extension Blosc {
    /// The 16 bytes at the start of a frame.
    private struct Header {
        enum Format { case blosclz, lz4, zlib, zstd }
        enum Shuffling { case none, bytes, bits }

        static let copiedFlag: UInt8 = 0x02

        let format: Format
        let shuffling: Shuffling
        let isCopied: Bool
        /// Whether whole blocks may hold a stream for each byte of an element.
        let maySplit: Bool
        /// 1 to 255, bytes.
        let elementSize: Int
        /// Decoded bytes.
        let size: Int
        /// Decoded bytes of each block but the last; above zero where there are blocks.
        let blockSize: Int

        init(_ stored: Bytes) throws(KerchunkError) {
            var reader = FrameReader(stored, codec: "blosc")
            let version = try reader.uint8()
            guard version <= 2 else {
                throw KerchunkError(
                    .unsupported,
                    "cannot decode blosc: a frame of version \(version); only Blosc 1 (version 2) is supported"
                )
            }
            _ = try reader.uint8()  // version of the inner format
            let flags = try reader.uint8()
            elementSize = max(1, Int(try reader.uint8()))
            size = Int(try reader.uint32())
            blockSize = Int(try reader.uint32())
            _ = try reader.uint32()  // size of the frame: the chunk's bytes say it too
            isCopied = flags & Header.copiedFlag != 0
            maySplit = flags & 0x10 == 0
            shuffling = flags & 0x01 != 0 ? .bytes : flags & 0x04 != 0 ? .bits : .none
            switch flags >> 5 {
            case 0: format = .blosclz
            case 1: format = .lz4
            case 3: format = .zlib
            case 4: format = .zstd
            case 2: throw KerchunkError(.unsupported, "cannot decode blosc: snappy is not supported")
            case let other: throw .undecodable("blosc", "unknown compressor number \(other)")
            }
            guard size <= Int(Int32.max), blockSize <= Int(Int32.max) else {
                throw .undecodable("blosc", "sizes \(size) and \(blockSize) are larger than 2 GiB")
            }
            guard blockSize > 0 || size == 0 || isCopied else {
                throw .undecodable("blosc", "blocks of 0 bytes")
            }
        }
    }
}
