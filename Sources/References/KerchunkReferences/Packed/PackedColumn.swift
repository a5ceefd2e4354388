// SPDX-License-Identifier: Apache-2.0
// Numbers behind each other, as narrow as their range allows.

import KerchunkBytes

/// A column of numbers, or of the steps between them: what is added to a smallest one, in 0, 1, 2, 4 or 8 bytes each.
struct PackedColumn {
    /// Whether the values are steps, from `first` on; there is one less of them then.
    let isSteps: Bool
    let first: UInt64
    /// What all values are where `values` is empty.
    private let base: UInt64
    private let values: [UInt64]

    /// The value of `row`; of steps the one that leads to it, which row 0 has none of.
    @inline(__always)
    subscript(row: Int) -> UInt64 {
        values.isEmpty ? base : values[isSteps ? row - 1 : row]
    }

    // MARK: Reading

    /// - Parameter count: numbers of the column.
    init(parsing cursor: inout ByteCursor, count: Int) throws(ParseError) {
        let mode = try cursor.uint8()
        guard mode < 2 else { throw cursor.error("a column of kind \(mode)") }
        isSteps = mode == 1
        first = isSteps ? try cursor.uint64() : 0
        let width = Int(try cursor.uint8())
        base = try cursor.uint64()
        let count = isSteps ? max(0, count - 1) : count
        guard [0, 1, 2, 4, 8].contains(width) else { throw cursor.error("numbers of \(width) bytes") }
        guard width == 0 || count <= cursor.remaining / width else {
            throw cursor.error("\(count) numbers of \(width) bytes, \(cursor.remaining) bytes left")
        }
        var values: [UInt64] = []
        if width > 0 { values.reserveCapacity(count) }
        // Each sum wraps round as the difference did.
        switch width {
        case 1: for _ in 0..<count { values.append(base &+ UInt64(try cursor.uint8())) }
        case 2: for _ in 0..<count { values.append(base &+ UInt64(try cursor.uint16())) }
        case 4: for _ in 0..<count { values.append(base &+ UInt64(try cursor.uint32())) }
        case 8: for _ in 0..<count { values.append(base &+ (try cursor.uint64())) }
        default: break
        }
        self.values = values
    }

    /// The numbers themselves; of steps those that they lead to.
    func numbers(_ count: Int) -> [UInt64] {
        guard isSteps else { return (0..<count).map { self[$0] } }
        var number = first
        return (0..<count).map { row in
            if row > 0 { number &+= self[row] }
            return number
        }
    }

    // MARK: Writing

    /// Writes `numbers`, as steps where those are narrower.
    static func write(_ numbers: [UInt64], to bytes: inout [UInt8]) {
        write(numbers, to: &bytes) { numbers[$0 - 1] }
    }

    /// - Parameter prediction: what the number of a row other than the first is likely to be.
    @inline(__always)
    static func write(_ numbers: [UInt64], to bytes: inout [UInt8], prediction: (Int) -> UInt64) {
        guard let first = numbers.first else { return writeEmpty(to: &bytes) }
        var low = first
        var high = first
        var lowStep = Int64.max
        var highStep = Int64.min
        for row in 1..<max(1, numbers.count) {
            let number = numbers[row]
            low = min(low, number)
            high = max(high, number)
            let step = Int64(bitPattern: number &- prediction(row))
            lowStep = min(lowStep, step)
            highStep = max(highStep, step)
        }
        let width = width(of: high - low)
        let stepBase = UInt64(bitPattern: lowStep)
        // The difference of two numbers of 64 bits fits without a sign.
        let stepWidth = numbers.count == 1 ? 0 : self.width(of: UInt64(bitPattern: highStep) &- stepBase)
        if numbers.count > 1, stepWidth < width {
            bytes.append(1)
            bytes.append(first, width: 8)
            bytes.append(UInt8(stepWidth))
            bytes.append(stepBase, width: 8)
            put(1..<numbers.count, stepWidth, to: &bytes) { numbers[$0] &- prediction($0) &- stepBase }
        } else {
            bytes.append(0)
            bytes.append(UInt8(width))
            bytes.append(low, width: 8)
            put(0..<numbers.count, width, to: &bytes) { numbers[$0] - low }
        }
    }

    @inline(__always)
    private static func put(
        _ rows: Range<Int>, _ width: Int, to bytes: inout [UInt8], _ value: (Int) -> UInt64
    ) {
        switch width {
        case 1: for row in rows { bytes.append(UInt8(truncatingIfNeeded: value(row))) }
        case 2: for row in rows { bytes.append(value(row), width: 2) }
        case 4: for row in rows { bytes.append(value(row), width: 4) }
        case 8: for row in rows { bytes.append(value(row), width: 8) }
        default: break
        }
    }

    private static func writeEmpty(to bytes: inout [UInt8]) {
        bytes += [0, 0]
        bytes.append(0, width: 8)
    }

    private static func width(of range: UInt64) -> Int {
        switch range {
        case 0: 0
        case ...0xFF: 1
        case ...0xFFFF: 2
        case ...0xFFFF_FFFF: 4
        default: 8
        }
    }
}
