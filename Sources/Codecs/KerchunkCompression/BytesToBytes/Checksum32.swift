// SPDX-License-Identifier: Apache-2.0
// The codecs `crc32`, `crc32c` and `adler32`: four bytes of checksum beside the data, verified and taken off.
// Spec: numcodecs' CRC32, CRC32C and Adler32; Zarr v3, "CRC32C codec"; RFC 1950 and 1952, RFC 3720 (the polynomial of CRC32C).

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Checksum32: Codec {
    enum Location: String, CaseIterable { case start, end }

    static let crc32 = entry("crc32", at: .start) { crc($0, table: crc32Table) }
    static let adler32 = entry("adler32", at: .start, adler)
    static let crc32c = entry(
        "crc32c", at: .end,
        v3Name: .translated(
            to: { settings in
                // That of Zarr's core has its checksum at the end.
                settings["location"] == "start"
                    ? V3Codec("numcodecs.crc32c", settings) : V3Codec("crc32c")
            }, from: ["crc32c": { _ in [:] }, "numcodecs.crc32c": { $0 }])
    ) { crc($0, table: crc32cTable) }

    private let id: String
    private let location: Location
    private let checksum: @Sendable ([UInt8]) -> UInt32

    private static func entry(
        _ id: String, at usual: Location, v3Name: CodecEntry.V3Name? = nil,
        _ checksum: @escaping @Sendable ([UInt8]) -> UInt32
    ) -> CodecEntry {
        .numcodecs(id, .bytesToBytes, v3Name: v3Name) { settings throws(KerchunkError) in
            Checksum32(
                id: id, location: try CodecSettings(id, settings).word("location", else: usual),
                checksum: checksum)
        }
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count >= 4 else {
            throw .undecodable(id, "needs a checksum of 4 bytes, but has only \(stored.count)")
        }
        let length = stored.count - 4
        guard length <= limit else { throw .beyond(limit, id) }
        let place = location == .start ? 0 : length
        let data = location == .start ? stored.dropping(4) : stored[0..<length]
        let found = (0..<4).reduce(UInt32(0)) { $0 | UInt32(stored[place + $1]) << UInt32(8 * $1) }
        let computed = checksum(data.array)
        guard found == computed else {
            throw .undecodable(
                id,
                "the checksum of \(length) bytes is 0x\(String(computed, radix: 16)), but the stored one is "
                    + "0x\(String(found, radix: 16))")
        }
        return data
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let bytes = decoded.array
        let sum = checksum(bytes)
        let stored = (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }
        return Bytes(location == .start ? stored + bytes : bytes + stored)
    }

    private static let crc32Table = table(0xEDB8_8320)
    private static let crc32cTable = table(0x82F6_3B78)

    /// What each byte does to a sum. The polynomial has its lowest power in the highest bit.
    private static func table(_ polynomial: UInt32) -> [UInt32] {
        (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ polynomial : sum >> 1 }
        }
    }

    private static func crc(_ bytes: [UInt8], table: [UInt32]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes { sum = sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return ~sum
    }

    private static func adler(_ bytes: [UInt8]) -> UInt32 {
        var low: UInt32 = 1
        var high: UInt32 = 0
        var position = 0
        while position < bytes.count {
            // As many sums of sums of bytes stay below 2³².
            let end = min(position + 5552, bytes.count)
            while position < end {
                low += UInt32(bytes[position])
                high += low
                position += 1
            }
            low %= 65_521
            high %= 65_521
        }
        return high << 16 | low
    }
}
