// SPDX-License-Identifier: Apache-2.0
// Members of a reference set whose keys belong to no array, while they come in.

import KerchunkBytes
import KerchunkModel

/// Collects keys and what stands under them; of two equal keys the later counts.
struct LooseMembers: ~Copyable {
    private var names = ByteTable()
    private var values: [ChunkLocation] = []
    private var refused = KeyCount()
    private var problem = ""

    mutating func add(_ key: String, _ value: ChunkLocation) {
        let bytes = Array(key.utf8)
        let number = names.add(bytes.span, bytes.indices)
        if number < values.count { values[number] = value } else { values.append(value) }
    }

    /// Notes a key whose value is no reference.
    mutating func refuse(_ key: String, _ problem: String) {
        if refused.count == 0 { self.problem = problem }
        refused.add(key)
    }

    var issues: [Issue] {
        let reason = "left out: \(problem)"
        return refused.issues(
            one: "belongs to no array and is \(reason)", several: "belong to no array and are \(reason)")
    }

    /// - Parameter unread: documents that nobody understands go along as well.
    consuming func keys(with unread: [(key: String, document: JSONObject)]) -> LooseKeys? {
        for (key, document) in unread {
            add(key, .inline(Bytes(JSONValue.object(document).serialized())))
        }
        return LooseKeys(values.indices.map { (names.string($0), values[$0]) })
    }
}
