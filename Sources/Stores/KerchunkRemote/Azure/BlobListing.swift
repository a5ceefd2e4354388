// SPDX-License-Identifier: Apache-2.0
// Listings of containers, page by page.
// Spec: Azure Storage, "List Blobs".

import KerchunkModel
import KerchunkStorage

/// What lies below a prefix of a container.
struct BlobListing {
    private(set) var objects: [ObjectInfo] = []
    private(set) var folders: [String] = []
    /// Blobs that one listing may have: about 2 GB of memory.
    private static let limit = 10_000_000

    /// - Parameter isLevel: whether what lies behind the next `/` is wanted as folders.
    init(_ address: ObjectAddress, _ container: ObjectBucket, isLevel: Bool) throws {
        let name = address.prefix + address.key
        var marker = ""
        repeat {
            var query = [("restype", "container"), ("comp", "list"), ("prefix", address.key)]
            if isLevel { query.append(("delimiter", "/")) }
            if !marker.isEmpty { query.append(("marker", marker)) }
            let page = try container.document(container.request("GET", nil, query: query, name: name))
            guard page.name == "EnumerationResults", let blobs = page["Blobs"] else {
                throw KerchunkError(
                    .network, "the server sent no listing but the document \"\(page.name)\"", url: name)
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
            folders += blobs.all("BlobPrefix").compactMap { Self.name($0).map { address.prefix + $0 } }
            guard objects.count + folders.count <= Self.limit else {
                throw KerchunkError(
                    .limit, "more than \(Self.limit) objects start so; name a longer prefix", url: name)
            }
            let next = page["NextMarker"]?.text ?? ""
            guard next.isEmpty || next != marker else {
                throw KerchunkError(.network, "the server's listing does not go on", url: name)
            }
            marker = next
        } while !marker.isEmpty
        // By bytes, as services do.
        objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func name(_ entry: XMLElement) -> String? {
        guard let name = entry["Name"] else { return nil }
        // Characters that XML does not have.
        return name.attributes["Encoded"] == "true" ? URLText.decoded(name.text) : name.text
    }
}
