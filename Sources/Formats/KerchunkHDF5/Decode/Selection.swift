// SPDX-License-Identifier: Apache-2.0
// Parts of a dataspace, as virtual datasets and region references store them.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.i and VIII.G "Dataspace Selections" (H5S_SEL_*).

import KerchunkBytes

/// Regularly spaced blocks along one axis.
struct AxisSelection: Hashable, Sendable {
    var start: UInt64
    /// From the start of one block to that of the next.
    var stride: UInt64
    /// Blocks; nil for as many as there are.
    var count: UInt64?
    /// Elements of a block; nil for one block without end.
    var block: UInt64?

    var isUnlimited: Bool { count == nil || block == nil }
}

/// The elements that a mapping takes from, or puts into, a dataspace.
enum Selection: Hashable, Sendable {
    case none
    case all
    /// Blocks that repeat along each axis.
    case regular([AxisSelection])
    /// Blocks anywhere: first and last corner of each.
    case blocks([(first: [UInt64], last: [UInt64])])

    static func == (one: Selection, other: Selection) -> Bool {
        switch (one, other) {
        case (.none, .none), (.all, .all): true
        case (.regular(let a), .regular(let b)): a == b
        case (.blocks(let a), .blocks(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.first == $1.first && $0.last == $1.last }
        default: false
        }
    }

    func hash(into hasher: inout Hasher) {
        if case .regular(let axes) = self { hasher.combine(axes) }
    }

    init(parsing cursor: inout ByteCursor) throws(ParseError) {
        cursor.enter("dataspace selection")
        let type = try cursor.uint32()
        let version = try cursor.uint32()
        switch type {
        case 0, 3:
            try cursor.skip(8)
            self = type == 0 ? .none : .all
        case 2: self = try Self.hyperslab(&cursor, version: version)
        case 1: throw cursor.error("a point selection, which is not supported")
        default: throw cursor.error("selection type \(type)")
        }
    }

    private static func hyperslab(_ cursor: inout ByteCursor, version: UInt32) throws(ParseError) -> Selection
    {
        var isRegular = false
        var width = 4
        switch version {
        case 1: try cursor.skip(8)
        case 2:
            isRegular = try cursor.uint8() & 1 == 1
            width = 8
            try cursor.skip(4)
        case 3:
            isRegular = try cursor.uint8() & 1 == 1
            width = Int(try cursor.uint8())
            guard [2, 4, 8].contains(width) else { throw cursor.error("numbers of \(width) bytes") }
        default: throw cursor.error("selection version \(version)")
        }
        let rank = try cursor.count(width: 4, limit: 32, of: "dimensions")
        if isRegular { return .regular(try axes(&cursor, rank: rank, width: width)) }
        let count = try cursor.uint(width: width)
        guard let size = checkedProduct([count, UInt64(rank), 2, UInt64(width)]),
            size <= UInt64(cursor.remaining)
        else {
            throw cursor.error("\(count) blocks do not fit into \(cursor.remaining) bytes")
        }
        var blocks: [(first: [UInt64], last: [UInt64])] = []
        for _ in 0..<count {
            let first = try numbers(&cursor, rank, width)
            blocks.append((first, try numbers(&cursor, rank, width)))
        }
        return .blocks(blocks)
    }

    private static func numbers(_ cursor: inout ByteCursor, _ count: Int, _ width: Int) throws(ParseError)
        -> [UInt64]
    {
        var numbers: [UInt64] = []
        for _ in 0..<count { numbers.append(try cursor.uint(width: width)) }
        return numbers
    }

    private static func axes(
        _ cursor: inout ByteCursor, rank: Int, width: Int
    ) throws(ParseError) -> [AxisSelection] {
        let unlimited = width == 8 ? UInt64.max : (1 << UInt64(8 * width)) - 1
        var axes: [AxisSelection] = []
        for _ in 0..<rank {
            let start = try cursor.uint(width: width)
            let stride = try cursor.uint(width: width)
            let count = try cursor.uint(width: width)
            let block = try cursor.uint(width: width)
            guard stride > 0, count == 1 || stride >= block || block == unlimited else {
                throw cursor.error("blocks of \(block) every \(stride) elements overlap")
            }
            axes.append(
                AxisSelection(
                    start: start, stride: stride, count: count == unlimited ? nil : count,
                    block: block == unlimited ? nil : block))
        }
        return axes
    }
}
