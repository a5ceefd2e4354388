// SPDX-License-Identifier: Apache-2.0
// Listings of buckets.
// Spec: Amazon S3 API Reference, "ListObjectsV2".

import KerchunkModel
import KerchunkStorage

extension ObjectListing {
    /// - Parameter isLevel: whether what lies behind the next `/` is wanted as folders.
    init(_ address: ObjectAddress, in bucket: ObjectBucket, isLevel: Bool) throws {
        let name = address.prefix + address.key
        try self.init(name) { mark in
            var query = [("list-type", "2"), ("encoding-type", "url"), ("prefix", address.key)]
            if isLevel { query.append(("delimiter", "/")) }
            if let mark { query.append(("continuation-token", mark)) }
            let request = bucket.request("GET", "", query: query, name: name)
            return try ListingPage(ofBucket: bucket.document(request), address)
        }
    }
}

extension ListingPage {
    init(ofBucket page: XMLElement, _ address: ObjectAddress) throws(KerchunkError) {
        let name = address.prefix + address.key
        guard page.name == "ListBucketResult" else {
            throw KerchunkError(
                .network, "the server sent the document \"\(page.name)\" instead of a listing", url: name)
        }
        let isEncoded = page["EncodingType"]?.text == "url"
        func decoded(_ text: String) -> String {
            isEncoded ? URLText.decoded(String(text.map { $0 == "+" ? " " : $0 })) : text
        }
        for entry in page.all("Contents") {
            guard let key = entry["Key"]?.text, let size = entry["Size"].flatMap({ UInt64($0.text.trimmed) })
            else {
                throw KerchunkError(
                    .network, "the server's listing has an entry without key or size", url: name)
            }
            // An empty object whose key ends in a slash stands for a folder.
            if key.hasSuffix("/"), size == 0 { continue }
            objects.append(ObjectInfo(key: address.prefix + decoded(key), size: size))
        }
        folders = page.all("CommonPrefixes").compactMap {
            $0["Prefix"].map { address.prefix + decoded($0.text) }
        }
        guard page["IsTruncated"]?.text.trimmed == "true" else { return }
        guard let mark = page["NextContinuationToken"]?.text else {
            throw KerchunkError(
                .network, "the server's listing is incomplete and does not say how to continue", url: name)
        }
        next = mark
    }
}
