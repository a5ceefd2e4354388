// SPDX-License-Identifier: Apache-2.0
// Values behind each other as they lie in memory.
// Spec: parquet-format 2.10, Encodings.md, "Plain".

import KerchunkBytes

enum PlainValues {
    /// Whole numbers of a numeric type; floating-point ones must be whole, and NaN stands for null, as pandas writes it.
    static func integers(
        _ cursor: inout ByteCursor, _ type: PhysicalType, count: Int
    ) throws(ParseError) -> [Int64] {
        let width = type == .int32 || type == .float ? 4 : 8
        guard count <= cursor.remaining / width else {
            throw cursor.error(
                "\(count) values of \(width) bytes, but only \(cursor.remaining) bytes are left")
        }
        var values: [Int64] = []
        values.reserveCapacity(count)
        switch type {
        case .int64: for _ in 0..<count { values.append(Int64(bitPattern: try cursor.uint64())) }
        case .int32: for _ in 0..<count { values.append(Int64(Int32(bitPattern: try cursor.uint32()))) }
        case .double:
            for _ in 0..<count { values.append(try whole(Double(bitPattern: try cursor.uint64()), cursor)) }
        case .float:
            for _ in 0..<count {
                values.append(try whole(Double(Float(bitPattern: try cursor.uint32())), cursor))
            }
        default: throw cursor.error("numbers of type \"\(type)\", which is not supported")
        }
        return values
    }

    private static func whole(_ value: Double, _ cursor: borrowing ByteCursor) throws(ParseError) -> Int64 {
        if value.isNaN { return 0 }
        guard let integer = Int64(exactly: value) else {
            throw cursor.error("\(value) is not a whole number")
        }
        return integer
    }
}
