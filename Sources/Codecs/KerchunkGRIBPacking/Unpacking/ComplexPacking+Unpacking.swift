// SPDX-License-Identifier: Apache-2.0
// Complex packing, with or without spatial differencing.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 7.2 and 7.3.

import KerchunkBytes
import KerchunkModel

extension ComplexPacking {
    /// - Parameter section: section 7 with its header.
    func unpack(_ section: Bytes, into values: ValueBuffer, count: Int) throws(KerchunkError) {
        if scaling.bits == 0, groupCount == 0 {
            values.fill(0..<count, with: scaling.reference)
            return
        }
        guard groupCount <= count else {
            throw .malformedField("\(groupCount) groups for \(count) values")
        }
        guard missingManagement <= 2 else {
            throw .unsupportedField("missing value management \(missingManagement) (code table 5.5)")
        }
        var start = 5
        let (first, bias) = try differencing(section, &start)
        let references = try PackedIntegers(
            section, from: start * 8, width: scaling.bits, count: groupCount, of: "group references")
        let widths = try PackedIntegers(
            section, from: references.endByte * 8, width: widthBits, count: groupCount, of: "group widths")
        let lengths = try PackedIntegers(
            section, from: widths.endByte * 8, width: lengthBits, count: groupCount, of: "group lengths")
        let groups = GroupedIntegers(
            references: references, widths: widths, widthReference: widthReference,
            lengths: .packed(
                lengths, increment: lengthIncrement, reference: lengthReference, last: lastLength),
            bytes: section, start: lengths.endByte * 8, missingManagement: missingManagement)
        try groups.unpack(into: values, 0..<count)
        if !first.isEmpty {
            values.sumUp(0..<count, first: first, bias: bias, hasMissing: missingManagement > 0)
        }
        values.scale(0..<count, scaling.factors, hasMissing: missingManagement > 0)
    }

    /// The first values and the bias, from octet 6 of section 7.
    private func differencing(
        _ section: Bytes, _ start: inout Int
    ) throws(KerchunkError) -> (first: [Int], bias: Int) {
        guard isDifferenced else { return ([], 0) }
        guard differencingOrder == 1 || differencingOrder == 2 else {
            throw .malformedField(
                "differences of order \(differencingOrder), expected 1 or 2 (code table 5.6)")
        }
        // As other decoders have it, without octets all of them are 0.
        guard extraOctets > 0 else { return (Array(repeating: 0, count: differencingOrder), 0) }
        guard extraOctets <= 7 else {
            throw .malformedField("first values of \(extraOctets) octets, at most 4 are possible")
        }
        return try parsing { () throws(ParseError) in
            try section.parse(at: 0, in: "GRIB data section") { (cursor) throws(ParseError) in
                try cursor.seek(to: start)
                var numbers: [Int] = []
                for _ in 0...differencingOrder { numbers.append(try cursor.signed(extraOctets)) }
                start = cursor.position
                let bias = numbers.removeLast()
                return (numbers, bias)
            }
        }
    }
}
