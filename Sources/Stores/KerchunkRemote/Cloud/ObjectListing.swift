// SPDX-License-Identifier: Apache-2.0
// What lies below a prefix, page by page.

import KerchunkModel
import KerchunkStorage

/// What one answer of a service tells.
struct ListingPage {
    var objects: [ObjectInfo] = []
    var folders: [String] = []
    /// Where the service goes on; nil behind the last page.
    var next: String?
}

/// What lies below a prefix of a bucket or a container.
struct ObjectListing {
    private(set) var objects: [ObjectInfo] = []
    private(set) var folders: [String] = []
    /// Objects that one listing may have: about 2 GB of memory.
    private static let limit = 10_000_000
    /// Pages without anything that may follow each other: services send some where much has been removed.
    private static let emptyLimit = 10_000

    /// - Parameters:
    ///   - name: what errors call the prefix.
    ///   - page: fetches the page that begins at a mark, nil for the first one.
    init(_ name: String, page: (String?) throws -> ListingPage) throws {
        var mark: String?
        var emptyPages = 0
        repeat {
            let page = try page(mark)
            objects += page.objects
            folders += page.folders
            guard objects.count + folders.count <= Self.limit else {
                throw KerchunkError(
                    .limit, "more than \(Self.limit) objects start so; name a longer prefix", url: name)
            }
            emptyPages = page.objects.isEmpty && page.folders.isEmpty ? emptyPages + 1 : 0
            if let next = page.next, next == mark || emptyPages > Self.emptyLimit {
                throw KerchunkError(
                    .network, "the server's listing says that it goes on, and does not", url: name)
            }
            mark = page.next
        } while mark != nil
        // By bytes, as services do.
        objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
