// SPDX-License-Identifier: Apache-2.0
// Metadata as Zarr version 3 has them, for readers that take chunks from columns.

import Kerchunk

extension Operations {
    /// The `zarr.json` of each array by its path. A dataset whose fill values were made for version 2 is told as version 3
    /// where its chunks stay what they are.
    static func documents(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset"], of: "documents")
        let (dataset, issues) = try Kerchunk.represent(
            try request.dataset().opened.dataset, as: SavingOptions(zarrFormat: 3))
        var documents = JSONObject()
        try dataset.root.forEachArray { path, array in
            do throws(KerchunkError) {
                documents[path] = .object(try V3Documents.array(array, codecs: request.session().codecs))
            } catch {
                throw error.locating(object: "/" + path)
            }
        }
        return Reply(document: [
            "documents": .object(documents), "issues": .array(issues.map(\.json)),
        ])
    }
}
