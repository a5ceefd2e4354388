// SPDX-License-Identifier: Apache-2.0
// Numbers as GRIB writes them: big-endian, negative ones by sign and magnitude.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB, regulations 92.1.4 and 92.1.5; edition 1: regulation 92.6.4.

package import KerchunkBytes

extension ByteCursor {
    /// An unsigned integer of 1 to 8 bytes.
    package mutating func unsigned(_ width: Int) throws(ParseError) -> Int {
        var value: UInt64 = 0
        for _ in 0..<width { value = value << 8 | UInt64(try uint8()) }
        guard let number = Int(exactly: value) else { throw error("the number \(value) is too large") }
        return number
    }

    /// An integer of 1 to 8 bytes whose highest bit is the sign.
    package mutating func signed(_ width: Int) throws(ParseError) -> Int {
        var value: UInt64 = 0
        for _ in 0..<width { value = value << 8 | UInt64(try uint8()) }
        let sign = UInt64(1) << UInt64(8 * width - 1)
        let magnitude = Int(value & (sign - 1))
        return value & sign == 0 ? magnitude : -magnitude
    }

    /// An IEEE number of 4 bytes.
    package mutating func single() throws(ParseError) -> Double {
        Double(Float(bitPattern: try uint32BigEndian()))
    }

    /// A number of 4 bytes with the exponent to the base 16, as edition 1 has them.
    package mutating func hexadecimalSingle() throws(ParseError) -> Double {
        Double(hexadecimalBits: try uint32BigEndian())
    }
}

extension Double {
    /// The number of edition 1: sign, exponent to the base 16 with excess 64, 24 bits of fraction.
    package init(hexadecimalBits bits: UInt32) {
        let mantissa = Double(bits & 0xFF_FFFF)
        let exponent = Int(bits >> 24 & 0x7F) - 70
        let power = Double(sign: .plus, exponent: 4 * exponent, significand: 1)
        self = bits & 0x8000_0000 == 0 ? mantissa * power : -(mantissa * power)
    }

    /// `base` to the power of `exponent` by repeated multiplication or division, so that values are equal to the bit to
    /// those that other decoders make.
    package static func repeatedPower(_ exponent: Int, of base: Double) -> Double {
        var power = 1.0
        for _ in 0..<abs(exponent) {
            if exponent < 0 { power /= base } else { power *= base }
        }
        return power
    }
}
