// SPDX-License-Identifier: Apache-2.0
// Which elements of an array mean that there is no value: what the model says, and the attribute `missing_value`.

import KerchunkBytes
import KerchunkModel

enum Masking {
    /// All values that mean that there is none.
    static func keys(_ array: VirtualArray) -> [CoordinateKey] {
        var keys: [CoordinateKey] = []
        if case .element(let bytes)? = array.maskedValue,
            let own = try? ElementCoding(array.dataType).keys(bytes)
        {
            keys += own
        } else if case .text(let text)? = array.maskedValue {
            keys.append(.text(text))
        }
        let isReal = if case .float = array.dataType { true } else { false }
        for name in ValueAttributes.masking {
            guard let json = array.attributes[name] else { continue }
            for value in json.array ?? [json] {
                guard let key = CoordinateKey(json: value) else { continue }
                keys.append(isReal ? .real(key.double ?? .nan) : key)
            }
        }
        return keys
    }

    /// Lets `fill` stand for missing chunks of `array`, and be masked. What is unwritten and what is masked stay apart where
    /// they are.
    static func set(_ fill: FillValue, of array: inout VirtualArray) {
        guard array.missing.isApart else {
            array.missing = .masking(fill)
            return
        }
        // NaN is missing without being masked.
        if array.maskedValue == nil, !isNaN(fill, array.dataType) {
            array.attributes[MissingData.attribute] = fill.json(for: array.dataType)
        }
        array.missing.unwritten = fill
    }

    /// Whether missing chunks of `array` may read as NaN: it has real numbers, and no other fill value.
    static func mayFillWithNaN(_ array: VirtualArray) -> Bool {
        guard case .float = array.dataType else { return false }
        return array.maskedValue.map { isNaN($0, array.dataType) } ?? true
    }

    private static func isNaN(_ fill: FillValue, _ type: DataType) -> Bool {
        guard case .float = type, case .element(let bytes) = fill,
            case .real(let value)? = (try? ElementCoding(type).keys(bytes))?.first
        else { return false }
        return value.isNaN
    }

    /// Takes away all that masks.
    static func clear(_ array: inout VirtualArray) {
        array.missing = array.missing.unsaid(of: array.dataType)
        for name in ValueAttributes.masking { array.attributes[name] = nil }
    }
}

extension MissingData {
    /// Whether what is unwritten is said beside what is masked.
    var isApart: Bool { masked != .unwritten && unwritten != .none }

    /// That nothing is unwritten but zeros, said in the same way.
    func unsaid(of type: DataType) -> MissingData {
        isApart ? MissingData(unwritten: .zero(of: type)) : MissingData()
    }
}
