// SPDX-License-Identifier: Apache-2.0
// How one number is stored, and what its bits mean. What does not fit is refused: nothing wraps around, and only what is
// called nearest is rounded.

package import KerchunkBytes

/// Numbers of one kind, width and byte order.
package struct NumberFormat: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case signed, unsigned, real }

    package let kind: Kind
    /// Bytes of a number: 1, 2, 4 or 8, of a real at least 2.
    package let width: Int
    package let order: ByteOrder

    /// - Returns: nil for widths that no machine has.
    package init?(_ kind: Kind, width: Int, _ order: ByteOrder) {
        switch width {
        case 2, 4, 8: break
        case 1 where kind != .real: break
        default: return nil
        }
        self.kind = kind
        self.width = width
        self.order = order
    }

    /// That of integers, reals, and times, which are signed integers.
    /// - Returns: nil for other types.
    package init?(_ type: DataType) {
        switch type {
        case .integer(let isSigned, let width, let order):
            self.init(isSigned ? .signed : .unsigned, width: width, order)
        case .float(let width, let order): self.init(.real, width: width, order)
        case .datetime(_, let order), .timedelta(_, let order): self.init(.signed, width: 8, order)
        default: return nil
        }
    }

    // MARK: Bits to numbers

    /// The integer that `bits`, of which the lowest `width` bytes count, are in two's complement.
    @inlinable package func signed(_ bits: UInt64) -> Int64 {
        let unused = UInt64(64 - 8 * width)
        return Int64(bitPattern: bits << unused) >> Int64(unused)
    }

    /// The real that `bits` are, exactly.
    @inlinable package func real(_ bits: UInt64) -> Double {
        switch width {
        case 2: Double(HalfPrecision.float(UInt16(truncatingIfNeeded: bits)))
        case 4: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        default: Double(bitPattern: bits)
        }
    }

    // MARK: Numbers to bits

    /// - Returns: nil where `value` is none of these integers.
    package func bits(exactly value: Int64) -> UInt64? {
        let bits = UInt64(bitPattern: value)
        switch kind {
        case .signed: return signed(bits) == value ? bits : nil
        case .unsigned: return value >= 0 && (width == 8 || bits >> UInt64(8 * width) == 0) ? bits : nil
        case .real: return nil
        }
    }

    /// - Returns: nil where `value` is none of these integers; a real must be whole.
    package func bits(exactly value: JSONNumber) -> UInt64? {
        switch value {
        case .integer(let whole): bits(exactly: whole)
        case .unsigned(let whole): kind == .unsigned && width == 8 ? whole : nil
        case .real(let real): Int64(exactly: real).flatMap { bits(exactly: $0) }
        case .literal: nil
        }
    }

    /// The real that is nearest to `value`, ties to even; infinite where it is too large.
    @inlinable package func bits(nearest value: Double) -> UInt64 {
        switch width {
        case 2: UInt64(HalfPrecision.bits(nearest: value))
        case 4: UInt64(Float(value).bitPattern)
        default: value.bitPattern
        }
    }

    /// The real that is `value`; every NaN is one.
    /// - Returns: nil where it would have to be rounded.
    package func bits(exactly value: Double) -> UInt64? {
        let bits = bits(nearest: value)
        return value.isNaN || real(bits) == value ? bits : nil
    }

    // MARK: One element

    /// The lowest `width` bytes of `bits`, in this byte order.
    package func element(_ bits: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bits, width: width, order)
        return bytes
    }
}

extension [UInt8] {
    /// Appends the lowest `width` bytes of `bits`.
    @inlinable package mutating func append(_ bits: UInt64, width: Int, _ order: ByteOrder) {
        for index in 0..<width {
            let shift = UInt64(8 * (order == .little ? index : width - 1 - index))
            append(UInt8(truncatingIfNeeded: bits >> shift))
        }
    }
}

extension Bytes {
    /// The unsigned integer in `range`, at most 8 bytes.
    package func bits(_ range: Range<Int>, _ order: ByteOrder) -> UInt64 {
        var value: UInt64 = 0
        for index in range {
            let byte = UInt64(self[order == .big ? index : range.upperBound - 1 - (index - range.lowerBound)])
            value = value << 8 | byte
        }
        return value
    }
}
