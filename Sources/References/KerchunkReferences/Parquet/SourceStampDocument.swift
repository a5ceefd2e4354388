// SPDX-License-Identifier: Apache-2.0
// `sources.json` beside the metadata of a Parquet reference set: the states of sources, in the form in which JSON
// reference sets have them under "sources". Ours; other readers pass over it.

import KerchunkBytes
import KerchunkModel

enum SourceStampDocument {
    /// The document, sorted by URL, as sources are found in an order that changes from run to run; nil where nothing is
    /// known of any source.
    static func text(_ sources: [SourceTable.Source]) -> [UInt8]? {
        var members = JSONObject()
        for source in sources.sorted(by: { $0.url < $1.url }) {
            let stamp = source.stamp.json
            if !stamp.isEmpty { members[source.url] = .object(stamp) }
        }
        guard !members.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.write(["sources": .object(members)])
        return writer.text
    }

    /// Adds the sources that the document `text` names.
    static func read(_ text: Bytes, into table: SourceTable) throws {
        let document = try JSONScanner.parse(text)
        for (url, value) in document.object?["sources"]?.object ?? [:] {
            guard let members = value.object else { continue }
            _ = table.intern(url, stamp: SourceStamp(members))
        }
    }
}
