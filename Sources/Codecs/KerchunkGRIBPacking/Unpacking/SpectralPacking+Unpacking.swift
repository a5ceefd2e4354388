// SPDX-License-Identifier: Apache-2.0
// Coefficients of spherical harmonics, real and imaginary parts in turn, by columns of the order m.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 7.51; edition 1, section 4, complex packing.

import Glibc
import KerchunkBytes
import KerchunkModel

extension SpectralPacking {
    /// - Parameters:
    ///   - section: section 7 of edition 2, section 4 of edition 1, with its header.
    ///   - truncation: of the grid.
    func unpack(
        _ section: Bytes, into values: ValueBuffer, truncation: GridLayout.Truncation
    ) throws(KerchunkError) {
        guard let count = truncation.valueCount, count == values.count, let unpacked = subset.valueCount,
            unpacked == subsetCount, subset.j <= truncation.j
        else {
            throw .malformedField(
                "a subset of \(subsetCount) coefficients in a field of \(truncation.j), \(truncation.k), \(truncation.m)"
            )
        }
        guard let raw = ValueBuffer(count: unpacked) else { throw .fieldBeyond(unpacked * 8, unpacked) }
        try raw.copyReals(section, from: subsetStart, width: subsetWidth, count: unpacked)
        let packed = try PackedIntegers(
            section, from: packedStart * 8, width: scaling.bits, count: count - unpacked, of: "coefficients")
        // What the packed coefficients were multiplied with, by n.
        let weights = (0...truncation.j).map { n in
            n == 0 ? 0 : 1 / pow(Double(n * (n + 1)), laplacianPower)
        }
        let factors = scaling.factors
        var place = 0
        var fromRaw = 0
        var fromPacked = 0
        for m in 0...truncation.j {
            for n in m...truncation.j {
                let isUnpacked = n <= subset.j
                for isImaginary in [false, true] {
                    if isUnpacked {
                        // Edition 1 is written by GRIBEX and those that follow it, which also weight the last ones.
                        values[place] =
                            !isHexadecimal
                            ? raw[fromRaw]
                            : n < subset.j
                                ? hexadecimal(section, fromRaw) : hexadecimal(section, fromRaw) * weights[n]
                        fromRaw += 1
                    } else {
                        let scaled =
                            factors.decimal
                            * (Double(packed[fromPacked]) * factors.binary + factors.reference) * weights[n]
                        // Those of the order 0 have no imaginary part, whatever packing made of it.
                        values[place] = m == 0 && isImaginary ? 0 : scaled
                        fromPacked += 1
                    }
                    place += 1
                }
            }
        }
    }

    private func hexadecimal(_ section: Bytes, _ index: Int) -> Double {
        let place = subsetStart + 4 * index
        return Double(
            hexadecimalBits: (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(section[place + $1]) })
    }
}
