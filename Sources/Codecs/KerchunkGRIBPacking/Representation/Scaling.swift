// SPDX-License-Identifier: Apache-2.0
// How packed integers become values: the numbers that nearly all packings share.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, regulation 92.9.4: Y · 10^D = R + X · 2^E.

import KerchunkBytes

package struct Scaling: Hashable, Sendable {
    /// R.
    package var reference: Double
    /// E.
    package var binaryScale: Int
    /// D.
    package var decimalScale: Int
    /// Bits of a packed integer; of a packing in groups, of a group's reference.
    package var bits: Int

    package init(reference: Double, binaryScale: Int, decimalScale: Int, bits: Int) {
        self.reference = reference
        self.binaryScale = binaryScale
        self.decimalScale = decimalScale
        self.bits = bits
    }

    /// Octets 12 to 20 of templates 5.0 to 5.3, 5.40 to 5.61.
    init(edition2 cursor: inout ByteCursor) throws(ParseError) {
        reference = try cursor.single()
        binaryScale = try cursor.signed(2)
        decimalScale = try cursor.signed(2)
        bits = Int(try cursor.uint8())
    }

    /// What integers are multiplied with.
    struct Factors {
        let binary, reference, decimal: Double

        /// The value of the packed `integer`, computed in the order in which eccodes does.
        @inline(__always) func value(_ integer: Double) -> Double { (integer * binary + reference) * decimal }
    }

    var factors: Factors {
        Factors(
            binary: .repeatedPower(binaryScale, of: 2), reference: reference,
            decimal: .repeatedPower(-decimalScale, of: 10))
    }
}
