// SPDX-License-Identifier: Apache-2.0
// Reals of 16 bits. Our own, because `Float16` is not on every platform.
// Spec: IEEE 754-2019, binary16; NaNs keep their sign and the upper bits of their payload, as in numpy.

package enum HalfPrecision {
    /// The value of `bits`, exactly.
    @inlinable package static func float(_ bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 31)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Float(fraction) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31:
            let quiet: UInt32 = fraction == 0 ? 0 : 1 << 22
            return Float(bitPattern: sign | 0x7F80_0000 | quiet | fraction << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The bits of what is nearest to `value`, ties to even; infinite from 65520 on.
    @inlinable package static func bits(nearest value: Double) -> UInt16 {
        let sign: UInt16 = value.sign == .minus ? 0x8000 : 0
        if value.isNaN { return sign | 0x7E00 | UInt16(value.bitPattern >> 42 & 0x3FF) }
        let magnitude = value.magnitude
        if magnitude >= 65520 { return sign | 0x7C00 }
        if magnitude < 0x1p-14 { return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven)) }
        let exponent = Int(magnitude.exponent)
        let fraction = (magnitude * Double(sign: .plus, exponent: 10 - exponent, significand: 1))
            .rounded(.toNearestOrEven)
        // A fraction that rounds up to 2048 carries into the exponent, which is right.
        return sign | UInt16((exponent + 14) << 10) + UInt16(fraction)
    }
}
