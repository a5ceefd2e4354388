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
    /// One element, of text its UTF-8, that missing chunks must be embedded as; nil where they stay missing.
    let embeddedElement: Bytes?
    let issue: String?

    /// What is known of the variable.
    struct Facts {
        let type: DataType
        /// HDF5's fill value in Zarr's type, of text its UTF-8; nil for zeros and empty text.
        let own: Bytes?
        /// The `_FillValue` attribute as JSON, and as one element of `type` (of text its UTF-8) where it is one.
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
        func value(_ element: Bytes) -> FillValue { Self.value(element, of: facts.type) }
        if facts.zarrFormat == 3 {
            // Zarr's fill value and the attribute are apart, so each says what it is.
            return FillTranslation(value(own ?? zero), attribute: attribute?.json)
        }
        let isMissing = facts.missingChunks > 0
        let canEmbed = facts.missingChunks <= facts.fillLimit
        guard let attribute, let element = attribute.element else {
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
                canSay ? value(own) : .none, attribute: attribute?.json, issue: tooMany(facts))
        }
        if !isMissing || facts.type.isSame(own ?? zero, element) { return FillTranslation(value(element)) }
        // xarray does not mask characters by an attribute, which JSON makes a text.
        guard own != nil || facts.type.isCharacters && canEmbed else {
            return FillTranslation(.none, attribute: attribute.json)
        }
        if canEmbed { return FillTranslation(value(element), embedded: own ?? zero) }
        return FillTranslation(value(element), issue: tooMany(facts))
    }

    /// - Parameter element: one element of `type`, of text its UTF-8.
    static func value(_ element: Bytes, of type: DataType) -> FillValue {
        type.isObject ? .text(String(decoding: element.array, as: UTF8.self)) : .element(element)
    }

    /// Lets missing chunks be elements `mark`, and masks them.
    init(lost mark: Bytes, _ type: DataType, zarrFormat: Int) {
        fillValue = .element(mark)
        attribute = zarrFormat == 3 ? .some(fillValue.json(for: type)) : .none
        embeddedElement = nil
        issue = nil
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
        "\(counted(facts.missingChunks, "chunk")) \(facts.missingChunks == 1 ? "was" : "were") never written, and their fill value has no form in Zarr version 2 that "
            + "xarray does not mask or change"
    }
}

extension DataType {
    /// Whether a fill value of HDF5's own would turn characters into NaN in xarray.
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
