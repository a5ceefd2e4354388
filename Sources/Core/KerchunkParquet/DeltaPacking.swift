// SPDX-License-Identifier: Apache-2.0
// Integers as packed differences, which other writers also use for the lengths of byte strings.
// Spec: parquet-format 2.10, Encodings.md, "Delta Encoding".

import KerchunkBytes

enum DeltaPacking {
    /// Values of a block that can be right; writers use 128 or 256.
    private static let largestBlock = 1 << 20

    /// Integers of which there shall be `count`. Sums wrap, as the specification says.
    static func decode(_ cursor: inout ByteCursor, count: Int) throws(ParseError) -> [Int64] {
        let blockSize = try ThriftCompact.unsigned(&cursor)
        let miniblockCount = try ThriftCompact.unsigned(&cursor)
        let total = try ThriftCompact.unsigned(&cursor)
        guard total == UInt64(count) else {
            throw cursor.error("\(total) packed numbers, expected \(count)")
        }
        var value = try ThriftCompact.signed(&cursor)
        guard count > 0 else { return [] }
        guard blockSize > 0, blockSize <= largestBlock, miniblockCount > 0, blockSize % miniblockCount == 0,
            (blockSize / miniblockCount) % 8 == 0
        else { throw cursor.error("blocks of \(blockSize) numbers in \(miniblockCount) parts") }
        let miniblockSize = Int(blockSize / miniblockCount)
        var values: [Int64] = []
        values.reserveCapacity(count)
        values.append(value)
        while values.count < count {
            let smallest = try ThriftCompact.signed(&cursor)
            let widths = try cursor.bytes(Int(miniblockCount))
            for width in widths where values.count < count {
                let wanted = min(miniblockSize, count - values.count)
                guard width <= 64 else { throw cursor.error("differences of \(width) bits") }
                // The last part may be cut off behind its last value.
                let size = min(miniblockSize / 8 * Int(width), cursor.remaining)
                let packed = try cursor.bytes(size)
                guard packed.count * 8 >= wanted * Int(width) else {
                    throw cursor.error(
                        "\(wanted) numbers of \(width) bits need more than \(packed.count) bytes")
                }
                var bits = PackedBits(packed, width: Int(width))
                for _ in 0..<wanted {
                    value = value &+ smallest &+ Int64(bitPattern: bits.next())
                    values.append(value)
                }
            }
        }
        return values
    }

    /// Lengths of byte strings, all of which lie in what remains.
    static func decodeLengths(_ cursor: inout ByteCursor, count: Int) throws(ParseError) -> [Int] {
        var lengths: [Int] = []
        lengths.reserveCapacity(count)
        for length in try decode(&cursor, count: count) {
            guard length >= 0, length <= Int64(Int32.max) else {
                throw cursor.error("a value of \(length) bytes")
            }
            lengths.append(Int(length))
        }
        return lengths
    }
}

/// Numbers of equal width, lowest bit first.
private struct PackedBits {
    private let packed: [UInt8]
    private let width: Int
    private var position = 0
    private var buffer: UInt128 = 0
    private var bits = 0

    init(_ packed: [UInt8], width: Int) {
        self.packed = packed
        self.width = width
    }

    /// The caller made sure that there is one.
    mutating func next() -> UInt64 {
        while bits < width {
            buffer |= UInt128(packed[position]) << UInt128(bits)
            position += 1
            bits += 8
        }
        let value = UInt64(truncatingIfNeeded: buffer & (1 << UInt128(width) - 1))
        buffer >>= UInt128(width)
        bits -= width
        return value
    }
}
