// SPDX-License-Identifier: Apache-2.0
// Bytes of arrays as numbers, a whole array in one pass.

package import KerchunkBytes

/// The numbers of an array, each exactly as it is stored.
package enum ElementNumbers {
    case signed([Int64])
    case unsigned([UInt64])
    /// Reals of two or four bytes.
    case singles([Float])
    case doubles([Double])

    package var count: Int {
        switch self {
        case .signed(let values): values.count
        case .unsigned(let values): values.count
        case .singles(let values): values.count
        case .doubles(let values): values.count
        }
    }
}

/// Reads the numbers of one format. Bytes at the end that are no whole number are not read.
package struct ElementReader: Hashable, Sendable {
    package let format: NumberFormat

    package init(_ format: NumberFormat) { self.format = format }

    package func numbers(_ bytes: Bytes) -> ElementNumbers {
        let format = format
        return switch (format.kind, format.width) {
        case (.signed, _): .signed(map(bytes) { format.signed($0) })
        case (.unsigned, _): .unsigned(bits(bytes))
        case (.real, 2): .singles(map(bytes) { HalfPrecision.float(UInt16(truncatingIfNeeded: $0)) })
        case (.real, 4): .singles(map(bytes) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) })
        case (.real, _): .doubles(map(bytes) { Double(bitPattern: $0) })
        }
    }

    /// The bits of each number, zeros above them.
    package func bits(_ bytes: Bytes) -> [UInt64] { map(bytes) { $0 } }

    /// What `number` makes of the bits of each number, zeros above them.
    @inlinable package func map<Number>(_ bytes: Bytes, _ number: (UInt64) -> Number) -> [Number] {
        switch format.width {
        case 1: words(bytes, UInt8.self, number)
        case 2: words(bytes, UInt16.self, number)
        case 4: words(bytes, UInt32.self, number)
        default: words(bytes, UInt64.self, number)
        }
    }

    @inlinable @inline(__always) package func words<Word: FixedWidthInteger, Number>(
        _ bytes: Bytes, _: Word.Type, _ number: (UInt64) -> Number
    ) -> [Number] {
        let size = MemoryLayout<Word>.size
        let count = bytes.count / size
        let isBigEndian = format.order == .big
        return unsafe bytes.withUnsafeBytes { memory in
            var numbers: [Number] = []
            numbers.reserveCapacity(count)
            for index in 0..<count {
                // SAFETY: `index` < `count`, so that the word ends in the memory; integers have no invalid bit patterns.
                let word = unsafe memory.loadUnaligned(fromByteOffset: index * size, as: Word.self)
                numbers.append(
                    number(UInt64(truncatingIfNeeded: isBigEndian ? word.bigEndian : word.littleEndian)))
            }
            return numbers
        }
    }
}
