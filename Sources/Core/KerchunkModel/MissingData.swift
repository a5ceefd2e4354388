// SPDX-License-Identifier: Apache-2.0
// What missing data are: elements that no chunk holds, and elements that say that there is no value. Files and documents
// have them in many forms; what an array of the model means does not depend on any.

package import KerchunkBytes

/// What readers see of an array where there is nothing to see.
public struct MissingData: Hashable, Sendable {
    /// Which value means that there is none.
    public enum Masked: Hashable, Sendable {
        /// That of the attribute `_FillValue`, if there is one.
        case attribute
        /// This one. An attribute `_FillValue` says the same, in JSON, which may not have all of it.
        case value(FillValue)
        /// The unwritten one, whatever the attribute says; nothing where nothing is said of it.
        case unwritten
    }

    /// What elements are that no chunk holds; `none` where nothing is said, which reads as zeros.
    public var unwritten: FillValue
    public var masked: Masked

    public init(unwritten: FillValue = .none, masked: Masked = .attribute) {
        self.unwritten = unwritten
        self.masked = masked
    }

    /// Elements that no chunk holds are `value`, which means that there is none.
    public static func masking(_ value: FillValue) -> MissingData {
        MissingData(unwritten: value, masked: value == .none ? .attribute : .unwritten)
    }

    /// The name of the attribute that says what is masked.
    public static let attribute = "_FillValue"
}

extension VirtualArray {
    /// The value that means that there is none, in the type of this array; nil where nothing is masked, or only by the
    /// attribute `missing_value`.
    public var maskedValue: FillValue? {
        switch missing.masked {
        case .unwritten: return missing.unwritten == .none ? nil : missing.unwritten
        case .value(let value): return value == .none ? nil : value
        case .attribute:
            guard let json = attributes[MissingData.attribute],
                let value = try? FillValue(json: json, for: dataType), value != .none
            else { return nil }
            return value
        }
    }

    /// What is unwritten, zeros or an empty text where nothing is said of it.
    package var unwrittenValue: FillValue {
        missing.unwritten == .none ? .zero(of: dataType) : missing.unwritten
    }
}

extension FillValue {
    /// Zeros; of text, none.
    package static func zero(of type: DataType) -> FillValue {
        type.isObject ? .text("") : .element(Bytes([UInt8](repeating: 0, count: type.size)))
    }

    /// - Parameter element: one element of `type`, of text its UTF-8.
    package init(element: Bytes, of type: DataType) {
        self = type.isObject ? .text(String(decoding: element.array, as: UTF8.self)) : .element(element)
    }

    /// Whether both show the same value in an array of `type`: the same bytes, or two NaNs.
    func isSame(as other: FillValue, in type: DataType) -> Bool {
        if self == other { return true }
        guard case .float = type else { return false }
        return json(for: type) == "NaN" && other.json(for: type) == "NaN"
    }
}

extension ManifestSource {
    /// Chunks that are missing; counted, which reads all rows of what is not in memory.
    package func missingCount() throws -> UInt64 {
        if let memory = self as? MemoryManifest { return grid.count - UInt64(memory.manifest.presentCount) }
        var present: UInt64 = 0
        try forEachRun { _, manifest in present += UInt64(manifest.presentCount) }
        return grid.count - present
    }
}

// MARK: JSON

extension MissingData {
    /// For documents of our own, which say all of it.
    package func json(for type: DataType) -> JSONObject {
        var document: JSONObject = ["unwritten": unwritten.json(for: type)]
        switch masked {
        case .attribute: break
        case .value(let value): document["masked"] = ["value": value.json(for: type)]
        case .unwritten: document["masked"] = "unwritten"
        }
        return document
    }

    package init(json: JSONObject, for type: DataType) throws(KerchunkError) {
        unwritten = try FillValue(json: json["unwritten"] ?? .null, for: type)
        switch json["masked"] {
        case nil: masked = .attribute
        case .string("unwritten")?: masked = .unwritten
        case .object(let said)?:
            masked = .value(try FillValue(json: said["value"] ?? .null, for: type))
        default: throw json.malformed("masked", "which value is masked")
        }
    }
}
