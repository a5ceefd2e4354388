// SPDX-License-Identifier: Apache-2.0
// Integers of which only some bits count, as plain integers.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.d, class 0: bit offset and bit precision.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Takes `precision` bits from bit `offset` on out of each element of `size` bytes, and extends their sign.
struct OddInteger: Codec {
    static let id = "swift_kerchunk.integer"
    static let entry = CodecEntry.ours(
        id, class: "Integer", "Integers of which only some bits count."
    ) {
        settings throws(KerchunkError) in try OddInteger(settings)
    }

    /// Bytes of an element, before and after.
    private let size: Int
    private let isBigEndian: Bool
    private let offset: Int
    private let precision: Int
    private let isSigned: Bool

    init(_ settings: JSONObject) throws(KerchunkError) {
        func number(_ name: String, _ range: ClosedRange<UInt64>) throws(KerchunkError) -> Int {
            guard let value = settings[name]?.number?.uint64, range.contains(value) else {
                throw KerchunkError(
                    .malformed,
                    "codec \"\(Self.id)\" needs \"\(name)\" from \(range.lowerBound) to \(range.upperBound)")
            }
            return Int(value)
        }
        size = try number("size", 1...8)
        offset = try number("offset", 0...63)
        precision = try number("precision", 1...64)
        isBigEndian = settings["byteorder"]?.string == "big"
        isSigned = settings["signed"]?.bool ?? false
        guard [1, 2, 4, 8].contains(size), offset + precision <= 8 * size else {
            throw KerchunkError(
                .malformed,
                "codec \"\(Self.id)\": \(precision) bits at \(offset) do not fit into \(size) bytes")
        }
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else {
            throw KerchunkError(.limit, "\(stored.count) bytes; at most \(limit) are allowed")
        }
        guard stored.count % size == 0 else {
            throw KerchunkError(
                .malformed, "\(stored.count) bytes are not a multiple of the integer size \(size)")
        }
        return map(stored) { bits in
            let value = (bits >> UInt64(offset)) & mask
            let isNegative = isSigned && value >> UInt64(precision - 1) == 1
            return isNegative ? value | ~mask : value
        }
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard decoded.count % size == 0 else {
            throw KerchunkError(
                .malformed, "\(decoded.count) bytes are not a multiple of the integer size \(size)")
        }
        return map(decoded) { value in (value & mask) << UInt64(offset) }
    }

    /// The bits that count, from bit 0 on.
    private var mask: UInt64 { precision == 64 ? .max : (1 << UInt64(precision)) - 1 }

    private func map(_ elements: Bytes, _ change: (UInt64) -> UInt64) -> Bytes {
        var bytes = elements.array
        for start in stride(from: 0, to: bytes.count, by: size) {
            var value: UInt64 = 0
            for index in 0..<size { value |= UInt64(bytes[start + place(index)]) << UInt64(8 * index) }
            value = change(value)
            for index in 0..<size {
                bytes[start + place(index)] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
            }
        }
        return Bytes(bytes)
    }

    /// Where the byte of significance `index` lies in an element.
    private func place(_ index: Int) -> Int { isBigEndian ? size - 1 - index : index }
}
