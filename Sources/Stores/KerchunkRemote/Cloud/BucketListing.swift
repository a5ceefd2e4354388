// SPDX-License-Identifier: Apache-2.0
// Listings of buckets, page by page.
// Spec: Amazon S3 API Reference, "ListObjectsV2".

import KerchunkModel
import KerchunkStorage

/// What lies below a prefix of a bucket.
struct BucketListing {
    private(set) var objects: [ObjectInfo] = []
    private(set) var folders: [String] = []
    /// Objects that one listing may have: about 2 GB of memory.
    private static let limit = 10_000_000

    /// - Parameter isLevel: whether what lies behind the next `/` is wanted as folders.
    init(_ address: ObjectAddress, _ bucket: ObjectBucket, isLevel: Bool) throws {
        var token: String?
        repeat {
            var query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", address.key)]
            if isLevel { query.append(("delimiter", "/")) }
            if let token { query.append(("continuation-token", token)) }
            let name = address.prefix + address.key
            let page = try bucket.document(bucket.request("GET", "", query: query, name: name))
            guard page.name == "ListBucketResult" else {
                throw KerchunkError(
                    .network, "the server sent no listing but the document \"\(page.name)\"", url: name)
            }
            try add(page, address)
            let isCut = page["IsTruncated"]?.text.trimmed == "true"
            let next = isCut ? page["NextContinuationToken"]?.text : nil
            if isCut, next == nil || next == token {
                throw KerchunkError(
                    .network, "the server's listing says that it goes on, and not how", url: name)
            }
            token = next
        } while token != nil
        // By bytes, as services do.
        objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private mutating func add(_ page: XMLElement, _ address: ObjectAddress) throws {
        let isEncoded = page["EncodingType"]?.text == "url"
        func decoded(_ text: String) -> String {
            isEncoded ? URLText.decoded(String(text.map { $0 == "+" ? " " : $0 })) : text
        }
        for entry in page.all("Contents") {
            guard let key = entry["Key"]?.text, let size = entry["Size"].flatMap({ UInt64($0.text.trimmed) })
            else {
                throw KerchunkError(
                    .network, "the server's listing has an entry without key or size", url: address.prefix)
            }
            // An empty object whose key ends in a slash stands for a folder.
            if key.hasSuffix("/"), size == 0 { continue }
            objects.append(ObjectInfo(key: address.prefix + decoded(key), size: size))
        }
        folders += page.all("CommonPrefixes").compactMap {
            $0["Prefix"].map { address.prefix + decoded($0.text) }
        }
        guard objects.count + folders.count <= Self.limit else {
            throw KerchunkError(
                .limit, "more than \(Self.limit) objects start so; name a longer prefix",
                url: address.prefix + address.key)
        }
    }
}
