// SPDX-License-Identifier: Apache-2.0
// Second-order packing.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 4; what the lists of general extended packing are is said in
// ECMWF's description of GRIBEX.

import KerchunkBytes
import KerchunkModel

extension SecondOrderPacking {
    /// - Parameters:
    ///   - section: section 4 of edition 1, section 7 of edition 2, with its header.
    ///   - rowCounts: values in each row of the grid; only for groups that are rows.
    func unpack(
        _ section: Bytes, into values: ValueBuffer, count: Int, rowCounts: () throws(KerchunkError) -> [Int]
    ) throws(KerchunkError) {
        if groupCount == 0, scaling.bits == 0 {
            values.fill(0..<count, with: scaling.reference)
            return
        }
        guard differencingOrder <= count, groupCount <= count else {
            throw .malformedField("\(groupCount) groups for \(count) values")
        }
        let groups =
            switch groups {
            case .lengths(let widthOfWidths, let widthOfLengths):
                try listedGroups(section, widthOfWidths, widthOfLengths)
            case .secondaryBitmap: try markedGroups(section, count: count)
            case .rows: try rowGroups(section, try rowCounts())
            }
        try groups.unpack(into: values, differencingOrder..<count)
        if differencingOrder > 0 {
            values.sumUp(0..<count, first: firstValues, bias: bias, hasMissing: false)
        }
        values.scale(0..<count, scaling.factors, hasMissing: false)
    }

    /// Widths, lengths and first-order values in lists behind each other.
    private func listedGroups(
        _ section: Bytes, _ widthOfWidths: Int, _ widthOfLengths: Int
    ) throws(KerchunkError) -> GroupedIntegers {
        let widths = try PackedIntegers(
            section, from: listStart * 8, width: widthOfWidths, count: groupCount, of: "group widths")
        let lengths = try PackedIntegers(
            section, from: widths.endByte * 8, width: widthOfLengths, count: groupCount, of: "group lengths")
        let references = try PackedIntegers(
            section, from: lengths.endByte * 8, width: scaling.bits, count: groupCount,
            of: "first-order values")
        return GroupedIntegers(
            references: references, widths: widths, widthReference: 0,
            lengths: .packed(lengths, increment: 1, reference: 0, last: nil), bytes: section,
            start: references.endByte * 8)
    }

    /// One width, or one of each group.
    private func octetWidths(
        _ section: Bytes
    ) throws(KerchunkError) -> (widths: PackedIntegers, reference: Int, end: Int) {
        if hasConstantWidth {
            guard listStart < section.count else { throw .malformedField("no width of second-order values") }
            let none = try PackedIntegers(section, from: 0, width: 0, count: groupCount, of: "group widths")
            return (none, Int(section[listStart]), listStart + 1)
        }
        let widths = try PackedIntegers(
            section, from: listStart * 8, width: 8, count: groupCount, of: "group widths")
        return (widths, 0, widths.endByte)
    }

    private func octetGroups(
        _ section: Bytes, _ widths: PackedIntegers, _ widthReference: Int, _ lengths: [Int]
    ) throws(KerchunkError) -> GroupedIntegers {
        guard let firstOrderStart, let secondOrderStart, firstOrderStart >= 0, secondOrderStart >= 0 else {
            throw .malformedField("no place of first-order values")
        }
        let references = try PackedIntegers(
            section, from: firstOrderStart * 8, width: scaling.bits, count: groupCount,
            of: "first-order values")
        return GroupedIntegers(
            references: references, widths: widths, widthReference: widthReference, lengths: .listed(lengths),
            bytes: section, start: secondOrderStart * 8)
    }

    /// A bit for each value says whether it starts a group.
    private func markedGroups(_ section: Bytes, count: Int) throws(KerchunkError) -> GroupedIntegers {
        let (widths, reference, end) = try octetWidths(section)
        let marks = try PackedIntegers(section, from: end * 8, width: 1, count: count, of: "marks of groups")
        var lengths: [Int] = []
        for index in 0..<count {
            if marks[index] == 1 { lengths.append(0) }
            guard !lengths.isEmpty else { throw .malformedField("a first value that starts no group") }
            lengths[lengths.count - 1] += 1
        }
        guard lengths.count == groupCount else {
            throw .malformedField("\(lengths.count) marks of groups for \(groupCount) groups")
        }
        return try octetGroups(section, widths, reference, lengths)
    }

    /// Each row is a group.
    private func rowGroups(_ section: Bytes, _ rowCounts: [Int]) throws(KerchunkError) -> GroupedIntegers {
        guard rowCounts.count == groupCount else {
            throw .malformedField("\(groupCount) groups for \(rowCounts.count) rows")
        }
        let (widths, reference, _) = try octetWidths(section)
        return try octetGroups(section, widths, reference, rowCounts)
    }
}
