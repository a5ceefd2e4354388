// SPDX-License-Identifier: Apache-2.0
// From a variable and its place to the facts that an array is made of.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Translates variables of one file.
struct VariableTranslator {
    let header: Header
    let layout: DataLayout
    let source: SourceIndex
    /// Bytes of the file.
    let fileSize: UInt64
    var attributes = AttributeTranslator()

    mutating func translate(_ variable: Header.Variable, _ place: DataLayout.Place) -> ScannedArray {
        let (attributes, remarks) = attributes.translate(variable.attributes)
        var array = ScannedArray(
            shape: place.shape, dimensionNames: variable.dimensions.map { header.dimensions[$0].name.string },
            dataType: variable.type.dataType, missing: missingData(variable, attributes),
            attributes: attributes,
            data: .raw(
                RawData(in: source, at: place.begin, stride: place.isRecord ? layout.recordSize : nil)))
        array.remarks = remarks
        if place.isRecord, layout.lostRecordCount > 0 {
            array.remarks.append(
                .lost(
                    "\(layout.lostRecordCount) of its \(layout.recordCount + layout.lostRecordCount) records are left out: they are beyond the end of the file at byte \(fileSize), or truncated there"
                ))
        }
        return array
    }

    /// The attribute `_FillValue` is what is masked, and what lies behind the end of the file. netCDF's default fills are
    /// values like any other: nothing is masked that the file does not ask for.
    private func missingData(_ variable: Header.Variable, _ attributes: JSONObject) -> MissingData {
        // Characters are text, which readers do not mask.
        guard variable.type != .char, let masked = fillElement(variable, attributes) else {
            return MissingData(unwritten: .zero(of: variable.type.dataType))
        }
        return MissingData(unwritten: .element(masked), masked: .value(.element(masked)))
    }

    private func fillElement(_ variable: Header.Variable, _ attributes: JSONObject) -> Bytes? {
        guard let attribute = variable.attributes.first(where: { $0.name.string == MissingData.attribute }),
            attribute.count == 1
        else { return nil }
        if attribute.type == variable.type { return attribute.values }
        return attributes[MissingData.attribute].flatMap { variable.type.dataType.element($0) }
    }
}
