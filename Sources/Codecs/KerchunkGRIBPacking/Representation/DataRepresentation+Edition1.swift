// SPDX-License-Identifier: Apache-2.0
// How the values of a field of edition 1 are packed.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 4 (binary data section), code table 11.

package import KerchunkBytes

extension DataRepresentation {
    /// Octets of section 4 before the values of simple packing.
    static let simpleHeaderOfEdition1 = 11
    /// The same for spherical harmonics: behind the real part of the first coefficient.
    static let spectralHeaderOfEdition1 = 15

    /// - Parameters:
    ///   - cursor: at the start of section 4.
    ///   - decimalScale: from section 1.
    package init(edition1 cursor: inout ByteCursor, decimalScale: Int) throws(ParseError) {
        try cursor.skip(3)
        let flags = try cursor.uint8()
        let binaryScale = try cursor.signed(2)
        let reference = try cursor.hexadecimalSingle()
        let scaling = Scaling(
            reference: reference, binaryScale: binaryScale, decimalScale: decimalScale,
            bits: Int(try cursor.uint8()))
        let isSpectral = flags & 0x80 != 0
        let isComplex = flags & 0x40 != 0
        if binaryScale == -32767 {
            self = .allMissing
        } else if isSpectral {
            self =
                isComplex
                ? .spectralComplex(try SpectralPacking(edition1: &cursor, scaling: scaling))
                : .spectralSimple(scaling, mean: try cursor.hexadecimalSingle())
        } else if isComplex {
            let octet14 = try cursor.octetBehind(2)
            if octet14 & 0x40 != 0 {
                self = .unsupported("a matrix of values at each point (edition 1)")
            } else {
                self = .secondOrder(try SecondOrderPacking(edition1: &cursor, scaling: scaling))
            }
        } else if flags & 0x30 == 0x30 {
            let precision = Int(try cursor.uint8())
            self =
                precision == 1 || precision == 2
                ? .ieee(width: 4 * precision, start: cursor.position)
                : .unsupported("reals of precision \(precision) (edition 1)")
        } else if flags & 0x10 != 0 {
            self = .unsupported("a matrix of values at each point (edition 1)")
        } else {
            self = .simple(scaling)
        }
    }
}

extension ByteCursor {
    /// The octet `count` behind the next one, without passing over any.
    fileprivate mutating func octetBehind(_ count: Int) throws(ParseError) -> UInt8 {
        let here = position
        try skip(count)
        let octet = try uint8()
        try seek(to: here)
        return octet
    }
}
