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
    private var documents = DocumentTable()
    /// The text of `.zmetadata`, while documents are to be read out of it.
    private var consolidated = Bytes()
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
    var zarrFormat: Int { documents.hasNodes ? 3 : 2 }

    /// How many documents there are that may describe an array.
    var arrayCount: Int { documents.arrayCount }

    /// Whether a document that describes an array took the place of another one.
    var hasReplacedArrays: Bool { documents.hasReplacedArrays }

    /// An array found, with the path that its keys start with.
    struct Found {
        let path: String
        var metadata: ArrayMetadata
    }

    /// Adds the document under `key`; consolidated metadata give what has no document of its own.
    /// - Returns: what the document describes; nil where that is no single group or array.
    /// - Throws: for values that lie too deep in each other.
    @discardableResult
    mutating func add(
        _ key: String, _ document: JSONObject
    ) throws(KerchunkError) -> (path: String, kind: DocumentTable.Kind)? {
        guard !isTooDeep(key) else { return nil }
        try Self.checkNesting(key, document)
        if key == ".zmetadata" {
            try addMissing(document["metadata"]?.object ?? [:], suffix: "")
            return nil
        }
        if key == "zarr.json" {
            let inner = document["consolidated_metadata"]?.object?["metadata"]?.object ?? [:]
            try addMissing(inner, suffix: "/zarr.json")
        }
        return documents.set(key, .read(document))
    }

    /// Adds what consolidated metadata of Zarr v2 hold and has no document of its own. Those documents are read when
    /// `readConsolidated` asks for it, as nearly always each comes by itself, too.
    /// - Parameter text: that of `.zmetadata`.
    mutating func addConsolidated(_ text: Bytes) throws {
        // Places are those in one text; a second one is read at once.
        if !consolidated.isEmpty { try readConsolidated() }
        consolidated = text
        var scanner = JSONScanner(text.span)
        try scanner.take(UInt8(ascii: "{"))
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if try scanner.text(of: name) == "metadata", scanner.takeIfNext(UInt8(ascii: "{")) {
                try addMembers(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        if scanner.peek() != nil { throw scanner.error("text after the end of the document") }
    }

    /// Adds the documents in the object that `scanner` has entered.
    private mutating func addMembers(_ scanner: inout JSONScanner) throws {
        var isFirst = true
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            let key = try scanner.text(of: name)
            _ = scanner.peek()
            let start = scanner.position
            try scanner.skipValue()
            guard isSound(key), !isTooDeep(key) else { continue }
            documents.setMissing(key, .text(start..<scanner.position))
        }
    }

    /// Reads what consolidated metadata hold and has no document of its own.
    mutating func readConsolidated() throws {
        let text = consolidated
        consolidated = Bytes()
        try documents.readTexts { key, range in
            var scanner = JSONScanner(text.span, at: range.lowerBound)
            let value: JSONValue
            do throws(ParseError) {
                value = try scanner.value()
            } catch {
                throw KerchunkError(
                    .malformed, "the document \".zmetadata\" is not JSON: \(error.problem)")
            }
            try value.object.map { try Self.checkNesting(key, $0) }
            return value.object
        }
    }

    /// Whether readers find what `key` names: they find no key with an empty name in it.
    private func isSound(_ key: String) -> Bool {
        var hasName = false
        for byte in key.utf8 {
            let isSlash = byte == UInt8(ascii: "/")
            if isSlash && !hasName { return false }
            hasName = !isSlash
        }
        return true
    }

    private mutating func isTooDeep(_ key: String) -> Bool {
        let depth = key.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "/") ? 1 : 0) }
        guard depth > Nesting.limit else { return false }
        issues.append(
            Issue(
                object: "/" + key.prefix(200) + "…",
                reason: "groups inside each other, \(depth) deep, which is \(Nesting.problem)"))
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
        for (name, value) in consolidated where isSound(name) {
            guard !isTooDeep(name), let document = value.object else { continue }
            try Self.checkNesting(name + suffix, document)
            documents.setMissing(name + suffix, .read(document))
        }
    }

    /// Calls `body` with the arrays, in the order of their documents.
    /// - Parameter isFinal: whether those that make no sense become issues.
    mutating func forEachArray(isFinal: Bool, _ body: (Found) throws -> Void) throws {
        for number in 0..<documents.arrayCount {
            guard let array = documents.array(number) else { continue }
            let found: Found
            do throws(KerchunkError) {
                if isFinal, let attributes = array.attributes {
                    found = Found(
                        path: array.path, metadata: try metadata(array.kind, array.document, attributes))
                } else {
                    found = Found(path: array.path, metadata: try metadata(array.kind, array.document))
                }
            } catch {
                guard isFinal else { continue }
                issues.append(
                    Issue(object: "/" + array.path, reason: error.message, isDamage: error.kind == .malformed)
                )
                unread += array.all
                continue
            }
            try body(found)
        }
    }

    /// What the document of an array says, without the attributes that have one of their own. Many arrays in a row have
    /// copies of one document.
    mutating func metadata(
        _ kind: DocumentTable.Kind, _ document: JSONObject
    ) throws(KerchunkError) -> ArrayMetadata {
        if let latest, latest.document.isCopy(of: document) { return latest.metadata }
        let metadata =
            try kind == .node
            ? V3Documents.read(document, codecs: codecs) : V2Documents.read(document)
        latest = (document, metadata)
        return metadata
    }

    /// What both documents of an array say. Arrays in a row with copies of one pair share their attributes and names.
    private mutating func metadata(
        _ kind: DocumentTable.Kind, _ document: JSONObject, _ attributes: JSONObject
    ) throws(KerchunkError) -> ArrayMetadata {
        if let latestDescribed, latestDescribed.document.isCopy(of: document),
            latestDescribed.attributes.isCopy(of: attributes)
        {
            return latestDescribed.metadata
        }
        let metadata = try metadata(kind, document).describing(attributes)
        latestDescribed = (document, attributes, metadata)
        return metadata
    }

    /// The groups, with no arrays in them yet.
    var emptyRoot: VirtualGroup {
        var root = VirtualGroup()
        documents.forEachGroup { path, attributes, isNode in
            let path = path.split(separator: "/").map(String.init)
            root.setGroup(path[...]) {
                if let attributes { $0.attributes = attributes.standardized(keepsFill: isNode) }
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
