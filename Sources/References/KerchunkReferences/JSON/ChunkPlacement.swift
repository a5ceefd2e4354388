// SPDX-License-Identifier: Apache-2.0
// Chunks of a reference set on their way into columns.

import KerchunkBytes
import KerchunkModel

/// Puts each reference into the manifest of its array.
struct ChunkPlacement: ~Copyable {
    /// The sources by the texts that mean them.
    private var texts = SourceTexts()
    private(set) var arrays: [CollectedArray] = []
    /// Stands where an array was taken away.
    private let nothing = CollectedArray(
        path: "", number: -1, grid: .scalar, keys: .dots, DenseRows(textSize: 0))
    /// Arrays that all keep the form of their references.
    private static let fewArrays = 4096
    private var paths = ByteTable()
    /// What belongs to no array.
    private(set) var loose = LooseMembers()
    private let target: String?
    private let limits: ReferenceLimits
    private let rows: DenseRows
    private var inlineSize = 0
    /// The array and URL of the latest reference, which most likely are those of the next one too.
    private var current: CollectedArray?
    private var latestURL: KnownURL?

    /// - Parameter expectedSize: bytes of text that the chunks stand in.
    init(target: String?, limits: ReferenceLimits, expectedSize: UInt64) {
        self.target = target
        self.limits = limits
        rows = DenseRows(textSize: expectedSize)
    }

    var sources: SourceTable { texts.table }
    var templates: ReferenceTemplates { texts.templates }

    mutating func use(_ templates: ReferenceTemplates) { texts.use(templates) }

    /// Makes an array known, unless it is.
    mutating func define(_ path: String, _ metadata: ArrayMetadata) {
        let key = Array(path.utf8)
        guard paths.add(key.span, key.indices) == arrays.count else { return }
        arrays.append(CollectedArray(path: path, number: arrays.count, metadata, rows))
    }

    /// The same as `array(at:)`, which is not kept any longer: of many arrays each takes memory.
    mutating func take(_ path: String) -> CollectedArray? {
        let key = Array(path.utf8)
        guard let number = paths.number(of: key.span, key.indices) else { return nil }
        let taken = arrays[number]
        arrays[number] = nothing
        return taken
    }

    func array(at path: String) -> CollectedArray? {
        let key = Array(path.utf8)
        return paths.number(of: key.span, key.indices).map { arrays[$0] }
    }

    /// Places members that are ranges of files whose URLs are known, written as nearly all are.
    mutating func placeRun(in window: inout TextWindow) {
        let end = placeRun(window.memory.span.extracting(0..<window.filled), from: window.position)
        window.skip(to: end)
    }

    /// - Returns: the place behind the last member that was placed.
    private mutating func placeRun(_ text: Span<UInt8>, from start: Int) -> Int {
        guard var latest = latestURL, var array = current else { return start }
        var place = start
        // What was tried for the member at hand.
        var attempt = Attempt.sameArray
        while let plain = array.plain {
            let end = array.place { plain.place(text, from: place, in: &$0, latest: &latest, texts: &texts) }
            if end > place { attempt = .sameArray }
            place = end
            // Another array may follow in the same form, and most likely the one that did before.
            let next: CollectedArray?
            if attempt == .sameArray, let successor = array.successor {
                attempt = .successor
                next = arrays[successor]
            } else if attempt != .arrayOfKey {
                attempt = .arrayOfKey
                next = arrayOfMember(text, behind: place)
                if let next, next !== array { array.successor = next.number }
            } else {
                next = nil
            }
            guard let next else { break }
            if arrays.count > Self.fewArrays, next !== array { array.forgetForm() }
            array = next
        }
        latest.detach(from: text)
        latestURL = latest
        current = array
        return place
    }

    private enum Attempt { case sameArray, successor, arrayOfKey }

    /// The array of the member that follows at `place`; nil where that is not plain to see.
    private func arrayOfMember(_ text: Span<UInt8>, behind place: Int) -> CollectedArray? {
        guard place < text.count, text[place] == UInt8(ascii: ",") else { return nil }
        var start = place + 1
        while start < text.count, text[start] <= 0x20 { start += 1 }
        guard start < text.count, text[start] == UInt8(ascii: "\"") else { return nil }
        start += 1
        var slash: Int?
        var end = start
        while end < text.count, text[end] != UInt8(ascii: "\"") {
            if text[end] == UInt8(ascii: "\\") { return nil }
            if text[end] == UInt8(ascii: "/") { slash = end }
            end += 1
        }
        guard end < text.count else { return nil }
        // Keys without a slash are those of an array that is the root.
        return paths.number(of: text, start..<(slash ?? start)).map { arrays[$0] }
    }

    /// Places one member.
    /// - Returns: false where its key is of no array.
    mutating func place(_ member: TextWindow.Member, in window: borrowing TextWindow) throws -> Bool {
        let found: (array: CollectedArray, position: UInt64)?
        if member.name.hasEscapes {
            let key = Array(try window.text(of: member.name).utf8)
            found = find(key.span, key.indices)
        } else {
            found = find(window.memory.span, member.name.range)
        }
        guard let (array, position) = found else { return false }
        current = array
        let base = window.base
        let place = member.value.lowerBound
        let (location, url) = try window.scan(at: place) { scanner in
            try self.location(&scanner, errorOffset: base + UInt64(place))
        }
        array.place { $0.set(position, location) }
        if let url, case .range(let source, _) = location { latestURL = KnownURL(text: url, source: source) }
        return true
    }

    /// Places a chunk by its decoded key; false where that is of no array.
    mutating func place(_ key: String, url: String, _ range: ByteRange?) -> Bool {
        let bytes = Array(key.utf8)
        guard let (array, position) = find(bytes.span, bytes.indices) else { return false }
        let source = sources.intern(url)
        array.place { $0.set(position, range.map { .range(source, $0) } ?? .wholeFile(source)) }
        return true
    }

    /// Keeps a member whose key is of no array; one that is no reference becomes an issue.
    mutating func keep(_ member: TextWindow.Member, in window: borrowing TextWindow) throws {
        let key = try window.text(of: member.name)
        let base = window.base
        let place = member.value.lowerBound
        do {
            let location = try window.scan(at: place) { scanner in
                try self.location(&scanner, errorOffset: base + UInt64(place)).0
            }
            loose.add(key, location)
        } catch let error as KerchunkError where error.kind == .malformed {
            loose.refuse(key, error.message)
        }
    }

    /// Keeps a reference whose key is of no array.
    mutating func keep(_ key: String, url: String, _ range: ByteRange?) {
        let source = sources.intern(url)
        loose.add(key, range.map { .range(source, $0) } ?? .wholeFile(source))
    }

    /// What was kept, and documents that nobody understands; called once.
    mutating func takeLooseKeys(with unread: [(key: String, document: JSONObject)]) -> LooseKeys? {
        var taken = LooseMembers()
        swap(&taken, &loose)
        return taken.keys(with: unread)
    }

    /// The array whose path the bytes `range` of `key` start with, and the position of the chunk.
    private func find(
        _ key: Span<UInt8>, _ range: Range<Int>
    ) -> (array: CollectedArray, position: UInt64)? {
        if let current, let position = current.position(of: key, range) { return (current, position) }
        var end = range.upperBound
        while end > range.lowerBound {
            end -= 1
            guard key[end] == UInt8(ascii: "/") else { continue }
            guard let number = paths.number(of: key, range.lowerBound..<end) else { continue }
            let array = arrays[number]
            return array.position(of: key, range).map { (array, $0) }
        }
        guard let number = paths.number(of: key, range.lowerBound..<range.lowerBound) else { return nil }
        return arrays[number].position(of: key, range).map { (arrays[number], $0) }
    }

    /// Reads a reference.
    /// - Returns: where the chunk is, and the URL as it stands in the text.
    private mutating func location(
        _ scanner: inout JSONScanner, errorOffset: UInt64
    ) throws -> (ChunkLocation, url: [UInt8]?) {
        switch scanner.peek() {
        case UInt8(ascii: "["):
            try scanner.take(UInt8(ascii: "["))
            let (source, url) = try source(&scanner, errorOffset)
            if scanner.takeIfNext(UInt8(ascii: "]")) { return (.wholeFile(source), url) }
            try scanner.take(UInt8(ascii: ","))
            let offset = try scanner.uint64()
            try scanner.take(UInt8(ascii: ","))
            let length = try scanner.uint64()
            guard let end = offset.adding(length), length != .max else {
                throw scanner.error("\(length) bytes from byte \(offset) on extend beyond the largest offset")
            }
            try scanner.take(UInt8(ascii: "]"))
            return (.range(source, ByteRange(offset..<end)), url)
        case UInt8(ascii: "\""):
            let token = try scanner.stringToken()
            return (.inline(try counted(try InlineValue.bytes(of: token, scanner), errorOffset)), nil)
        case UInt8(ascii: "{"):
            return (.inline(try counted(Bytes(try scanner.value().serialized()), errorOffset)), nil)
        default: throw scanner.error("expected an inline string, or a list of URL, offset and size")
        }
    }

    private mutating func counted(_ bytes: Bytes, _ errorOffset: UInt64) throws(KerchunkError) -> Bytes {
        inlineSize += bytes.count
        guard inlineSize <= limits.inlineSize else {
            throw KerchunkError(
                .limit, "the reference set has more than \(limits.inlineSize) bytes of inline chunks",
                offset: errorOffset)
        }
        return bytes
    }

    private mutating func source(
        _ scanner: inout JSONScanner, _ errorOffset: UInt64
    ) throws -> (SourceIndex, url: [UInt8]?) {
        if scanner.peek() == UInt8(ascii: "n") {
            guard try scanner.value().isNull, let target else {
                throw scanner.error(
                    "a reference without a URL, which means the reader's own target, but none was given")
            }
            return (sources.intern(target), nil)
        }
        let token = try scanner.stringToken()
        let source = try texts.source(token, scanner, errorOffset: errorOffset)
        return (source, scanner.withBytes(token.range) { [UInt8](copying: $0) })
    }
}

/// Rows that dense manifests may take before so many chunks came: about as many as the text has room for.
// A class because the arrays of a set share it.
final class DenseRows {
    private var left: UInt64
    /// No reference takes less text than this, but for inline chunks.
    private static let shortestReference: UInt64 = 8

    init(textSize: UInt64) { left = textSize / Self.shortestReference + 4096 }

    /// Whether a manifest may have a row for each of `count` positions.
    func take(_ count: UInt64) -> Bool {
        guard count <= left else { return false }
        left -= count
        return true
    }
}
