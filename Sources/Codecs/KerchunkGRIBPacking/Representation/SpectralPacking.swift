// SPDX-License-Identifier: Apache-2.0
// Parameters of complex packing of spherical harmonics: the lowest coefficients as they are, the others packed.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 5.51; edition 1: section 4, complex packing.

import KerchunkBytes

package struct SpectralPacking: Hashable, Sendable {
    package var scaling: Scaling
    /// P: coefficients were multiplied with (n (n + 1))^P before they were packed.
    package var laplacianPower: Double
    /// The truncation of what is not packed.
    package var subset: GridLayout.Truncation
    /// Values that are not packed.
    package var subsetCount: Int
    /// Bytes of each of them.
    package var subsetWidth: Int
    /// Whether they are numbers of edition 1, and not of IEEE.
    package var isHexadecimal: Bool
    /// Where they and the packed ones begin, counted from the start of the section with the data.
    package var subsetStart: Int
    package var packedStart: Int

    init(edition2 cursor: inout ByteCursor) throws(ParseError) {
        scaling = try Scaling(edition2: &cursor)
        laplacianPower = Double(try cursor.signed(4)) / 1_000_000
        subset = GridLayout.Truncation(
            j: try cursor.unsigned(2), k: try cursor.unsigned(2), m: try cursor.unsigned(2))
        // How many values that makes is coded, too, and not always right.
        try cursor.skip(4)
        guard let count = subset.valueCount else {
            throw cursor.error("a subset of coefficients that is not triangular")
        }
        subsetCount = count
        let precision = Int(try cursor.uint8())
        guard precision == 1 || precision == 2 else {
            throw cursor.error("coefficients of precision \(precision) (code table 5.7), expected 1 or 2")
        }
        subsetWidth = 4 * precision
        isHexadecimal = false
        subsetStart = 5
        packedStart = 5 + count * subsetWidth
    }

    /// - Parameter cursor: at octet 12 of section 4.
    init(edition1 cursor: inout ByteCursor, scaling: Scaling) throws(ParseError) {
        self.scaling = scaling
        // Where the packed ones begin is coded, too, and too large for two octets where the subset is large.
        try cursor.skip(2)
        laplacianPower = Double(try cursor.signed(2)) / 1000
        subset = GridLayout.Truncation(
            j: Int(try cursor.uint8()), k: Int(try cursor.uint8()), m: Int(try cursor.uint8()))
        guard let count = subset.valueCount else {
            throw cursor.error("a subset of coefficients that is not triangular")
        }
        subsetCount = count
        subsetWidth = 4
        isHexadecimal = true
        subsetStart = cursor.position
        packedStart = subsetStart + 4 * count
    }
}
