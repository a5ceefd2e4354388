// SPDX-License-Identifier: Apache-2.0
// Where in the vertical a field is. Spec: WMO Manual on Codes I.2, code table 4.5; edition 1: code table 3.

/// The value of a level, in the units that its type has.
struct FieldLevel: Hashable, Sendable {
    /// Of a layer: of its top, for layers of soil, snow and ice of its bottom.
    let value: Double
    let top: Double
    let bottom: Double

    /// The value as a whole number, as concept files compare it.
    static func rounded(_ value: Double) -> Int {
        Int(exactly: (value + 0.5).rounded(.towardZero)) ?? CodedKeys.missing
    }
}

extension ConceptFacts {
    /// Types of surfaces whose layers are named by their bottom: snow, soil, sea ice, ocean model.
    private static let layersByBottom: Set<Int> = [114, 151, 152, 168]

    /// Puts the level into the facts, so that names can depend on it.
    /// - Returns: nil where the product has no surfaces.
    mutating func setLevel() -> FieldLevel? {
        if keys[.editionNumber] == 1 { return levelOfEdition1() }
        guard let type = keys[.typeOfFirstFixedSurface], let second = keys[.typeOfSecondFixedSurface] else {
            return nil
        }
        let top = value(
            type, keys[.scaleFactorOfFirstFixedSurface], keys[.scaledValueOfFirstFixedSurface])
        let bottom =
            second == 255
            ? top
            : value(second, keys[.scaleFactorOfSecondFixedSurface], keys[.scaledValueOfSecondFixedSurface])
        let byBottom = type == second && Self.layersByBottom.contains(type)
        let level = FieldLevel(value: byBottom ? bottom : top, top: top, bottom: bottom)
        keys[.level] = FieldLevel.rounded(level.value)
        keys[.topLevel] = FieldLevel.rounded(top)
        keys[.bottomLevel] = FieldLevel.rounded(bottom)
        return level
    }

    private func levelOfEdition1() -> FieldLevel? {
        guard let value = keys[.level], let top = keys[.topLevel], let bottom = keys[.bottomLevel] else {
            return nil
        }
        return FieldLevel(value: Double(value), top: Double(top), bottom: Double(bottom))
    }

    /// scaled value · 10^-factor; of pressure in hPa, whole numbers unless it is less than one.
    private mutating func value(_ type: Int, _ factor: Int?, _ scaled: Int?) -> Double {
        guard let scaled, scaled != CodedKeys.missing else { return 0 }
        var value = Double(scaled)
        var left = factor ?? CodedKeys.missing
        if left != CodedKeys.missing {
            // Potential vorticity: in 10^-9, in TIGGE's data in 10^-6
            if type == 109 {
                left -= [4, 5].contains(keys[.productionStatusOfProcessedData] ?? 0) ? 6 : 9
            }
            // One after the other, so that the result has the bits of other readers.
            while left < 0, value != 0 {
                value *= 10
                left += 1
            }
            while left > 0, value != 0 {
                value /= 10
                left -= 1
            }
        }
        guard type == 100, !isPressureInPa else { return value }
        let hectopascals = (value / 100).rounded(.towardZero)
        if left == 0, hectopascals == 0 {
            isPressureInPa = true
            return value
        }
        return hectopascals
    }
}
