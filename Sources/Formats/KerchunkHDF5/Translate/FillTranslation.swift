// SPDX-License-Identifier: Apache-2.0
// Fill values: HDF5's own, netCDF's `_FillValue` attribute, and Zarr's, which are three things.

import KerchunkBytes
import KerchunkModel

/// What a variable's missing data become.
struct FillTranslation {
    /// Zarr's fill value.
    let fillValue: FillValue
    /// `_FillValue` for the attributes; nil where Zarr's fill value says it, or there is none.
    let attribute: JSONValue?
    /// Decoded bytes of one element that missing chunks must be embedded as; nil where they stay missing.
    let embeddedElement: Bytes?
    let issue: String?

    /// What is known of the variable.
    struct Facts {
        let type: DataType
        /// HDF5's fill value in Zarr's type; nil for zeros.
        let own: Bytes?
        /// The `_FillValue` attribute as JSON, and as one element of `type` where it is one.
        let attribute: (json: JSONValue, element: Bytes?)?
        let missingChunks: UInt64
        let fillLimit: UInt64
        let zarrFormat: Int
    }

    /// The table of docs/differences.md, "Fill values".
    static func translate(_ facts: Facts) -> FillTranslation {
        let zero = Bytes([UInt8](repeating: 0, count: facts.type.isObject ? 0 : facts.type.size))
        let own = facts.own.flatMap { $0 == zero ? nil : $0 }
        let attribute = facts.attribute
        if facts.type.isObject {
            // Chunks of objects are all embedded.
            if facts.zarrFormat == 3 {
                // xarray cannot open a text variable of Zarr v3 that has the attribute.
                return FillTranslation(
                    .text(""),
                    issue: attribute == nil
                        ? nil : "its attribute \"_FillValue\" is left out: xarray cannot read it here")
            }
            return FillTranslation(.none, attribute: attribute?.json)
        }
        if facts.zarrFormat == 3 {
            // Zarr's fill value and the attribute are apart, so each says what it is.
            return FillTranslation(.element(own ?? zero), attribute: attribute?.json)
        }
        let isMissing = facts.missingChunks > 0
        let canEmbed = facts.missingChunks <= facts.fillLimit
        guard let attribute, let element = attribute.element, !facts.type.isCharacters else {
            // No `_FillValue`, or none that Zarr's fill value can be: it stays an attribute like any other.
            guard isMissing, let own else {
                // zarr-python cannot make elements of a structure from a null fill value.
                if isMissing, case .structure = facts.type {
                    return FillTranslation(.element(zero), attribute: attribute?.json)
                }
                return FillTranslation(.none, attribute: attribute?.json)
            }
            if canEmbed { return FillTranslation(.none, attribute: attribute?.json, embedded: own) }
            let canSay = !facts.type.isCharacters && facts.type != .bool
            return FillTranslation(
                canSay ? .element(own) : .none, attribute: attribute?.json, issue: tooMany(facts))
        }
        if !isMissing || facts.type.isSame(own ?? zero, element) { return FillTranslation(.element(element)) }
        guard let own else { return FillTranslation(.none, attribute: attribute.json) }
        if canEmbed { return FillTranslation(.element(element), embedded: own) }
        return FillTranslation(.element(element), issue: tooMany(facts))
    }

    private init(
        _ fillValue: FillValue, attribute: JSONValue? = nil, embedded: Bytes? = nil, issue: String? = nil
    ) {
        self.fillValue = fillValue
        self.attribute = attribute
        embeddedElement = embedded
        self.issue = issue
    }

    private static func tooMany(_ facts: Facts) -> String {
        "\(facts.missingChunks) chunks were never written, and their fill value has no form in Zarr version 2 that "
            + "xarray does not mask or change"
    }
}

extension DataType {
    /// Blank, NUL and empty fill values turn characters into NaN in xarray.
    fileprivate var isCharacters: Bool {
        switch self {
        case .fixedBytes, .fixedText: true
        default: false
        }
    }

    /// Whether two elements show the same value: the same bytes, or two NaNs.
    fileprivate func isSame(_ one: Bytes, _ other: Bytes) -> Bool {
        if one == other { return true }
        guard case .float(let width, let order) = self else { return false }
        return isNaN(one, width, order) && isNaN(other, width, order)
    }

    private func isNaN(_ element: Bytes, _ width: Int, _ order: ByteOrder) -> Bool {
        var bits: UInt64 = 0
        for byte in order == .big ? element.array : element.array.reversed() {
            bits = bits << 8 | UInt64(byte)
        }
        switch width {
        case 2: return bits & 0x7FFF > 0x7C00
        case 4: return Float(bitPattern: UInt32(truncatingIfNeeded: bits)).isNaN
        default: return Double(bitPattern: bits).isNaN
        }
    }
}
