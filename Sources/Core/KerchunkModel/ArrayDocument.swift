// SPDX-License-Identifier: Apache-2.0
// An array without its chunks in JSON of our own: plans, summaries and packed datasets are read by this package only, so
// they say all that the model has, and nothing that depends on a Zarr version.

package import KerchunkBytes

extension VirtualArray {
    /// Members `array` (a `.zarray` without `fill_value`), `missing`, `attributes`, `dimensions`.
    package var document: JSONObject {
        var metadata = V2Documents.array(self)
        metadata["fill_value"] = nil
        var document: JSONObject = [
            "array": .object(metadata), "missing": .object(missing.json(for: dataType)),
            "attributes": .object(attributes),
        ]
        if let names = dimensionNames { document["dimensions"] = .strings(names) }
        return document
    }

    /// An array whose chunks are all missing.
    package init(document: JSONObject) throws(KerchunkError) {
        guard let metadata = document["array"]?.object, let missing = document["missing"]?.object,
            let attributes = document["attributes"]?.object
        else { throw KerchunkError(.malformed, "an array lacks required members") }
        self = try V2Documents.read(metadata).array
        self.missing = try MissingData(json: missing, for: dataType)
        self.attributes = attributes
        dimensionNames = document["dimensions"]?.array?.compactMap(\.string)
        if let dimensionNames, dimensionNames.count != shape.count {
            throw KerchunkError(
                .malformed,
                "an array of \(shape.count) dimensions has \(dimensionNames.count) dimension names")
        }
    }
}
