// SPDX-License-Identifier: Apache-2.0
// Attributes that any JSON parser takes: NaN and the infinities are Python's words, and no JSON.
// docs/differences.md, "NaN in attributes".

package import KerchunkBytes

extension JSONObject {
    /// The same attributes without numbers that JSON does not have.
    ///
    /// They become the texts by which Zarr writes them as fill values. In attributes that readers decode by, a text would
    /// change values: NaN, which is masked anyway, is left out of `missing_value` and `_FillValue`, and infinities are
    /// numbers too large for a double.
    /// - Parameter keepsFill: whether `_FillValue` stays as it is, since it is not written as a number.
    package func standardized(keepsFill: Bool) -> JSONObject {
        guard contains(where: { $0.value.hasNonfinite }) else { return self }
        var standard = JSONObject()
        for (name, value) in self {
            if name == MissingData.attribute, keepsFill {
                standard[name] = value
            } else if ValueAttributes.masking.contains(name) {
                standard[name] = value.maskingNumbers
            } else if ValueAttributes.scaling.contains(name) {
                standard[name] = value.withLargeNumbers
            } else {
                standard[name] = value.withWords
            }
        }
        return standard
    }
}

extension JSONValue {
    fileprivate var hasNonfinite: Bool {
        switch self {
        case .number(.real(let value)): !value.isFinite
        case .array(let values): values.contains(where: \.hasNonfinite)
        case .object(let object): object.contains { $0.value.hasNonfinite }
        default: false
        }
    }

    private var isNaN: Bool { if case .number(.real(let value)) = self { value.isNaN } else { false } }

    /// The texts of Zarr's fill values for numbers that JSON does not have.
    fileprivate var withWords: JSONValue {
        switch self {
        case .number(.real(let value)) where !value.isFinite: .string(JSONNumber.real(value).text)
        case .array(let values): .array(values.map(\.withWords))
        case .object(let object): .object(JSONObject(object.map { ($0.name, $0.value.withWords) }))
        default: self
        }
    }

    /// Infinities as numbers that readers take for them. A scale of NaN, which leaves no value, stays Python's word.
    fileprivate var withLargeNumbers: JSONValue {
        switch self {
        case .number(.real(let value)) where value.isInfinite:
            .number(.literal(value < 0 ? "-1e999" : "1e999"))
        case .array(let values): .array(values.map(\.withLargeNumbers))
        default: self
        }
    }

    /// The numbers that are masked beside NaN; nil where there are none.
    fileprivate var maskingNumbers: JSONValue? {
        if isNaN { return nil }
        guard let values = array else { return withLargeNumbers }
        let kept = values.filter { !$0.isNaN }
        if kept.isEmpty, !values.isEmpty { return nil }
        return JSONValue.array(kept).withLargeNumbers
    }
}

extension VirtualGroup {
    /// The same hierarchy with attributes that any JSON parser takes.
    package func standardized(keepsFill: Bool) -> VirtualGroup {
        var standard = self
        standard.attributes = attributes.standardized(keepsFill: keepsFill)
        for (name, member) in members {
            switch member {
            case .array(var array):
                let attributes = array.attributes.standardized(keepsFill: keepsFill)
                guard attributes != array.attributes else { continue }
                array.attributes = attributes
                standard[name] = .array(array)
            case .group(let group): standard[name] = .group(group.standardized(keepsFill: keepsFill))
            }
        }
        return standard
    }
}
