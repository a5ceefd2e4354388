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
    /// Pages that a listing may have beside one for each ten entries: services send short ones where much has been removed, but
    /// one that goes on with nothing to tell would never end.
    private static let shortPageLimit = 1000

    /// - Parameters:
    ///   - name: what errors call the prefix.
    ///   - page: fetches the page that begins at a mark, nil for the first one.
    init(_ name: String, page: (String?) throws -> ListingPage) throws {
        var mark: String?
        /// What pages went on from, and began with.
        var marks: Set<String> = []
        var firsts: Set<String> = []
        repeat {
            let page = try page(mark)
            objects += page.objects
            folders += page.folders
            guard objects.count + folders.count <= Self.limit else {
                throw KerchunkError(
                    .limit, "more than \(Self.limit) objects have this prefix; give a longer prefix",
                    url: name)
            }
            if let next = page.next {
                let isNew = marks.insert(next).inserted
                let isLong = marks.count <= Self.shortPageLimit + (objects.count + folders.count) / 10
                // Whoever repeats what was listed does not go on.
                let first = page.objects.first?.key ?? page.folders.first
                let isRepeated = first.map { !firsts.insert($0).inserted } ?? false
                guard isNew, isLong, !isRepeated else {
                    throw KerchunkError(
                        .network, "the server's listing is incomplete and does not continue", url: name)
                }
            }
            mark = page.next
        } while mark != nil
        // By bytes, as services do.
        objects.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
