// SPDX-License-Identifier: Apache-2.0
// Attributes as JSON.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Turns the attributes of one object into those of a Zarr node.
struct AttributeTranslator {
    let reader: StoredValueReader

    /// How netCDF-4 and the dimension scale specification keep their own books; no user wrote these.
    static let hidden: Set<String> = [
        "REFERENCE_LIST", "DIMENSION_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict",
        "_NCProperties",
    ]
    /// Internal on dimension scales, a user's own elsewhere.
    static let hiddenOnScales: Set<String> = ["CLASS", "NAME"]

    /// - Returns: the visible attributes, and a remark on each that is not what it was.
    func translate(_ object: HDF5Object) -> (attributes: JSONObject, remarks: [Remark]) {
        var attributes = JSONObject()
        var remarks: [Remark] = []
        let isScale = object.isDimensionScale
        for attribute in object.attributes {
            if Self.hidden.contains(attribute.name)
                || (isScale && Self.hiddenOnScales.contains(attribute.name))
            {
                continue
            }
            var reductions: Set<StoredValueReader.Reduction> = []
            do {
                attributes[attribute.name] = try value(of: attribute, &reductions)
            } catch {
                remarks.append(
                    Remark(
                        "attribute \"\(attribute.name)\" is left out: \(error.problem)",
                        remedy: "read it with h5py"))
            }
            for reduction in reductions.sorted(by: { "\($0)" < "\($1)" }) {
                remarks.append(Remark(reduction.sentence(attribute.name)))
            }
        }
        return (attributes, remarks)
    }

    /// The value as JSON: one element as itself, more as (nested) lists, none as an empty list, no text as "".
    func value(
        of attribute: AttributeMessage, _ reductions: inout Set<StoredValueReader.Reduction>
    ) throws(ParseError) -> JSONValue {
        let space = attribute.dataspace
        let (base, inner) = attribute.datatype.withoutArrays
        if space.kind == .null { return base.isText ? "" : [] }
        let shape = space.dimensions + inner
        guard let count = checkedProduct(shape), let count = Int(exactly: count) else {
            throw ParseError("more elements than can be counted", in: "attribute", at: 0)
        }
        let values = try reader.elements(attribute.value, base, count, &reductions)
        if shape.isEmpty || count == 1, let only = values.first { return only }
        return values.isEmpty ? [] : nested(values, shape: shape[...])
    }
}

extension StoredValueReader.Reduction {
    fileprivate func sentence(_ name: String) -> String {
        switch self {
        case .notUTF8: "attribute \"\(name)\" is not UTF-8; its bytes are shown as Latin-1"
        case .asText(let what):
            "attribute \"\(name)\" has a \(what), which JSON cannot represent; it is shown as a string"
        }
    }
}

extension Datatype {
    /// The element type inside array types, and the axes that those add.
    var withoutArrays: (base: Datatype, shape: [UInt64]) {
        guard case .array(let dimensions, let base, _) = self else { return (self, []) }
        let inner = base.withoutArrays
        return (inner.base, dimensions + inner.shape)
    }

    var isText: Bool {
        switch self {
        case .string, .variableLengthString: true
        default: false
        }
    }
}

extension HDF5Object {
    func attribute(_ name: String) -> AttributeMessage? { attributes.first { $0.name == name } }

    /// Spec: HDF5 Dimension Scale Specification, "Attributes": CLASS is DIMENSION_SCALE.
    var isDimensionScale: Bool {
        guard let attribute = attribute("CLASS"), case .string(_, let padding, _) = attribute.datatype else {
            return false
        }
        return unpadded(attribute.value, padding == .spacePadded ? .spacePadded : .nullTerminated)
            == Bytes("DIMENSION_SCALE")
    }

    /// The text of a fixed-length string attribute; nil where there is none.
    func fixedText(_ name: String) -> String? {
        guard let attribute = attribute(name), case .string(_, let padding, _) = attribute.datatype else {
            return nil
        }
        return unpadded(attribute.value, padding == .spacePadded ? .spacePadded : .nullTerminated).utf8Text
    }
}
