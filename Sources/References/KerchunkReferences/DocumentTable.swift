// SPDX-License-Identifier: Apache-2.0
// The metadata documents of a hierarchy, by the group or array that they describe.

import KerchunkBytes
import KerchunkModel

/// Documents in the order in which they came, those of one group or array together.
struct DocumentTable {
    enum Kind: String {
        case group = ".zgroup"
        case array = ".zarray"
        case attributes = ".zattrs"
        case node = "zarr.json"

        /// Whether a document of this kind describes an array.
        func describesArray(_ document: JSONObject) -> Bool {
            self == .array || self == .node && document["node_type"]?.string == "array"
        }
    }

    enum Document {
        case read(JSONObject)
        /// Where it stands in the consolidated metadata.
        case text(Range<Int>)

        var object: JSONObject? { if case .read(let object) = self { object } else { nil } }
    }

    /// All that describes one group or array.
    private struct Entry {
        let path: String
        var group: Document?
        var array: Document?
        var attributes: Document?
        var node: Document?

        subscript(kind: Kind) -> Document? {
            get {
                switch kind {
                case .group: group
                case .array: array
                case .attributes: attributes
                case .node: node
                }
            }
            set {
                switch kind {
                case .group: group = newValue
                case .array: array = newValue
                case .attributes: attributes = newValue
                case .node: node = newValue
                }
            }
        }
    }

    private var entries: [Entry] = []
    private var places: [ExactText: Int] = [:]
    /// Entries with a document that may describe an array, in the order in which those came.
    private var arrayOrder: [(entry: Int, kind: Kind)] = []
    /// The entry of the document that came last, which most likely is that of the next one too.
    private var latest = 0
    private var hasTexts = false
    /// Whether there is a `zarr.json`.
    private(set) var hasNodes = false
    /// Whether a document that may describe an array took the place of another one.
    private(set) var hasReplacedArrays = false

    var isEmpty: Bool { entries.isEmpty }

    /// The path and the kind of document that `key` names; nil for other keys.
    private static func split(_ key: String) -> (path: String, kind: Kind)? {
        let bytes = key.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            return Kind(rawValue: key).map { ("", $0) }
        }
        return Kind(rawValue: String(key[bytes.index(after: slash)...])).map { (String(key[..<slash]), $0) }
    }

    /// Adds a document, or puts it in the place of the one with the same key.
    /// - Returns: what it describes; nil for keys of other things, which are passed over.
    mutating func set(_ key: String, _ document: Document) -> (path: String, kind: Kind)? {
        guard let (path, kind) = Self.split(key) else { return nil }
        set(kind, of: entry(of: path), document)
        return (path, kind)
    }

    /// The same where there is no document with that key.
    mutating func setMissing(_ key: String, _ document: Document) {
        guard let (path, kind) = Self.split(key) else { return }
        let entry = entry(of: path)
        if entries[entry][kind] == nil { set(kind, of: entry, document) }
    }

    private mutating func entry(of path: String) -> Int {
        if latest < entries.count, entries[latest].path.isExactly(path) { return latest }
        if let known = places[path] {
            latest = known
        } else {
            latest = entries.count
            places[path] = latest
            entries.append(Entry(path: path))
        }
        return latest
    }

    private mutating func set(_ kind: Kind, of entry: Int, _ document: Document) {
        let previous = entries[entry][kind]
        if case .text = document { hasTexts = true }
        if kind == .node { hasNodes = true }
        if kind == .array || kind == .node {
            if previous == nil { arrayOrder.append((entry, kind)) }
            if case .read = previous { hasReplacedArrays = true }
        }
        entries[entry][kind] = document
    }

    /// Replaces what stands in the consolidated metadata by what `read` makes of it.
    mutating func readTexts(_ read: (_ key: String, Range<Int>) throws -> JSONObject?) rethrows {
        guard hasTexts else { return }
        hasTexts = false
        for place in entries.indices {
            for kind in [Kind.group, .array, .attributes, .node] {
                guard case .text(let range) = entries[place][kind] else { continue }
                let key = keyPrefix(ofPath: entries[place].path) + kind.rawValue
                entries[place][kind] = try read(key, range).map { .read($0) }
            }
        }
    }

    /// Documents that describe an array.
    struct ArrayDocuments {
        let path: String
        let kind: Kind
        let document: JSONObject
        /// What `.zattrs` says.
        let attributes: JSONObject?

        /// Each with its key.
        var all: [(key: String, document: JSONObject)] {
            let prefix = keyPrefix(ofPath: path)
            let own = (prefix + kind.rawValue, document)
            return [own] + (attributes.map { [(prefix + Kind.attributes.rawValue, $0)] } ?? [])
        }
    }

    /// How many `array(at:)` there may be.
    var arrayCount: Int { arrayOrder.count }

    /// The array whose document came as the one of that number; nil where it describes a group.
    func array(_ number: Int) -> ArrayDocuments? {
        let (place, kind) = arrayOrder[number]
        guard let document = entries[place][kind]?.object, kind.describesArray(document) else { return nil }
        return ArrayDocuments(
            path: entries[place].path, kind: kind, document: document,
            attributes: kind == .array ? entries[place].attributes?.object : nil)
    }

    /// Calls `body` with each group that has a document, and its attributes as a Zarr version has them.
    func forEachGroup(_ body: (_ path: String, _ attributes: JSONObject?, _ isNode: Bool) -> Void) {
        for entry in entries {
            if let node = entry.node?.object {
                guard node["node_type"]?.string == "group" else { continue }
                body(entry.path, node["attributes"]?.object ?? [:], true)
            } else if entry.array == nil {
                body(entry.path, entry.attributes?.object, false)
            } else if entry.group != nil {
                body(entry.path, nil, false)
            }
        }
    }
}
