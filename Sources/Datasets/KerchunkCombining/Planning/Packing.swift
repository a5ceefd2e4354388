// SPDX-License-Identifier: Apache-2.0
// How stored numbers become values.
// Spec: CF conventions 1.11, 8.1 "Packed Data"; NetCDF Users Guide for `_Unsigned`.

import KerchunkBytes
import KerchunkModel

/// The attributes `scale_factor`, `add_offset` and `_Unsigned` of an array, with the numbers that mean that there is no value.
struct Packing: Hashable, Sendable {
    private let scale: Double?
    private let offset: Double?
    /// Where numbers wrap around: from `start` on (below 0 where it is 0) they are `modulus` more.
    private var modulus: Double?
    private var start = 0.0
    private let missing: [CoordinateKey]

    /// Nil for an array whose numbers are its values.
    init?(of array: VirtualArray) {
        guard ValueAttributes.packing.contains(where: { array.attributes[$0] != nil }) else { return nil }
        self.init(all: array, missing: Self.fill(array))
    }

    /// The fill value, unless it is 0, which kerchunk writes where there is none.
    static func fill(_ array: VirtualArray) -> [CoordinateKey] {
        guard case .element(let bytes)? = array.maskedValue, bytes.array.contains(where: { $0 != 0 }) else {
            return []
        }
        return (try? ElementCoding(array.dataType).keys(bytes)) ?? []
    }

    /// The same for any array.
    /// - Parameter missing: numbers that mean that there is no value, besides those that attributes name.
    init(all array: VirtualArray, missing: [CoordinateKey] = []) {
        scale = array.attributes["scale_factor"]?.number?.double
        offset = array.attributes["add_offset"]?.number?.double
        var keys = missing
        for name in ValueAttributes.masking {
            guard let json = array.attributes[name] else { continue }
            keys += (json.array ?? [json]).compactMap { CoordinateKey(json: $0) }
        }
        self.missing = keys
        switch (array.attributes["_Unsigned"]?.string, array.dataType) {
        case ("true", .integer(true, let width, _)):
            modulus = Double(sign: .plus, exponent: 8 * width, significand: 1)
        case ("false", .integer(false, let width, _)):
            modulus = -Double(sign: .plus, exponent: 8 * width, significand: 1)
            start = Double(sign: .plus, exponent: 8 * width - 1, significand: 1)
        default: break
        }
    }

    /// Whether stored numbers are in another order than their values.
    var wraps: Bool { modulus != nil }

    func isMissing(_ key: CoordinateKey) -> Bool { missing.contains { $0.isSameValue(as: key) } }

    /// The value that `key` means; NaN for none.
    func value(_ key: CoordinateKey) -> CoordinateKey {
        guard var number = key.double, !isMissing(key) else {
            return .real(.nan)
        }
        if let modulus, modulus > 0 ? number < start : number >= start { number += modulus }
        if let scale { number *= scale }
        if let offset { number += offset }
        return .real(number)
    }
}

// MARK: JSON

extension Packing {
    var json: JSONObject {
        var object: JSONObject = ["missing": .array(missing.compactMap(\.double).map { .real($0) })]
        object["scale"] = scale.map { .real($0) }
        object["offset"] = offset.map { .real($0) }
        object["modulus"] = modulus.map { .real($0) }
        object["start"] = .real(start)
        return object
    }

    init(json: JSONObject) {
        scale = json["scale"]?.number?.double
        offset = json["offset"]?.number?.double
        modulus = json["modulus"]?.number?.double
        start = json["start"]?.number?.double ?? 0
        missing = (json["missing"]?.array ?? []).compactMap { $0.number.map { .real($0.double) } }
    }
}
