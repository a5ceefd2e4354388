// SPDX-License-Identifier: Apache-2.0
// Which elements of an array mean that there is no value, as readers decide it.
// In Zarr 2 xarray masks by `fill_value`, in Zarr 3 by the attribute `_FillValue`; in both by `missing_value`.

import KerchunkBytes
import KerchunkModel

/// The masking rules of one Zarr version.
struct Masking {
    let zarrFormat: Int
    private static let fillAttribute = "_FillValue"

    /// All values that mean that there is none.
    func keys(_ array: VirtualArray) -> [CoordinateKey] {
        var keys: [CoordinateKey] = []
        if case .element(let bytes)? = fill(array), let own = try? ElementCoding(array.dataType).keys(bytes) {
            keys += own
        } else if case .text(let text)? = fill(array) {
            keys.append(.text(text))
        }
        let isReal = if case .float = array.dataType { true } else { false }
        for name in [Self.fillAttribute, "missing_value"] {
            guard let json = array.attributes[name] else { continue }
            for value in json.array ?? [json] {
                guard let key = CoordinateKey(json: value) else { continue }
                keys.append(isReal ? .real(key.double ?? .nan) : key)
            }
        }
        return keys
    }

    /// The value that is masked and that missing chunks may have; nil where there is none.
    func fill(_ array: VirtualArray) -> FillValue? {
        if zarrFormat < 3, array.fillValue != .none { return array.fillValue }
        guard let json = array.attributes[Self.fillAttribute],
            let fill = try? FillValue(json: json, for: array.dataType), fill != .none
        else { return nil }
        return fill
    }

    /// Lets `fill` stand for missing chunks of `array`, and be masked.
    func set(_ fill: FillValue, of array: inout VirtualArray) {
        let isNaN = keysOfOneNaN(fill, array.dataType)
        if zarrFormat >= 3, !isNaN, self.fill(array) == nil {
            array.attributes[Self.fillAttribute] = fill.json(for: array.dataType)
        }
        array.fillValue = fill
    }

    /// Whether missing chunks of `array` may read as NaN: it has real numbers, and no other fill value.
    func mayFillWithNaN(_ array: VirtualArray) -> Bool {
        guard case .float = array.dataType else { return false }
        return fill(array).map { keysOfOneNaN($0, array.dataType) } ?? true
    }

    /// NaN is missing without being masked.
    private func keysOfOneNaN(_ fill: FillValue, _ type: DataType) -> Bool {
        guard case .float = type, case .element(let bytes) = fill,
            case .real(let value)? = (try? ElementCoding(type).keys(bytes))?.first
        else { return false }
        return value.isNaN
    }

    /// Takes away all that masks.
    func clear(_ array: inout VirtualArray) {
        array.fillValue = .none
        array.attributes[Self.fillAttribute] = nil
        array.attributes["missing_value"] = nil
    }
}
