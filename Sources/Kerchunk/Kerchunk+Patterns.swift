// SPDX-License-Identifier: Apache-2.0
// The files that a user means by a pattern: of this machine, in object stores, in archives.

import KerchunkBytes
public import KerchunkModel
import KerchunkStorage

extension Kerchunk {
    /// The files that `location` means by `*`, `?`, `[…]`, `{a,b}` and `**`, sorted; nil where it is no pattern but the name
    /// of a file.
    /// - Parameter skip: gets what could not be looked at: folders that may not be listed, links that lead nowhere.
    /// - Throws: where a web server would have to list its files.
    public static func locations(
        matching location: String, session: Session = Session(), skip: (Issue) -> Void = { _ in }
    ) throws(KerchunkError) -> [String]? {
        if let members = try members(matching: location, session: session) { return members }
        if let chain = try LocationChain(location) {
            return chain.steps.isEmpty ? try outerLocations(matching: chain.outer, session.files, skip) : nil
        }
        return try outerLocations(matching: location, session.files, skip)
    }

    /// The same for what is not inside archives.
    static func outerLocations(
        matching location: String, _ files: FileOpener, _ skip: (Issue) -> Void = { _ in }
    ) throws(KerchunkError) -> [String]? {
        guard StorePattern.isPattern(location) else { return nil }
        switch Location(location) {
        case .local(let path):
            if Platform.exists(path) { return nil }
            var found: [String] = []
            for pattern in try expandingBraces(path) {
                found +=
                    LocalStore.isPattern(pattern)
                    ? try LocalStore.glob(pattern, skip: skip) : Platform.exists(pattern) ? [pattern] : []
            }
            return distinct(found)
        case .remote(let scheme, let url):
            if scheme == "http" || scheme == "https" {
                // Brackets stand around addresses of hosts, and question marks before queries.
                guard url.prefix(while: { $0 != "?" }).contains("*") else { return nil }
                throw KerchunkError(
                    .usage,
                    "web servers do not list their files, so patterns do not work: name each file, or give a "
                        + "list with --files-from (write %2A for a * that is part of a name)", url: url)
            }
            return try remoteLocations(matching: url, scheme, files)
        }
    }

    private static func remoteLocations(
        matching url: String, _ scheme: String, _ files: FileOpener
    ) throws(KerchunkError) -> [String]? {
        do {
            let store = try files.stores.store(scheme, files.access)
            // A name may have such characters, too.
            if try store.listLevel(prefix: url).objects.contains(where: { $0.key == url }) { return nil }
            var found: [String] = []
            for pattern in try expandingBraces(url) {
                found += try StorePattern(pattern).matches(in: store)
            }
            return distinct(found)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: url)
        }
    }

    static func distinct(_ names: [String]) -> [String] {
        var seen: Set<ExactText> = []
        return names.filter { seen.insert($0).inserted }
    }
}
