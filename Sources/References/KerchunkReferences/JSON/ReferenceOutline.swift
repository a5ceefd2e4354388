// SPDX-License-Identifier: Apache-2.0
// What of a JSON reference set is not references: its version, documents, templates, rules and stamps.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// What stands around the chunks of a reference set.
struct ReferenceOutline {
    /// 0 or 1; nil while it is not known.
    var version: Int?
    var hierarchy: ReferenceHierarchy
    var templates: ReferenceTemplates?
    var rules: [GeneratedReferences] = []
    var stamps: [ExactText: SourceStamp] = [:]
    /// Members beside "refs" that nobody knows.
    var unknown = KeyCount()
    private var documentSize = 0
    /// Short documents by their text as it stands: many arrays have the same.
    private var texts: [[UInt8]: JSONObject] = [:]
    private static let longestText = 1024
    private static let textCount = 64

    init(codecs: CodecDirectory) { hierarchy = ReferenceHierarchy(codecs: codecs) }

    /// The members beside "refs" that version 1 knows.
    private static let members = ["version", "templates", "gen", "sources"]

    /// Takes a member that stands beside "refs".
    /// - Returns: false where version 1 does not know it.
    mutating func take(
        _ member: TextWindow.Member, in window: borrowing TextWindow, limits: ReferenceLimits
    ) throws -> Bool {
        guard member.name.range.count < 64 else { return false }
        let name = try window.text(of: member.name)
        if name == "refs", version == 1 {
            throw window.error("expected the object of references", at: member.value.lowerBound)
        }
        guard Self.members.contains(name) else { return false }
        if name == "version" {
            version = try window.scan(at: member.value.lowerBound) { scanner in
                let version = try scanner.uint64()
                guard version == 1 else {
                    throw scanner.error("version \(version) of references, expected 0 or 1")
                }
                return 1
            }
            return true
        }
        let value = try window.scan(at: member.value.lowerBound) { scanner in try scanner.value() }
        do {
            switch name {
            case "templates": templates = try ReferenceTemplates(value)
            case "gen": rules = try GeneratedReferences.rules(value, limit: limits.generatedCount)
            default: readStamps(value)
            }
        } catch {
            throw Self.locate(error, window.base + UInt64(member.value.lowerBound))
        }
        return true
    }

    private static func locate(_ error: any Error, _ offset: UInt64) -> KerchunkError {
        var located = KerchunkError(wrapping: error)
        located.offset = located.offset ?? offset
        return located
    }

    /// What a document that was added describes.
    enum Added {
        case one(path: String, kind: DocumentTable.Kind, JSONObject)
        /// Of Zarr v2; they are read later.
        case consolidated
        case nothing
    }

    /// Adds the document that `member` is.
    mutating func addDocument(
        _ member: TextWindow.Member, in window: borrowing TextWindow, limits: ReferenceLimits
    ) throws -> Added {
        documentSize += member.value.count
        guard documentSize <= limits.documentSize else {
            throw KerchunkError(
                .limit, "the metadata of the reference set take more than \(limits.documentSize) bytes",
                offset: window.base + UInt64(member.value.lowerBound))
        }
        let key = try window.text(of: member.name)
        if key == ".zmetadata" {
            try DocumentMember.withText(key, member, in: window) { try hierarchy.addConsolidated($0) }
            return .consolidated
        }
        let document = try document(key, member, in: window)
        guard let (path, kind) = try hierarchy.add(key, document) else { return .nothing }
        return .one(path: path, kind: kind, document)
    }

    private mutating func document(
        _ key: String, _ member: TextWindow.Member, in window: borrowing TextWindow
    ) throws -> JSONObject {
        guard member.value.count <= Self.longestText else {
            return try DocumentMember.document(key, member, in: window)
        }
        let text = Array(window.memory[member.value])
        if let known = texts[text] { return known }
        let document = try DocumentMember.document(key, member, in: window)
        if texts.count < Self.textCount { texts[text] = document }
        return document
    }

    private mutating func readStamps(_ value: JSONValue) {
        for (url, stamp) in value.object ?? [:] {
            guard let members = stamp.object else { continue }
            stamps[url] = SourceStamp(members)
        }
    }
}

/// How many keys are of no use, and the first of them.
struct KeyCount {
    private(set) var first = ""
    private(set) var count = 0

    mutating func add(_ key: @autoclosure () throws -> String) rethrows {
        if count == 0 { first = String(try key().prefix(1000)) }
        count += 1
    }

    /// - Parameters: what is wrong with one key, and with several.
    func issues(one: String, several: String) -> [Issue] {
        guard count > 0 else { return [] }
        return [
            Issue(
                object: "/" + first,
                reason: count == 1 ? "this key \(one)" : "this key and \(count - 1) more \(several)")
        ]
    }
}
