// SPDX-License-Identifier: Apache-2.0
// The state of a source as reference sets tell it: our member "sources" of JSON sets, `sources.json` of Parquet sets.

package import KerchunkBytes
package import KerchunkModel

extension SourceStamp {
    package init(_ members: JSONObject) {
        var time: Int64?
        if case .integer(let nanoseconds) = members["mtime"]?.number { time = nanoseconds }
        self.init(
            size: members["size"]?.number?.uint64, eTag: members["etag"]?.string, modificationTime: time,
            fullSize: members["full_size"]?.number?.uint64)
    }

    /// What is known.
    package var json: JSONObject {
        var members = JSONObject()
        if let size { members["size"] = .integer(size) }
        if let eTag { members["etag"] = .string(eTag) }
        if let modificationTime { members["mtime"] = .integer(modificationTime) }
        if let fullSize { members["full_size"] = .integer(fullSize) }
        return members
    }
}
