// SPDX-License-Identifier: Apache-2.0
// The codec `snappy`, decoding only: pages of Parquet files.
// Spec: google/snappy, format_description.txt (2011-10-05).

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Snappy: Codec {
    static let id = "snappy"
    static let entry = CodecEntry(id, .bytesToBytes, "Pages in Parquet files.") { _ in Snappy() }

    /// Most bytes that a byte of input can give: a copy of 64 bytes takes three, and a short one of 11 two.
    private static let largestRatio = 32

    /// A length, then literals and references backwards. Not the framed format of files.
    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        var reader = FrameReader(stored, codec: Self.id)
        let size = try Self.size(&reader)
        guard size <= limit else { throw .beyond(limit, Self.id) }
        guard size <= stored.count * Self.largestRatio else {
            throw .undecodable(Self.id, "\(size) bytes cannot result from \(stored.count)")
        }
        let input = stored.array
        var output: [UInt8] = []
        output.reserveCapacity(size)
        var position = reader.position
        while position < input.count {
            let tag = Int(input[position])
            position += 1
            // The two lowest bits say what follows, and how many bytes of length or distance.
            let extra = tag & 3 == 0 ? max(0, tag >> 2 - 59) : [0, 1, 2, 4][tag & 3]
            guard input.count - position >= extra else { throw Self.short(stored) }
            let number = (0..<extra).reduce(0) { $0 | Int(input[position + $1]) << (8 * $1) }
            position += extra
            if tag & 3 == 0 {
                let length = (extra == 0 ? tag >> 2 : number) + 1
                guard length <= input.count - position else { throw Self.short(stored) }
                guard length <= size - output.count else { throw Self.long(size) }
                output += input[position..<position + length]
                position += length
                continue
            }
            let isNear = tag & 3 == 1
            let length = isNear ? tag >> 2 & 7 + 4 : tag >> 2 + 1
            let distance = isNear ? (tag >> 5) << 8 | number : number
            guard distance > 0, distance <= output.count else {
                throw .undecodable(
                    Self.id, "byte \(position) refers back \(distance) bytes, before the start")
            }
            guard length <= size - output.count else { throw Self.long(size) }
            if distance >= length {
                let start = output.count - distance
                output += output[start..<start + length]
            } else {
                output.appendCopy(of: length, from: distance)
            }
        }
        guard output.count == size else {
            throw .undecodable(Self.id, "\(output.count) bytes instead of \(size)")
        }
        return Bytes(output)
    }

    private static func size(_ reader: inout FrameReader) throws(KerchunkError) -> Int {
        var size = 0
        for shift in stride(from: 0, to: 35, by: 7) {
            let byte = Int(try reader.uint8())
            size |= (byte & 0x7F) << shift
            if byte < 0x80 { return size }
        }
        throw .undecodable(id, "its length does not fit into 32 bits")
    }

    func encode(_: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes { throw .onlyDecodes(Self.id) }

    private static func short(_ stored: Bytes) -> KerchunkError {
        .undecodable(id, "the \(stored.count) stored bytes are truncated")
    }

    private static func long(_ size: Int) -> KerchunkError {
        .undecodable(id, "more than the declared \(size) bytes")
    }
}
