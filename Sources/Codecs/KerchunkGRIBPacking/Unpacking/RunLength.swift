// SPDX-License-Identifier: Apache-2.0
// Runs of levels: a level, then the digits of how often it comes again.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 5.200 and 7.200.

import KerchunkBytes
import KerchunkModel

extension RunLengthPacking {
    /// Puts the runs in `section` into the first `count` values; level 0 is missing.
    /// - Parameter section: section 7 with its header.
    func unpack(_ section: Bytes, into values: ValueBuffer, count: Int) throws(KerchunkError) {
        guard (1...32).contains(bits), largestLevel <= levels.count else {
            throw .malformedField(
                "runs of \(bits) bits with levels up to \(largestLevel), of which \(levels.count) are listed")
        }
        guard largestLevel < 1 << bits else {
            throw .malformedField("levels up to \(largestLevel) in \(bits) bits")
        }
        // Numbers above the largest level are digits, the lowest first.
        let base = 1 << bits - 1 - largestLevel
        let factor = Double.repeatedPower(-decimalScale, of: 10)
        let codes = try PackedIntegers(
            section, from: 40, width: bits, count: (section.count - 5) * 8 / bits, of: "run lengths")
        var filled = 0
        var index = 0
        while filled < count {
            guard index < codes.count else {
                throw .malformedField("the runs hold \(filled) values, the field has \(count)")
            }
            let level = codes[index]
            index += 1
            guard level <= largestLevel else {
                throw .malformedField("a run's length without a level before it")
            }
            var length = 1
            var weight = 1
            while index < codes.count, codes[index] > largestLevel {
                guard let part = (codes[index] - largestLevel - 1).multiplied(by: weight),
                    let sum = length.adding(part), sum <= count - filled
                else { throw .malformedField("the runs hold more than the field's \(count) values") }
                length = sum
                weight = weight.multiplied(by: base) ?? .max
                index += 1
            }
            values.fill(
                filled..<filled + length, with: level == 0 ? .nan : Double(levels[level - 1]) * factor)
            filled += length
        }
    }
}
