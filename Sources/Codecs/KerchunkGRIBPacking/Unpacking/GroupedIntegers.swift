// SPDX-License-Identifier: Apache-2.0
// Integers in groups, each group with a reference and a width of its own.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 7.2 and its notes; edition 1, section 4, second-order
// packing.

import KerchunkBytes
import KerchunkModel

struct GroupedIntegers {
    enum Lengths {
        /// Of each group but the last, whose length may stand apart: `integer · increment + reference`.
        case packed(PackedIntegers, increment: Int, reference: Int, last: Int?)
        case listed([Int])
    }

    /// What stands for a missing value in place of an integer; no sum of integers of 56 bits and fewer is so large.
    static let missing = Int64.max

    /// One integer for each group; all its integers are sums with it.
    let references: PackedIntegers
    /// Bits of an integer of each group, less `widthReference`.
    let widths: PackedIntegers
    let widthReference: Int
    let lengths: Lengths
    /// What holds the integers, from bit `start` on, and no more than its first `endBit` bits.
    let bytes: Bytes
    let start: Int
    /// Code table 5.5: 1: an integer of ones is missing; 2: also one of ones but for the last bit.
    var missingManagement = 0

    private func length(_ group: Int) -> Int? {
        switch lengths {
        case .packed(let packed, let increment, let reference, let last):
            if let last, group == references.count - 1 { return last }
            return packed[group].multiplied(by: increment)?.adding(reference)
        case .listed(let lengths): return lengths[group]
        }
    }

    /// Unpacks all groups into the integers of `values` in `range`.
    /// - Throws: where the groups are not as long together as `range`, or reach beyond the end of `bytes`.
    func unpack(into values: ValueBuffer, _ range: Range<Int>) throws(KerchunkError) {
        var position = range.lowerBound
        var bit = start
        let bits = bytes.count * 8
        for group in 0..<references.count {
            let reference = references[group]
            guard let width = widths[group].adding(widthReference), width <= PackedIntegers.widest else {
                throw .malformedField(
                    "group \(group) of integers of \(widths[group]) and \(widthReference) bits, at most \(PackedIntegers.widest) are possible"
                )
            }
            guard let length = length(group), length <= range.upperBound - position else {
                throw .malformedField("the groups hold more than the field's \(range.count) values")
            }
            guard length * width <= bits - bit else {
                throw .malformedField(
                    "group \(group) of \(length) integers of \(width) bits, \(max(0, bits - bit)) bits are left"
                )
            }
            if width == 0 {
                let value =
                    isMissing(UInt64(reference), width: references.width) ? Self.missing : Int64(reference)
                // SAFETY: `integers` checks the range.
                unsafe values.integers(position..<position + length).update(repeating: value)
            } else if missingManagement == 0 {
                PackedIntegers(checked: bytes, from: bit, width: width, count: length)
                    .unpack(adding: Int64(reference), into: values, from: position)
            } else {
                unpackWithMissing(bit, width, length, Int64(reference), values, position)
            }
            position += length
            bit += length * width
        }
        guard position == range.upperBound else {
            throw .malformedField(
                "the groups hold \(position - range.lowerBound) values, the field has \(range.count)")
        }
    }

    @inline(__always) private func isMissing(_ integer: UInt64, width: Int) -> Bool {
        guard missingManagement > 0 else { return false }
        let ones = UInt64(1) << UInt64(width) - 1
        return integer == ones || missingManagement == 2 && ones > 0 && integer == ones - 1
    }

    private func unpackWithMissing(
        _ bit: Int, _ width: Int, _ length: Int, _ reference: Int64, _ values: ValueBuffer, _ first: Int
    ) {
        PackedIntegers(checked: bytes, from: bit, width: width, count: length)
            .unpack(adding: 0, into: values, from: first)
        let ones = Int64(1) << Int64(width) - 1
        let lowest = missingManagement == 2 ? ones - 1 : ones
        // SAFETY: `integers` checks the range.
        let integers = unsafe values.integers(first..<first + length)
        for index in 0..<length {
            let integer = unsafe integers[index]
            unsafe integers[index] = integer >= lowest ? Self.missing : integer &+ reference
        }
    }
}
