// SPDX-License-Identifier: Apache-2.0
// Numbers of any precision and byte order, as HDF5 describes them bit by bit.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.d, "Class specific information".

import KerchunkBytes
import KerchunkModel

/// Which bits of an element are its integer.
struct IntegerLayout: Hashable, Sendable {
    let size: Int
    let isBigEndian: Bool
    let isSigned: Bool
    let bitOffset: Int
    let precision: Int

    /// Whether every bit counts, so that the element is an ordinary machine integer.
    var isOrdinary: Bool { bitOffset == 0 && precision == 8 * size && [1, 2, 4, 8].contains(size) }

    /// The value, sign-extended to 64 bits.
    func bits(_ bytes: Bytes) -> UInt64 {
        // The lowest bytes, of which 64 bits count.
        let lowest = min(size, 8, bytes.count)
        var value =
            isBigEndian
            ? bytes.bits(bytes.count - lowest..<bytes.count, .big) : bytes.bits(0..<lowest, .little)
        let precision = min(max(precision, 1), 64)
        value >>= UInt64(min(max(bitOffset, 0), 63))
        guard precision < 64 else { return value }
        value &= (1 << UInt64(precision)) - 1
        if isSigned, value >> UInt64(precision - 1) & 1 == 1 { value |= UInt64.max << UInt64(precision) }
        return value
    }
}

extension Datatype {
    /// Nil for types that are not integers.
    var integerLayout: IntegerLayout? {
        switch self {
        case .fixedPoint(let size, let layout, let isSigned, let bitOffset, let precision):
            IntegerLayout(
                size: size, isBigEndian: layout == .big, isSigned: isSigned, bitOffset: bitOffset,
                precision: precision)
        case .bitField(let size, let layout, let bitOffset, let precision):
            IntegerLayout(
                size: size, isBigEndian: layout == .big, isSigned: false, bitOffset: bitOffset,
                precision: precision)
        case .time(let size, let layout):
            IntegerLayout(
                size: size, isBigEndian: layout == .big, isSigned: true, bitOffset: 0, precision: 8 * size)
        default: nil
        }
    }

    /// h5py's Boolean: a one-byte enumeration of FALSE = 0 and TRUE = 1.
    var isBoolean: Bool {
        guard case .enumeration(let base, let members) = self, base.size == 1, members.count == 2 else {
            return false
        }
        return Dictionary(members.map { ($0.name, $0.value) }) { first, _ in first } == [
            "FALSE": [0], "TRUE": [1],
        ]
    }

    /// h5py's complex numbers: two equal floats named r and i, behind each other.
    var complexParts: (base: Datatype, real: Int, imaginary: Int)? {
        guard case .compound(let size, let members) = self, members.count == 2, members[0].name == "r",
            members[1].name == "i", members[0].type == members[1].type, case .floatingPoint = members[0].type,
            members[0].offset == 0, members[1].offset == members[0].type.size,
            size == 2 * members[0].type.size
        else { return nil }
        return (members[0].type, 0, members[1].offset)
    }

    /// Whether elements hold ids of the global heap.
    var pointsToHeap: Bool {
        switch self {
        case .variableLengthString, .variableLengthSequence, .reference(_, .region): true
        case .array(_, let base, _): base.pointsToHeap
        case .compound(_, let members): members.contains { $0.type.pointsToHeap }
        default: false
        }
    }

    /// How many variable-length types stand inside each other: fetches that follow each other.
    var heapDepth: Int {
        switch self {
        case .variableLengthString, .reference(_, .region): 1
        case .variableLengthSequence(_, let base): 1 + base.heapDepth
        case .array(_, let base, _): base.heapDepth
        case .compound(_, let members): members.map(\.type.heapDepth).max() ?? 0
        default: 0
        }
    }
}

extension Datatype.FloatLayout {
    /// The IEEE 754 width that this layout is, in bytes; nil for any other.
    var ieeeWidth: Int? {
        let expected: (exponent: Int, mantissa: Int, bias: UInt32)
        switch size {
        case 2: expected = (5, 10, 15)
        case 4: expected = (8, 23, 127)
        case 8: expected = (11, 52, 1023)
        default: return nil
        }
        let isIEEE =
            byteLayout != .vax && bitOffset == 0 && precision == 8 * size && signPosition == precision - 1
            && exponentPosition == expected.mantissa && exponentSize == expected.exponent
            && exponentBias == expected.bias && mantissaPosition == 0 && mantissaSize == expected.mantissa
            && mantissaNormalization == 2
        return isIEEE ? size : nil
    }

    /// The smallest IEEE width, not below the stored one, that holds every value of this layout; 8 where none does.
    var enclosingWidth: Int {
        if let ieeeWidth { return ieeeWidth }
        // Greatest and least exponents, as the bias puts them.
        let top = Int64(1) << Int64(min(exponentSize, 31)) - 2 - Int64(exponentBias)
        let bottom = 1 - Int64(exponentBias)
        if size <= 2 && exponentSize <= 5 && mantissaSize <= 10 && top <= 15 && bottom >= -14 { return 2 }
        if size <= 4 && exponentSize <= 8 && mantissaSize <= 23 && top <= 127 && bottom >= -126 { return 4 }
        return 8
    }

    /// The value, and whether a double holds it exactly.
    func double(_ bytes: Bytes) -> (value: Double, isExact: Bool) {
        let digits = Digits(bytes, layout: byteLayout)
        let isNegative = digits.bits(signPosition, 1) == 1
        let exponentBits = digits.bits(exponentPosition, min(exponentSize, 32))
        let kept = min(mantissaSize, 64)
        let lost = mantissaSize - kept
        var mantissa = digits.bits(mantissaPosition + lost, kept)
        let isExactSoFar = lost == 0 || digits.bits(mantissaPosition, min(lost, 64)) == 0
        let sign: Double = isNegative ? -1 : 1
        let largest = (UInt64(1) << UInt64(min(exponentSize, 32))) - 1
        let explicitBit = mantissaNormalization == 1 && kept > 0 ? UInt64(1) << UInt64(kept - 1) : 0
        if exponentBits == largest, byteLayout != .vax {
            mantissa &= ~explicitBit
            return mantissa == 0 ? (sign * .infinity, true) : (.nan, true)
        }
        var significand = Significand(
            mantissa, fractionBits: mantissaNormalization == 2 ? kept : max(0, kept - 1))
        var exponent = Int(exponentBits) - Int(exponentBias)
        if mantissaNormalization == 2 {
            if exponentBits == 0 { exponent += 1 } else { significand.addLeadingOne() }
        } else if exponentBits == 0 {
            exponent += 1
        }
        let (value, isExact) = significand.scaled(by: exponent)
        return (sign * value, isExact && isExactSoFar)
    }
}

/// The bits of an element, least significant first, whatever the byte order.
private struct Digits {
    private let bytes: [UInt8]

    init(_ bytes: Bytes, layout: Datatype.ByteLayout) {
        var ordered = bytes.array
        switch layout {
        case .little: break
        case .big: ordered.reverse()
        case .vax:
            // Words of 16 bits, the most significant first; each little-endian.
            var words: [UInt8] = []
            for start in stride(from: ordered.count - 2, through: 0, by: -2) {
                words += ordered[start..<start + 2]
            }
            ordered = words
        }
        self.bytes = ordered
    }

    /// `count` bits (at most 64) from bit `position` on; those beyond the element are 0.
    func bits(_ position: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<count {
            let bit = position + index
            guard bit >= 0, bit / 8 < bytes.count else { continue }
            value |= UInt64(bytes[bit / 8] >> UInt8(bit % 8) & 1) << UInt64(index)
        }
        return value
    }
}

/// A binary fraction of up to 65 bits.
private struct Significand {
    private let fraction: UInt64
    private let fractionBits: Int
    private var hasLeadingOne = false

    init(_ fraction: UInt64, fractionBits: Int) {
        self.fraction = fraction
        self.fractionBits = fractionBits
    }

    mutating func addLeadingOne() { hasLeadingOne = true }

    func scaled(by exponent: Int) -> (value: Double, isExact: Bool) {
        let converted = Double(fraction)
        let fractionPart = Double(sign: .plus, exponent: exponent - fractionBits, significand: converted)
        let one = hasLeadingOne ? Double(sign: .plus, exponent: exponent, significand: 1) : 0
        let value = fractionPart + one
        guard value.isFinite else { return (value, false) }
        let isExact =
            UInt64(exactly: converted) == fraction && value - one == fractionPart
            && Double(sign: .plus, exponent: fractionBits - exponent, significand: fractionPart) == converted
        return (value, isExact)
    }
}
