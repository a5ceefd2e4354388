// SPDX-License-Identifier: Apache-2.0
// The codec `fletcher32`: four bytes of checksum behind the data, verified and taken off.
// Spec: HDF5's filter 3; sums of big-endian 16-bit words modulo 65535, an odd last byte being a high byte.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Fletcher32: Codec {
    static let entry = CodecEntry.numcodecs("fletcher32", .bytesToBytes) { _ in Fletcher32() }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count >= 4 else {
            throw .undecodable("fletcher32", "needs a checksum of 4 bytes, but has only \(stored.count)")
        }
        let length = stored.count - 4
        guard length <= limit else { throw .beyond(limit, "fletcher32") }
        let data = stored[0..<length]
        let found = (0..<4).reduce(UInt32(0)) { $0 | UInt32(stored[length + $1]) << UInt32(8 * $1) }
        let computed = Fletcher32.checksum(data.array)
        // HDF5 1.6.2 and before wrote the bytes of each half exchanged, and HDF5 reads that still.
        let exchanged = (computed & 0x00FF_00FF) << 8 | (computed & 0xFF00_FF00) >> 8
        guard found == computed || found == exchanged else {
            throw .undecodable(
                "fletcher32",
                "the checksum of \(length) bytes is 0x\(String(computed, radix: 16)), but the stored one is "
                    + "0x\(String(found, radix: 16))")
        }
        return data
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let bytes = decoded.array
        let sum = Fletcher32.checksum(bytes)
        return Bytes(bytes + (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) })
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 0
        var high: UInt32 = 0
        var position = 0
        let whole = bytes.count & ~1
        while position < whole {
            // 360 sums of sums of 16-bit words stay below 2³².
            let end = min(position + 720, whole)
            while position < end {
                low += UInt32(bytes[position]) << 8 | UInt32(bytes[position + 1])
                high += low
                position += 2
            }
            low = (low & 0xFFFF) + (low >> 16)
            high = (high & 0xFFFF) + (high >> 16)
        }
        if whole < bytes.count {
            low += UInt32(bytes[whole]) << 8
            high += low
            low = (low & 0xFFFF) + (low >> 16)
            high = (high & 0xFFFF) + (high >> 16)
        }
        low = (low & 0xFFFF) + (low >> 16)
        high = (high & 0xFFFF) + (high >> 16)
        return high << 16 | low
    }
}
