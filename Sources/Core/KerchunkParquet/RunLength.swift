// SPDX-License-Identifier: Apache-2.0
// Small numbers as runs and as groups of eight packed bit by bit: levels, and indices of dictionaries.
// Spec: parquet-format 2.10, Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".

import KerchunkBytes

enum RunLength {
    /// Exactly `count` numbers of `bitWidth` bits, 0 to 32.
    static func decode(
        _ cursor: inout ByteCursor, bitWidth: Int, count: Int
    ) throws(ParseError) -> [UInt32] {
        guard bitWidth <= 32 else {
            throw cursor.error("numbers of \(bitWidth) bits; the maximum is 32")
        }
        var values: [UInt32] = []
        values.reserveCapacity(count)
        while values.count < count {
            let header = try ThriftCompact.unsigned(&cursor)
            let length = header >> 1
            let left = count - values.count
            if header & 1 == 0 {
                guard length > 0 else { throw cursor.error("a run without a length") }
                let value = UInt32(
                    truncatingIfNeeded: bitWidth == 0 ? 0 : try cursor.uint(width: (bitWidth + 7) / 8))
                guard bitWidth == 32 || value >> UInt32(bitWidth) == 0 else {
                    throw cursor.error("\(value) in a run of numbers of \(bitWidth) bits")
                }
                // The last run may be said longer than what is left.
                values.append(contentsOf: repeatElement(value, count: Int(min(length, UInt64(left)))))
            } else {
                guard length > 0 else { throw cursor.error("a group without a length") }
                try unpack(&cursor, groups: length, bitWidth: bitWidth, count: left, into: &values)
            }
        }
        return values
    }

    /// Appends at most `count` of the numbers in `groups` groups of eight.
    private static func unpack(
        _ cursor: inout ByteCursor, groups: UInt64, bitWidth: Int, count: Int, into values: inout [UInt32]
    ) throws(ParseError) {
        guard bitWidth > 0 else {
            let length = groups > UInt64(count) ? count : min(count, 8 * Int(groups))
            values.append(contentsOf: repeatElement(0, count: length))
            return
        }
        // Writers may leave out the bytes of the last group that hold no values.
        let size = groups.multiplied(by: UInt64(bitWidth)) ?? .max
        let packed = try cursor.bytes(Int(min(size, UInt64(cursor.remaining))))
        let wanted = groups > UInt64(count) ? count : min(count, 8 * Int(groups))
        guard packed.count * 8 >= wanted * bitWidth else {
            throw cursor.error("\(wanted) numbers of \(bitWidth) bits need more than \(packed.count) bytes")
        }
        var buffer: UInt64 = 0
        var bits = 0
        var position = 0
        let mask: UInt64 = 1 << UInt64(bitWidth) - 1
        for _ in 0..<wanted {
            while bits < bitWidth {
                buffer |= UInt64(packed[position]) << UInt64(bits)
                position += 1
                bits += 8
            }
            values.append(UInt32(truncatingIfNeeded: buffer & mask))
            buffer >>= UInt64(bitWidth)
            bits -= bitWidth
        }
    }

    /// Bits that numbers up to `largest` need.
    static func bitWidth(upTo largest: UInt32) -> Int { UInt32.bitWidth - largest.leadingZeroBitCount }

    /// Appends `values`: runs of eight and more as runs, the rest packed.
    static func encode(_ values: some RandomAccessCollection<UInt32>, bitWidth: Int, to bytes: inout [UInt8])
    {
        var packed: [UInt32] = []
        var index = values.startIndex
        while index < values.endIndex {
            let value = values[index]
            var end = values.index(after: index)
            while end < values.endIndex, values[end] == value { end = values.index(after: end) }
            var length = values.distance(from: index, to: end)
            // A group that was begun must be filled before a run can start.
            let fill = min(length, (8 - packed.count % 8) % 8)
            if length - fill >= 8 || (fill == 0 && length >= 8) {
                packed.append(contentsOf: repeatElement(value, count: fill))
                length -= fill
                appendGroups(&packed, bitWidth: bitWidth, to: &bytes)
                appendUnsigned(UInt64(length) << 1, to: &bytes)
                for byte in 0..<(bitWidth + 7) / 8 {
                    bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)))
                }
            } else {
                packed.append(contentsOf: repeatElement(value, count: length))
            }
            index = end
        }
        appendGroups(&packed, bitWidth: bitWidth, to: &bytes)
    }

    /// Appends `packed` as groups, the last one filled up with zeros, and empties it.
    private static func appendGroups(_ packed: inout [UInt32], bitWidth: Int, to bytes: inout [UInt8]) {
        guard !packed.isEmpty else { return }
        let groups = (packed.count + 7) / 8
        appendUnsigned(UInt64(groups) << 1 | 1, to: &bytes)
        var buffer: UInt64 = 0
        var bits = 0
        for index in 0..<8 * groups {
            buffer |= (index < packed.count ? UInt64(packed[index]) : 0) << UInt64(bits)
            bits += bitWidth
            while bits >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: buffer))
                buffer >>= 8
                bits -= 8
            }
        }
        packed.removeAll(keepingCapacity: true)
    }

    private static func appendUnsigned(_ value: UInt64, to bytes: inout [UInt8]) {
        var writer = ThriftWriter()
        writer.unsigned(value)
        bytes += writer.bytes
    }
}
