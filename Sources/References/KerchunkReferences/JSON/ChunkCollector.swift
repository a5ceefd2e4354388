// SPDX-License-Identifier: Apache-2.0
// The second time through a JSON reference set: chunks into columns.

import KerchunkBytes
import KerchunkModel

/// Puts each reference into the manifest of its array.
struct ChunkCollector: ~Copyable {
    private(set) var sources = SourceTable()
    private let arrays: [CollectedArray]
    private let arrayRows: [String: Int]
    private let stamps: [String: SourceStamp]
    private let target: String?
    private var strayCount = 0
    private var firstStray = ""
    /// The array of the latest key.
    private var current: CollectedArray?
    /// The URL of the latest reference, as it stands in the text.
    private var latestURL: (range: Range<Int>, source: SourceIndex)?

    init(_ found: [ReferenceHierarchy.Found], stamps: [String: SourceStamp], target: String?) {
        arrays = found.map { CollectedArray($0) }
        arrayRows = Dictionary(zip(found.map(\.path), found.indices), uniquingKeysWith: { first, _ in first })
        self.stamps = stamps
        self.target = target
    }

    /// Keys that belong to no array.
    var issues: [Issue] {
        guard strayCount > 0 else { return [] }
        return [
            Issue(
                object: "/" + firstStray,
                reason: strayCount == 1
                    ? "this key belongs to no array"
                    : "this key and \(strayCount - 1) more belong to no array")
        ]
    }

    func finish() -> [(path: String, array: VirtualArray)] { arrays.map { $0.finish() } }

    /// Reads the object that comes next.
    mutating func collect(from scanner: inout JSONScanner) throws {
        var isFirst = true
        try scanner.take(UInt8(ascii: "{"))
        while let name = try scanner.nextMember(isFirst: &isFirst) {
            if ReferenceOutline.isDocument(name, scanner) {
                try scanner.skipValue()
            } else if let array = try array(of: name, scanner),
                let position = array.position(of: name, scanner)
            {
                try place(position, in: array, &scanner)
            } else {
                if strayCount == 0 { firstStray = try scanner.text(of: name) }
                strayCount += 1
                try scanner.skipValue()
            }
        }
    }

    /// The array whose path `name` starts with.
    private mutating func array(of name: JSONScanner.StringToken, _ scanner: borrowing JSONScanner) throws
        -> CollectedArray?
    {
        if let current, current.isPrefix(of: name, scanner) { return current }
        let key = try scanner.text(of: name)
        var path = key[...]
        while let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
            if let row = arrayRows[String(path)] {
                current = arrays[row]
                // Keys with escapes go this way each time.
                arrays[row].setKeyStart(name, chunkKeyLength: key.utf8.count - path.utf8.count - 1, scanner)
                return arrays[row]
            }
        }
        return nil
    }

    private mutating func place(_ position: UInt64, in array: CollectedArray, _ scanner: inout JSONScanner)
        throws
    {
        switch scanner.peek() {
        case UInt8(ascii: "["):
            try scanner.take(UInt8(ascii: "["))
            let source = try source(&scanner)
            if scanner.takeIfNext(UInt8(ascii: "]")) {
                array.set(position, .wholeFile(source))
                return
            }
            try scanner.take(UInt8(ascii: ","))
            let offset = try scanner.uint64()
            try scanner.take(UInt8(ascii: ","))
            let length = try scanner.uint64()
            guard offset.adding(length) != nil, length != .max else {
                throw scanner.error("\(length) bytes from byte \(offset) reach beyond the largest offset")
            }
            try scanner.take(UInt8(ascii: "]"))
            array.set(position, source: source, offset: offset, length: length)
        case UInt8(ascii: "\""): array.set(position, .inline(try Self.inlineBytes(&scanner)))
        case UInt8(ascii: "{"): array.set(position, .inline(Bytes(try scanner.value().serialized())))
        default: throw scanner.error("expected inline text, or a list of url, offset and size")
        }
    }

    private mutating func source(_ scanner: inout JSONScanner) throws -> SourceIndex {
        if scanner.peek() == UInt8(ascii: "n") {
            guard try scanner.value().isNull, let target else {
                throw scanner.error(
                    "a reference without a URL, which means the reader's own target, and none is given")
            }
            return sources.intern(target, stamp: stamps[target] ?? SourceStamp())
        }
        let token = try scanner.stringToken()
        if let latestURL, scanner.areEqual(latestURL.range, token.range) { return latestURL.source }
        let url = try scanner.text(of: token)
        let source = sources.intern(url, stamp: stamps[url] ?? SourceStamp())
        latestURL = (token.range, source)
        return source
    }

    private static func inlineBytes(_ scanner: inout JSONScanner) throws -> Bytes {
        let text = Array(try scanner.value().string?.utf8 ?? "".utf8)
        let marker = Array("base64:".utf8)
        guard text.starts(with: marker) else { return Bytes(text) }
        guard let bytes = decodeBase64(text[marker.count...]) else {
            throw scanner.error("inline bytes that are not base64")
        }
        return bytes
    }
}

/// One array in the making.
// A class because a manifest builder cannot be copied, and so not lie in an array.
private final class CollectedArray {
    private let found: ReferenceHierarchy.Found
    private let grid: ChunkGrid
    private var builder: ManifestBuilder?
    /// What keys start with, as it stands in the text, slash included.
    private var keyStart: [UInt8]

    init(_ found: ReferenceHierarchy.Found) {
        self.found = found
        grid = found.metadata.array.chunks.grid
        builder = ManifestBuilder(grid: grid)
        keyStart = Array((found.path + "/").utf8)
    }

    func isPrefix(of name: JSONScanner.StringToken, _ scanner: borrowing JSONScanner) -> Bool {
        scanner.starts(name.range, with: keyStart)
    }

    func setKeyStart(_ name: JSONScanner.StringToken, chunkKeyLength: Int, _ scanner: borrowing JSONScanner) {
        guard chunkKeyLength <= name.range.count else { return }
        keyStart = scanner.withBytes(name.range) { key in (0..<key.count - chunkKeyLength).map { key[$0] } }
    }

    /// The position of the chunk that `name` stands for; nil where it lies outside the grid.
    func position(of name: JSONScanner.StringToken, _ scanner: borrowing JSONScanner) -> UInt64? {
        scanner.withBytes(name.range) { key in
            found.metadata.keys.position(of: key, from: keyStart.count, on: grid)
        }
    }

    func set(_ position: UInt64, _ location: ChunkLocation) { builder?.set(position, location) }
    func set(_ position: UInt64, source: SourceIndex, offset: UInt64, length: UInt64) {
        builder?.set(position, source: source, offset: offset, length: length)
    }

    /// The array with its chunks; called once.
    func finish() -> (path: String, array: VirtualArray) {
        var array = found.metadata.array
        if let builder = builder.take() { array.chunks = builder.finish() }
        return (found.path, array)
    }
}
