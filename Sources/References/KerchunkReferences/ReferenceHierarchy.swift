// SPDX-License-Identifier: Apache-2.0
// Groups and arrays from metadata documents, in whatever order those came.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Collects documents by key, then makes the hierarchy of them.
struct ReferenceHierarchy {
    /// The last components of keys that are documents.
    static let documentNames = [".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"].map {
        Array($0.utf8)
    }

    private let codecs: CodecDirectory
    private var documents = JSONObject()
    private(set) var issues: [Issue] = []
    /// The document that was read last.
    private var latest: (document: JSONObject, metadata: ArrayMetadata)?
    /// The array that was described last, and the two documents that did.
    private var latestDescribed: (document: JSONObject, attributes: JSONObject, metadata: ArrayMetadata)?
    /// Documents of arrays that make no sense.
    private(set) var unread: [(key: String, document: JSONObject)] = []

    /// - Parameter codecs: knows what Zarr v3 calls them.
    init(codecs: CodecDirectory) { self.codecs = codecs }

    var isEmpty: Bool { documents.isEmpty }

    /// Zarr version of the documents: 3 where there is a `zarr.json`.
    var zarrFormat: Int {
        documents.contains { Self.path(of: $0.name, before: "zarr.json") != nil } ? 3 : 2
    }

    /// An array found, with the path that its keys start with.
    struct Found {
        let path: String
        var metadata: ArrayMetadata
    }

    /// Adds the document under `key`; consolidated metadata give what has no document of its own.
    /// - Throws: for values that lie too deep in each other.
    mutating func add(_ key: String, _ document: JSONObject) throws(KerchunkError) {
        guard !isTooDeep(key) else { return }
        try Self.checkNesting(key, document)
        switch key {
        case ".zmetadata": try addMissing(document["metadata"]?.object ?? [:], suffix: "")
        case "zarr.json":
            try addMissing(
                document["consolidated_metadata"]?.object?["metadata"]?.object ?? [:], suffix: "/zarr.json")
            documents[key] = .object(document)
        default: documents[key] = .object(document)
        }
    }

    private mutating func isTooDeep(_ key: String) -> Bool {
        let depth = key.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
        guard depth > Nesting.limit else { return false }
        issues.append(
            Issue(
                object: "/" + key.prefix(200) + "…",
                reason: "\(depth) groups inside each other, which is \(Nesting.problem)"))
        return true
    }

    private static func checkNesting(_ key: String, _ document: JSONObject) throws(KerchunkError) {
        for (name, value) in document where name != "metadata" && name != "consolidated_metadata" {
            if name == "attributes", key.hasSuffix("zarr.json"), let attributes = value.object {
                try checkNesting(key + " attributes", attributes)
                continue
            }
            guard value.isTooDeep else { continue }
            throw KerchunkError(
                .limit, "\"\(name.prefix(200))\" in \"\(key.prefix(200))\" is \(Nesting.problem)")
        }
    }

    private mutating func addMissing(_ consolidated: JSONObject, suffix: String) throws(KerchunkError) {
        for (name, value) in consolidated where documents[name + suffix] == nil {
            // Readers find no key with an empty name in it.
            if name.hasPrefix("/") || name.contains("//") { continue }
            guard !isTooDeep(name) else { continue }
            try Self.checkNesting(name + suffix, value.object ?? [:])
            documents[name + suffix] = value
        }
    }

    /// Calls `body` with the arrays, in the order of their documents.
    /// - Parameter isFinal: whether those that make no sense become issues.
    mutating func forEachArray(isFinal: Bool, _ body: (Found) throws -> Void) throws {
        for (key, value) in documents {
            guard let document = value.object, let path = Self.arrayPath(key, document) else { continue }
            let found: Found
            do throws(KerchunkError) {
                if isFinal, !key.hasSuffix("zarr.json"),
                    let attributes = documents[keyPrefix(ofPath: path) + ".zattrs"]?.object
                {
                    found = Found(path: path, metadata: try metadata(key, document, attributes))
                } else {
                    found = Found(path: path, metadata: try metadata(key, document))
                }
            } catch {
                guard isFinal else { continue }
                issues.append(
                    Issue(object: "/" + path, reason: error.message, isDamage: error.kind == .malformed))
                unread += [".zarray", ".zattrs", "zarr.json"].compactMap { name in
                    let key = keyPrefix(ofPath: path) + name
                    return documents[key]?.object.map { (key, $0) }
                }
                continue
            }
            try body(found)
        }
    }

    /// What the document of an array says, without the attributes that have one of their own. Many arrays in a row have
    /// copies of one document.
    mutating func metadata(_ key: String, _ document: JSONObject) throws(KerchunkError) -> ArrayMetadata {
        if let latest, latest.document.isCopy(of: document) { return latest.metadata }
        let metadata =
            try key.hasSuffix("zarr.json")
            ? V3Documents.read(document, codecs: codecs) : V2Documents.read(document)
        latest = (document, metadata)
        return metadata
    }

    /// What both documents of an array say. Arrays in a row with copies of one pair share their attributes and names.
    private mutating func metadata(
        _ key: String, _ document: JSONObject, _ attributes: JSONObject
    ) throws(KerchunkError) -> ArrayMetadata {
        if let latestDescribed, latestDescribed.document.isCopy(of: document),
            latestDescribed.attributes.isCopy(of: attributes)
        {
            return latestDescribed.metadata
        }
        let metadata = try metadata(key, document).describing(attributes)
        latestDescribed = (document, attributes, metadata)
        return metadata
    }

    /// The path of the array or group whose document `name` is under `key`, "" for the root; nil for other documents.
    private static func path(of key: String, before name: String) -> String? {
        guard key.hasSuffix(name) else { return nil }
        let rest = key.utf8.dropLast(name.utf8.count)
        guard let last = rest.last else { return "" }
        return last == UInt8(ascii: "/") ? String(rest.dropLast()) : nil
    }

    /// The path of the array that the document under `key` describes; nil for other documents.
    static func arrayPath(_ key: String, _ document: JSONObject) -> String? {
        if let path = Self.path(of: key, before: ".zarray") { return path }
        guard document["node_type"]?.string == "array" else { return nil }
        return Self.path(of: key, before: "zarr.json")
    }

    /// Whether `key` is plainly that of a document of Zarr v2 which an array has.
    private func isOfArray(_ key: String) -> Bool {
        if Self.path(of: key, before: ".zarray") != nil { return true }
        guard let path = Self.path(of: key, before: ".zattrs"), !path.isEmpty else { return false }
        return documents[path + "/.zarray"] != nil
    }

    /// The groups, with no arrays in them yet.
    var emptyRoot: VirtualGroup {
        var root = VirtualGroup()
        for (key, value) in documents {
            guard let document = value.object, !isOfArray(key) else { continue }
            let parts = key.split(separator: "/")
            let path = parts.dropLast().map(String.init)
            if parts.last == ".zgroup" {
                root.setGroup(path[...]) { _ in }
            } else if parts.last == "zarr.json", document["node_type"]?.string == "group" {
                root.setGroup(path[...]) {
                    $0.attributes = (document["attributes"]?.object ?? [:]).standardized(keepsFill: true)
                }
            } else if parts.last == ".zattrs", documents[(path + [".zarray"]).joined(separator: "/")] == nil {
                root.setGroup(path[...]) { $0.attributes = document.standardized(keepsFill: false) }
            }
        }
        return root
    }
}

extension VirtualGroup {
    /// Puts an array at `path`, in groups that are made where they are missing.
    mutating func place(_ array: VirtualArray, at path: String) {
        guard path.utf8.contains(UInt8(ascii: "/")) else {
            self[path] = .array(array)
            return
        }
        let parts = path.split(separator: "/").map(String.init)
        let name = parts.last ?? Self.rootArrayName
        setGroup(parts.dropLast()) { $0[name] = .array(array) }
    }
}
