// SPDX-License-Identifier: Apache-2.0
// The codec `deflate`: a whole compressed member of a ZIP archive, its local header before it.
// Spec: PKWARE APPNOTE 6.3.10, 4.3.7 "Local file header"; RFC 1951. The id is kerchunk's.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct DeflatedMember: Codec {
    static let id = "deflate"
    static let entry = CodecEntry(
        id, .bytesToBytes, "A whole deflated member of a ZIP archive with its header; the id is kerchunk's.",
        reader: .ours(class: "DeflateCodec")
    ) { _ in DeflatedMember() }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let start: Int
        do throws(ParseError) {
            start = try stored.parse(at: 0, in: "local ZIP header") { cursor throws(ParseError) in
                guard try cursor.uint32() == 0x0403_4B50 else {
                    throw cursor.error("the signature is missing")
                }
                try cursor.skip(4)  // version, flags
                let method = try cursor.uint16()
                guard method == 8 else {
                    throw cursor.error("method \(method), expected 8 (deflate)")
                }
                try cursor.skip(16)  // time, date, checksum, sizes
                let nameLength = Int(try cursor.uint16())
                let extraLength = Int(try cursor.uint16())
                try cursor.skip(nameLength + extraLength)
                return cursor.position
            }
        } catch {
            throw .undecodable(Self.id, error.problem)
        }
        return try Deflate(.raw, level: -1).decode(stored.dropping(start), limit: limit)
    }

    /// The header has no name and no checksum, which decoders have no use for.
    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let body = try Deflate(.raw, level: -1).encode(decoded)
        guard body.count < Int(UInt32.max) else { throw .unencodable(Self.id, "\(body.count) bytes") }
        var header: [UInt8] = [0x50, 0x4B, 0x03, 0x04, 20, 0, 0, 0, 8, 0] + [UInt8](repeating: 0, count: 8)
        for size in [body.count, decoded.count] {
            header += (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
        }
        header += [0, 0, 0, 0]
        return Bytes(header + body.array)
    }
}
