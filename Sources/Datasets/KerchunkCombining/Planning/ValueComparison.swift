// SPDX-License-Identifier: Apache-2.0
// Whether arrays of two inputs have the same values, however these are stored.

import KerchunkBytes
import KerchunkModel

/// Compares values as they are to be read: unpacked, masked, times as moments, of any width and byte order.
struct ValueComparison {
    let one: VirtualArray
    let other: VirtualArray

    /// Whether such a difference of metadata may be there while the values are the same.
    func settles(_ difference: Difference) -> Bool {
        guard let one = try? ElementCoding(one.dataType), let other = try? ElementCoding(other.dataType)
        else {
            return false
        }
        switch difference.check {
        case .units: return difference.isLoadable && !one.isText && !other.isText
        case .packing: return !one.isText && !other.isText
        case .fill: return true
        case nil: return difference.isType && one.canEqual(other)
        case .coordinates, .values: return false
        }
    }

    /// - Parameters: all elements of both arrays, each in the byte order of its type.
    func isSame(_ mine: Bytes, _ theirs: Bytes) -> Bool {
        let differences = Compatibility.differences(one, other, [])
        if differences.isEmpty, mine == theirs { return true }
        guard let left = try? values(mine, of: one), let right = try? values(theirs, of: other) else {
            return false
        }
        return left.isSame(as: right)
    }

    /// What all elements of `array` mean, in a form that is equal where they mean the same.
    /// - Parameter bytes: in the byte order of its type.
    func keys(_ bytes: Bytes, of array: VirtualArray) throws(KerchunkError) -> [CoordinateKey] {
        try values(bytes, of: array).canonical.keys
    }

    private func values(_ bytes: Bytes, of array: VirtualArray) throws(KerchunkError) -> AxisValues {
        var values = AxisValues(
            keys: try ElementCoding(array.dataType).keys(bytes), type: array.dataType,
            time: TimeUnits(of: array))
        let packing = Packing(all: array, missing: Masking.keys(array))
        if !values.isText {
            let isPacked = Packing(of: array) != nil
            values.keys = values.keys.map { key in
                let value = packing.value(key)
                // Whole numbers beyond 2^53 stay what they are.
                if case .real(let number) = value, !isPacked, !number.isNaN { return key }
                return value
            }
        }
        return values
    }
}

extension ElementCoding {
    /// Whether values of both types can be the same: numbers, texts, or times of one unit.
    fileprivate func canEqual(_ other: ElementCoding) -> Bool {
        switch (type, other.type) {
        case (.datetime(let one, _), .datetime(let other, _)),
            (.timedelta(let one, _), .timedelta(let other, _)):
            one == other
        case (.datetime, _), (.timedelta, _), (_, .datetime), (_, .timedelta): false
        default: isText == other.isText
        }
    }
}
