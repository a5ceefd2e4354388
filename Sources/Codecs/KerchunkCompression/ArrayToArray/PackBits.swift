// SPDX-License-Identifier: Apache-2.0
// The codec `packbits`: booleans as bits, the highest of a byte first, behind a byte that says how many bits at the end
// do not count.
// Spec: numcodecs' PackBits.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct PackBits: Codec {
    static let entry = CodecEntry.numcodecs("packbits", .arrayToArray) { _ in PackBits() }

    func encodedForm(_ form: ChunkForm) -> ChunkForm {
        guard let count = form.byteCount else { return form }
        return ChunkForm(
            shape: [1 + UInt64(count / 8 + (count % 8 > 0 ? 1 : 0))],
            dataType: .integer(isSigned: false, width: 1, .little))
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard let padding = stored.array.first.map(Int.init), padding < 8,
            let bits = (stored.count - 1).multiplied(by: 8), bits >= padding
        else { throw .undecodable("packbits", "the first byte does not say how many bits are unused") }
        guard bits - padding <= limit else { throw .beyond(limit, "packbits") }
        let bytes = stored.array
        var booleans = [UInt8](repeating: 0, count: bits - padding)
        for index in booleans.indices { booleans[index] = bytes[1 + index / 8] >> UInt8(7 - index % 8) & 1 }
        return Bytes(booleans)
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let padding = (8 - decoded.count % 8) % 8
        var packed = [UInt8](repeating: 0, count: 1 + (decoded.count + padding) / 8)
        packed[0] = UInt8(padding)
        for (index, value) in decoded.array.enumerated() where value != 0 {
            packed[1 + index / 8] |= 1 << UInt8(7 - index % 8)
        }
        return Bytes(packed)
    }
}
