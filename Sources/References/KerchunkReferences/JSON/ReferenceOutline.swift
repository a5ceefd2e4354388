// SPDX-License-Identifier: Apache-2.0
// The first time through a JSON reference set: its version, its documents, where its references are.

import KerchunkBytes
import KerchunkModel

/// What stands around the chunks of a reference set.
struct ReferenceOutline {
    /// Where the object with the references starts.
    private(set) var references = 0
    private(set) var hierarchy = ReferenceHierarchy()
    private(set) var stamps: [String: SourceStamp] = [:]

    mutating func scan(_ scanner: inout JSONScanner) throws {
        var version: UInt64 = 0
        var references: Int?
        var flat = ReferenceHierarchy()
        var isFirst = true
        guard scanner.peek() == UInt8(ascii: "{") else {
            throw scanner.error("expected the object of a reference set")
        }
        let start = scanner.position
        try scanner.take(UInt8(ascii: "{"))
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            switch name.range.count <= 9 ? try scanner.text(of: name) : "" {
            case "version":
                version = try scanner.uint64()
                guard version == 1 else {
                    throw scanner.error("version \(version) of references; 0 and 1 are known")
                }
            case "refs":
                guard scanner.peek() == UInt8(ascii: "{") else {
                    throw scanner.error("expected the object of references")
                }
                references = scanner.position
                try gatherDocuments(&scanner)
            case "templates": try refuse("templates", try scanner.value())
            case "gen": try refuse("gen", try scanner.value())
            case "sources": readStamps(try scanner.value())
            default: try Self.gather(name, &scanner, into: &flat)
            }
        }
        guard scanner.peek() == nil else { throw scanner.error("text after the end of the reference set") }
        if version == 0 {
            self.references = start
            hierarchy = flat
        } else if let references {
            self.references = references
        } else {
            throw KerchunkError(.malformed, "the reference set has no \"refs\"")
        }
    }

    private mutating func gatherDocuments(_ scanner: inout JSONScanner) throws {
        var isFirst = true
        try scanner.take(UInt8(ascii: "{"))
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            try Self.gather(name, &scanner, into: &hierarchy)
        }
    }

    /// Adds the value where `name` is that of a document, else passes over it.
    private static func gather(
        _ name: JSONScanner.StringToken, _ scanner: inout JSONScanner,
        into hierarchy: inout ReferenceHierarchy
    ) throws {
        guard isDocument(name, scanner) else { return try scanner.skipValue() }
        let key = try scanner.text(of: name)
        let position = UInt64(scanner.position)
        var value = try scanner.value()
        if let text = value.string {
            let encoded = Array("base64:".utf8)
            let bytes = Array(text.utf8)
            guard
                let plain = bytes.starts(with: encoded) ? decodeBase64(bytes[encoded.count...]) : Bytes(bytes)
            else {
                throw KerchunkError(.malformed, "the document \"\(key)\" is not base64", offset: position)
            }
            do {
                value = try JSONScanner.parse(plain)
            } catch {
                throw KerchunkError(
                    .malformed, "the document \"\(key)\" is not JSON: \(error.problem)", offset: position)
            }
        }
        guard let document = value.object else {
            throw KerchunkError(
                .unsupported, "the document \"\(key)\" is not in the reference set itself", offset: position)
        }
        hierarchy.add(key, document)
    }

    static func isDocument(_ name: JSONScanner.StringToken, _ scanner: borrowing JSONScanner) -> Bool {
        let end = name.range.upperBound
        // Most keys are those of chunks, which end in a digit.
        let endsInDigit = scanner.withBytes(name.range) {
            $0.count == 0 || $0[$0.count - 1] <= UInt8(ascii: "9")
        }
        if endsInDigit { return false }
        return ReferenceHierarchy.documentNames.contains { document in
            let start = end - document.count
            guard start >= name.range.lowerBound, scanner.starts(start..<end, with: document) else {
                return false
            }
            return start == name.range.lowerBound
                || scanner.starts(start - 1..<end, with: [UInt8(ascii: "/")])
        }
    }

    private func refuse(_ feature: String, _ value: JSONValue) throws {
        guard value.object?.isEmpty ?? value.array?.isEmpty ?? value.isNull else {
            throw KerchunkError(
                .unsupported,
                "reference sets with \"\(feature)\" are not yet read; write the references out with fsspec")
        }
    }

    private mutating func readStamps(_ value: JSONValue) {
        for (url, stamp) in value.object ?? [:] {
            guard let members = stamp.object else { continue }
            var time: Int64?
            if case .integer(let nanoseconds) = members["mtime"]?.number { time = nanoseconds }
            stamps[url] = SourceStamp(
                size: members["size"]?.number?.uint64, eTag: members["etag"]?.string, modificationTime: time)
        }
    }
}
