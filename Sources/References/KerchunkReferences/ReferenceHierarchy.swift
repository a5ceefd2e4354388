// SPDX-License-Identifier: Apache-2.0
// Groups and arrays from metadata documents, in whatever order those came.

import KerchunkBytes
import KerchunkModel

/// Collects documents by key, then makes the hierarchy of them.
struct ReferenceHierarchy {
    /// The last components of keys that are documents.
    static let documentNames = [".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"].map {
        Array($0.utf8)
    }

    private var documents = JSONObject()
    private(set) var issues: [Issue] = []

    /// Zarr version of the documents: 3 where there is a `zarr.json`.
    var zarrFormat: Int {
        documents.contains { $0.name == "zarr.json" || $0.name.hasSuffix("/zarr.json") } ? 3 : 2
    }

    /// An array found, with the path that its keys start with.
    struct Found {
        let path: String
        var metadata: ArrayMetadata
    }

    /// Groups inside each other; they are gone through recursively.
    private static let maximumDepth = 128

    /// Adds the document under `key`; consolidated metadata give what has no document of its own.
    mutating func add(_ key: String, _ document: JSONObject) {
        guard !isTooDeep(key) else { return }
        switch key {
        case ".zmetadata": addMissing(document["metadata"]?.object ?? [:], suffix: "")
        case "zarr.json":
            addMissing(
                document["consolidated_metadata"]?.object?["metadata"]?.object ?? [:], suffix: "/zarr.json")
            documents[key] = .object(document)
        default: documents[key] = .object(document)
        }
    }

    private mutating func isTooDeep(_ key: String) -> Bool {
        let depth = key.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
        guard depth > Self.maximumDepth else { return false }
        issues.append(
            Issue(
                object: "/" + key.prefix(200) + "…",
                reason: "\(depth) groups inside each other; at most \(Self.maximumDepth) are read"))
        return true
    }

    private mutating func addMissing(_ consolidated: JSONObject, suffix: String) {
        for (name, value) in consolidated where documents[name + suffix] == nil {
            if !isTooDeep(name) { documents[name + suffix] = value }
        }
    }

    /// The arrays, in the order of their documents; those that make no sense become issues.
    mutating func arrays() -> [Found] {
        var found: [Found] = []
        for (key, value) in documents {
            guard let document = value.object, let path = arrayPath(key, document) else { continue }
            do throws(KerchunkError) {
                let metadata =
                    key.hasSuffix("zarr.json")
                    ? try V3Documents.read(document)
                    : try V2Documents.read(
                        document, attributes: documents[path + "/.zattrs"]?.object ?? [:])
                found.append(Found(path: path, metadata: metadata))
            } catch {
                issues.append(
                    Issue(object: "/" + path, reason: error.message, isDamage: error.kind == .malformed))
            }
        }
        return found
    }

    /// The path of the array that the document under `key` describes; nil for other documents.
    private mutating func arrayPath(_ key: String, _ document: JSONObject) -> String? {
        if key.hasSuffix("/.zarray") { return String(key.dropLast("/.zarray".count)) }
        if key.hasSuffix("/zarr.json"), document["node_type"]?.string == "array" {
            return String(key.dropLast("/zarr.json".count))
        }
        if key == ".zarray" || (key == "zarr.json" && document["node_type"]?.string == "array") {
            issues.append(Issue(object: "/", reason: "an array without a group around it is not read"))
        }
        return nil
    }

    /// The groups with `arrays` in them.
    func root(with arrays: [(path: String, array: VirtualArray)]) -> VirtualGroup {
        var root = VirtualGroup()
        for (key, value) in documents {
            guard let document = value.object else { continue }
            let parts = key.split(separator: "/")
            let path = parts.dropLast().map(String.init)
            if parts.last == ".zgroup" {
                root.setGroup(path[...]) { _ in }
            } else if parts.last == "zarr.json", document["node_type"]?.string == "group" {
                root.setGroup(path[...]) { $0.attributes = document["attributes"]?.object ?? [:] }
            } else if parts.last == ".zattrs", documents[(path + [".zarray"]).joined(separator: "/")] == nil {
                root.setGroup(path[...]) { $0.attributes = document }
            }
        }
        for (path, array) in arrays {
            let parts = path.split(separator: "/").map(String.init)
            guard let name = parts.last else { continue }
            root.setGroup(parts.dropLast()) { $0[name] = .array(array) }
        }
        return root
    }
}
