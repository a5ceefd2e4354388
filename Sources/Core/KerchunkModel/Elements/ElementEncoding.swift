// SPDX-License-Identifier: Apache-2.0
// Numbers of attributes as elements of a variable.

package import KerchunkBytes

extension DataType {
    /// `value` as one element of this type; nil where it is no such value, or not exactly.
    package func element(_ value: JSONValue) -> Bytes? {
        switch (self, value) {
        case (.integer(let isSigned, let width, let order), .number(let number)):
            return integer(number, isSigned: isSigned, width: width).map { bytes($0, width: width, order) }
        case (.float(let width, let order), .number(let number)):
            let value = number.double
            switch width {
            case 4:
                let narrow = Float(value)
                guard Double(narrow) == value || value.isNaN else { return nil }
                return bytes(UInt64(narrow.bitPattern), width: 4, order)
            case 8: return bytes(value.bitPattern, width: 8, order)
            default: return nil
            }
        case (.bool, .bool(let value)): return Bytes([value ? 1 : 0])
        default: return nil
        }
    }

    private func integer(_ number: JSONNumber, isSigned: Bool, width: Int) -> UInt64? {
        let bits = UInt64(8 * width)
        switch number {
        case .real(let value):
            guard let whole = Int64(exactly: value) else { return nil }
            return integer(.integer(whole), isSigned: isSigned, width: width)
        case .unsigned(let value): return !isSigned && width == 8 ? value : nil
        case .integer(let value):
            if width == 8 { return isSigned || value >= 0 ? UInt64(bitPattern: value) : nil }
            let range: ClosedRange<Int64> =
                isSigned ? -(1 << Int64(bits - 1))...(1 << Int64(bits - 1)) - 1 : 0...(1 << Int64(bits)) - 1
            return range.contains(value) ? UInt64(bitPattern: value) : nil
        case .literal: return nil
        }
    }

    private func bytes(_ bits: UInt64, width: Int, _ order: ByteOrder) -> Bytes {
        let little = (0..<width).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
        return Bytes(order == .big ? little.reversed() : little)
    }
}
