// SPDX-License-Identifier: Apache-2.0
// The codec `swift_kerchunk.szip`: what HDF5's filter 4 writes, over libaec.
// Spec: CCSDS 121.0-B-3; HDF5's filter 4: the content's size in four little-endian bytes, then szip's stream. szip
// pads each scan line to whole blocks, and codes elements of 32 and 64 bits as planes of bytes.

import CAEC
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Szip: Codec {
    static let id = "swift_kerchunk.szip"
    static let entry = CodecEntry.ours(
        id, class: "Szip", "Szip, HDF5 filter 4."
    ) {
        settings throws(KerchunkError) in try Szip(settings)
    }

    /// How szip prepares samples: by their difference to the one before ("nearest neighbour"), or not at all.
    enum Coding: String, CaseIterable {
        case nearestNeighbour = "nn"
        case entropy = "ec"
    }
    enum Order: String, CaseIterable { case little, big }

    let coding: Coding
    let order: Order
    let bitsPerPixel: Int
    let pixelsPerBlock: Int
    let pixelsPerScanline: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(Szip.id, configuration)
        coding = try settings.word("coding")
        order = try settings.word("byteorder")
        bitsPerPixel = try settings.integer("bits_per_pixel", in: 1...64)
        pixelsPerBlock = try settings.integer("pixels_per_block", in: 2...32)
        pixelsPerScanline = try settings.integer("pixels_per_scanline", in: 1...4096)
        guard bitsPerPixel <= 32 || bitsPerPixel == 64 else {
            throw settings.error("has \"bits_per_pixel\" \(bitsPerPixel), expected 1 to 32, or 64")
        }
        guard pixelsPerBlock % 2 == 0 else {
            throw settings.error("has an odd \"pixels_per_block\" \(pixelsPerBlock)")
        }
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        var reader = FrameReader(stored, codec: Szip.id)
        let size = Int(try reader.uint32())
        guard size <= limit else { throw .beyond(limit, Szip.id) }
        guard size > 0 else { return Bytes() }
        let isPlanar = bitsPerPixel == 32 || bitsPerPixel == 64
        let sampleBits = isPlanar ? 8 : bitsPerPixel
        let sampleSize = sampleBits > 16 ? 4 : sampleBits > 8 ? 2 : 1
        let line = pixelsPerScanline * sampleSize
        let blocksPerLine = (pixelsPerScanline - 1) / pixelsPerBlock + 1
        let paddedLine = blocksPerLine * pixelsPerBlock * sampleSize
        let lineCount = (size - 1) / line + 1
        let padded = try entropyDecoded(
            stored.dropping(4), size: lineCount * paddedLine, sampleBits: sampleBits,
            blocksPerLine: blocksPerLine)
        let needed = (lineCount - 1) * paddedLine + (size - (lineCount - 1) * line)
        guard padded.count >= needed else {
            throw .undecodable(
                Szip.id, "\(stored.count) stored bytes decode to \(padded.count), expected \(needed)")
        }
        let samples = line == paddedLine ? padded[0..<size] : withoutPadding(padded, size, line, paddedLine)
        return isPlanar ? Bytes(Shuffle.gather(samples.array[...], elementSize: bitsPerPixel / 8)) : samples
    }

    private func withoutPadding(_ padded: Bytes, _ size: Int, _ line: Int, _ paddedLine: Int) -> Bytes {
        let padded = padded.array
        var samples: [UInt8] = []
        samples.reserveCapacity(size)
        var start = 0
        while samples.count < size {
            samples += padded[start..<start + min(line, size - samples.count)]
            start += paddedLine
        }
        return Bytes(samples)
    }

    /// At most `size` bytes of samples; fewer where the stream ends before.
    private func entropyDecoded(
        _ stored: Bytes, size: Int, sampleBits: Int, blocksPerLine: Int
    ) throws(KerchunkError) -> Bytes {
        var status = AEC_OK
        let samples = unsafe Bytes(capacity: size) { room in
            unsafe stored.withUnsafeBytes { input in
                var stream = unsafe aec_stream()
                unsafe stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_in = input.count
                unsafe stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.avail_out = room.count
                unsafe stream.bits_per_sample = UInt32(sampleBits)
                unsafe stream.block_size = UInt32(pixelsPerBlock)
                unsafe stream.rsi = UInt32(blocksPerLine)
                unsafe stream.flags =
                    (order == .big ? UInt32(AEC_DATA_MSB) : 0)
                    | (coding == .nearestNeighbour ? UInt32(AEC_DATA_PREPROCESS) : 0)
                // SAFETY: libaec reads at most `avail_in` bytes and writes at most `avail_out`; both buffers outlive
                // the call. The settings lie in the ranges that `init` checked.
                status = unsafe aec_buffer_decode(&stream)
                return unsafe min(Int(stream.total_out), room.count)
            }
        }
        guard status == AEC_OK else { throw .undecodable(Szip.id, "libaec reports \(status)") }
        return samples
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        throw .onlyDecodes(Szip.id)
    }
}
