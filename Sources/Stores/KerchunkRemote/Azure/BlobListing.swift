// SPDX-License-Identifier: Apache-2.0
// Listings of containers.
// Spec: Azure Storage, "List Blobs".

import KerchunkModel
import KerchunkStorage

extension ObjectListing {
    /// - Parameter isLevel: whether what lies behind the next `/` is wanted as folders.
    init(_ address: ObjectAddress, inContainer container: ObjectBucket, isLevel: Bool) throws {
        let name = address.prefix + address.key
        try self.init(name) { mark in
            var query = [("restype", "container"), ("comp", "list"), ("prefix", address.key)]
            if isLevel { query.append(("delimiter", "/")) }
            if let mark { query.append(("marker", mark)) }
            let request = container.request("GET", nil, query: query, name: name)
            return try ListingPage(ofContainer: container.document(request), address)
        }
    }
}

extension ListingPage {
    init(ofContainer page: XMLElement, _ address: ObjectAddress) throws(KerchunkError) {
        let name = address.prefix + address.key
        guard page.name == "EnumerationResults", let blobs = page["Blobs"] else {
            throw KerchunkError(
                .network, "the server sent the document \"\(page.name)\" instead of a listing", url: name)
        }
        for blob in blobs.all("Blob") {
            // Accounts with real folders list them, too.
            let properties = blob["Properties"]
            if properties?["ResourceType"]?.text == "directory" { continue }
            guard let key = Self.name(blob),
                let size = properties?["Content-Length"].flatMap({ UInt64($0.text.trimmed) })
            else {
                throw KerchunkError(
                    .network, "the server's listing has an entry without name or size", url: name)
            }
            objects.append(ObjectInfo(key: address.prefix + key, size: size))
        }
        folders = blobs.all("BlobPrefix").compactMap { Self.name($0).map { address.prefix + $0 } }
        if let mark = page["NextMarker"]?.text, !mark.isEmpty { next = mark }
    }

    private static func name(_ entry: XMLElement) -> String? {
        guard let name = entry["Name"] else { return nil }
        // Characters that XML does not have.
        return name.attributes["Encoded"] == "true" ? URLText.decoded(name.text) : name.text
    }
}
