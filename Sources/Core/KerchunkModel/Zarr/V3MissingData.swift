// SPDX-License-Identifier: Apache-2.0
// Missing data in Zarr v3: `fill_value` is what is unwritten, and xarray masks by the attribute `_FillValue`.
// Spec: Zarr core v3, "Fill value"; `FillValueCoder` of xarray's Zarr backend.

import KerchunkBytes

package enum V3MissingData {
    /// What `fill_value` says.
    static func read(_ fill: FillValue) -> MissingData { MissingData(unwritten: fill) }

    /// `array` as version 3 can say it, and what that takes away.
    package static func saying(_ array: VirtualArray) -> (array: VirtualArray, issue: String?) {
        var said = array
        // Arrays that stay as they are share their metadata.
        if said.missing.masked != .attribute { said.missing.masked = .attribute }
        if said.missing.unwritten == .none { said.missing.unwritten = .zero(of: array.dataType) }
        switch array.dataType {
        case .text where array.maskedValue == .text(""): break  // blank texts are no gaps
        case .integer, .float, .text:
            // An attribute that says the same stays as it is written.
            guard let masked = array.maskedValue,
                said.maskedValue?.isSame(as: masked, in: array.dataType) != true
            else { break }
            if case .value = array.missing.masked, array.attributes[MissingData.attribute] != nil { break }
            said.attributes[MissingData.attribute] = masked.json(for: array.dataType)
        case .fixedBytes where array.attributes[MissingData.attribute] != nil:
            said.attributes[MissingData.attribute] = nil
            return (
                said,
                "its attribute \"_FillValue\" is left out: xarray cannot read it for characters in Zarr 3"
            )
        default: break
        }
        return (said, nil)
    }

    // MARK: Documents

    /// Version 3 has no null: an array of which nothing is said reads as zeros.
    static func fillValue(_ array: VirtualArray) -> JSONValue {
        let json = array.missing.unwritten.json(for: array.dataType)
        return json.isNull ? FillValue.zero(of: array.dataType).json(for: array.dataType) : json
    }

    /// The attributes, with `_FillValue` as xarray's `FillValueCoder` expects it.
    static func attributes(_ array: VirtualArray) -> JSONObject {
        var attributes = array.attributes.standardized(keepsFill: true)
        guard let fill = attributes[MissingData.attribute] else { return attributes }
        switch array.dataType {
        case .float: attributes[MissingData.attribute] = encodedReal(fill)
        case .complex:
            attributes[MissingData.attribute] = .array(
                (fill.array ?? [fill, 0]).map { encodedReal($0) ?? $0 })
        case .integer, .bool: break
        default:
            // xarray 2026.9 cannot open an array of another type that has one, but masks by this as well.
            attributes[MissingData.attribute] = nil
            guard array.dataType == .text else { break }
            let others = attributes["missing_value"].map { $0.array ?? [$0] } ?? []
            if others.isEmpty {
                attributes["missing_value"] = fill
            } else if !others.contains(fill) {
                attributes["missing_value"] = .array([fill] + others)
            }
        }
        return attributes
    }

    /// The attributes of a document, with `_FillValue` as the number that `FillValueCoder` made base64 of.
    static func readAttributes(_ attributes: JSONObject, _ type: DataType) -> JSONObject {
        guard case .float = type, let text = attributes[MissingData.attribute]?.string,
            let bytes = decodeBase64(Array(text.utf8)), bytes.count == 8
        else { return attributes }
        var decoded = attributes
        decoded[MissingData.attribute] = .real(Double(bitPattern: bytes.bits(0..<8, .little)))
        return decoded
    }

    /// The eight bytes of a little-endian double, in base64; nil for what is no number.
    private static func encodedReal(_ json: JSONValue) -> JSONValue? {
        guard let value = json.realOrWord else { return nil }
        var bytes: [UInt8] = []
        bytes.append(value.bitPattern, width: 8, .little)
        return .string(base64(Bytes(bytes)))
    }
}
