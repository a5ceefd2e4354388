// SPDX-License-Identifier: Apache-2.0
// Parameters of second-order packing: values in groups with a first-order value each, and second-order values on it.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 1, section 4, second-order packing, code table 11; general extended
// packing and ordering are ECMWF's use of the reserved flags.

import KerchunkBytes

package struct SecondOrderPacking: Hashable, Sendable {
    /// What says where groups end.
    package enum Groups: Hashable, Sendable {
        /// Each row of the grid is one.
        case rows
        /// A bit for each value, set where a group begins.
        case secondaryBitmap
        /// A list of their lengths.
        case lengths(widthOfWidths: Int, widthOfLengths: Int)
    }

    /// `bits` is the width of first-order values.
    package var scaling: Scaling
    package var groups: Groups
    package var groupCount: Int
    /// Whether all groups have one width.
    package var hasConstantWidth: Bool
    /// Values as the message counts them; those of differencing are not among them.
    package var valueCount: Int
    /// Order of spatial differencing, 0 to 3.
    package var differencingOrder: Int
    /// The first values and the bias of differencing.
    package var firstValues: [Int]
    package var bias: Int
    /// Whether each second row lies the other way round.
    package var isBoustrophedonic: Bool
    /// Edition 1: where lists begin, counted from the start of section 4.
    package var listStart: Int
    package var firstOrderStart: Int?
    package var secondOrderStart: Int?

    private static func first(
        _ cursor: inout ByteCursor, order: Int
    ) throws(ParseError) -> (values: [Int], bias: Int) {
        guard order > 0 else { return ([], 0) }
        guard order <= 3 else { throw cursor.error("differences of order \(order), at most 3 are possible") }
        let width = Int(try cursor.uint8())
        guard (1...PackedIntegers.widest).contains(width) else {
            throw cursor.error("first values of \(width) bits")
        }
        var numbers: [Int] = []
        var bits = 0
        var pending: UInt64 = 0
        for _ in 0...order {
            while bits < width {
                pending = pending << 8 | UInt64(try cursor.uint8())
                bits += 8
            }
            bits -= width
            numbers.append(Int(pending >> UInt64(bits) & (UInt64(1) << UInt64(width) - 1)))
            pending &= UInt64(1) << UInt64(bits) - 1
        }
        // The last is the bias, whose highest bit is the sign.
        let coded = numbers.removeLast()
        let sign = 1 << (width - 1)
        return (numbers, coded & sign == 0 ? coded : -(coded & (sign - 1)))
    }

    /// - Parameter cursor: at octet 12 of section 4.
    init(edition1 cursor: inout ByteCursor, scaling: Scaling) throws(ParseError) {
        self.scaling = scaling
        let n1 = try cursor.unsigned(2)
        let flags = try cursor.uint8()
        let n2 = try cursor.unsigned(2)
        let codedGroups = try cursor.unsigned(2)
        valueCount = try cursor.unsigned(2)
        groupCount = codedGroups + 65536 * Int(try cursor.uint8())
        isBoustrophedonic = flags & 0x04 != 0
        hasConstantWidth = flags & 0x10 == 0
        guard flags & 0x40 == 0 else { throw cursor.error("a matrix of values at each point") }
        if flags & 0x08 != 0 {
            let widthOfWidths = Int(try cursor.uint8())
            let widthOfLengths = Int(try cursor.uint8())
            try cursor.skip(2)
            groups = .lengths(widthOfWidths: widthOfWidths, widthOfLengths: widthOfLengths)
            differencingOrder = Int(flags & 0x03)
            (firstValues, bias) = try SecondOrderPacking.first(&cursor, order: differencingOrder)
            hasConstantWidth = false
            firstOrderStart = nil
            secondOrderStart = nil
        } else {
            groups = flags & 0x20 == 0 ? .rows : .secondaryBitmap
            differencingOrder = 0
            (firstValues, bias) = ([], 0)
            firstOrderStart = n1 - 1
            secondOrderStart = n2 - 1
        }
        listStart = cursor.position
    }

    /// - Parameter cursor: at octet 12 of section 5.
    init(edition2 cursor: inout ByteCursor, hasFlags: Bool) throws(ParseError) {
        scaling = try Scaling(edition2: &cursor)
        isBoustrophedonic = false
        hasConstantWidth = false
        listStart = 5
        firstOrderStart = nil
        secondOrderStart = nil
        // 5.50001 ends here for a field of one value
        guard hasFlags || scaling.bits > 0 else {
            (groupCount, valueCount, differencingOrder, firstValues, bias) = (0, 0, 0, [], 0)
            groups = .lengths(widthOfWidths: 0, widthOfLengths: 0)
            return
        }
        let isConstant = scaling.bits == 0
        scaling.bits = Int(try cursor.uint8())
        groupCount = try cursor.unsigned(4)
        valueCount = try cursor.unsigned(4)
        let widthOfWidths = Int(try cursor.uint8())
        let widthOfLengths = Int(try cursor.uint8())
        if hasFlags { isBoustrophedonic = try cursor.uint8() & 0x01 != 0 }
        groups = .lengths(widthOfWidths: widthOfWidths, widthOfLengths: widthOfLengths)
        differencingOrder = Int(try cursor.uint8())
        (firstValues, bias) = try SecondOrderPacking.first(&cursor, order: differencingOrder)
        if isConstant, groupCount == 0 { scaling.bits = 0 }
    }
}
