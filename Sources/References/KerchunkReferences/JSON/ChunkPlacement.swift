// SPDX-License-Identifier: Apache-2.0
// Chunks of a reference set on their way into columns.

import KerchunkBytes
import KerchunkModel

/// Puts each reference into the manifest of its array.
struct ChunkPlacement: ~Copyable {
    let sources = SourceTable()
    var templates = ReferenceTemplates()
    private(set) var arrays: [CollectedArray] = []
    private var paths = ByteTable()
    private let target: String?
    private let limits: ReferenceLimits
    private let rows: DenseRows
    private var inlineSize = 0
    /// The array and URL of the latest reference, which most likely are those of the next one too.
    private var current: CollectedArray?
    private var run: PlainReferences?
    private var latestURL: (text: [UInt8], source: SourceIndex)?
    /// Sources by their URLs as they stand in the text.
    private var urls = ByteTable()
    private static let cachedURLs = 1 << 20

    /// - Parameter expectedSize: bytes of text that the chunks stand in.
    init(target: String?, limits: ReferenceLimits, expectedSize: UInt64) {
        self.target = target
        self.limits = limits
        rows = DenseRows(textSize: expectedSize)
    }

    /// Makes an array known, unless it is.
    mutating func define(_ path: String, _ metadata: ArrayMetadata) {
        let key = Array(path.utf8)
        guard paths.value(of: key.span, key.indices) == nil else { return }
        paths.add(key.span, key.indices, UInt32(arrays.count))
        let rows = rows
        arrays.append(CollectedArray(path: path, metadata) { rows.take($0.count) })
    }

    func array(at path: String) -> CollectedArray? {
        let key = Array(path.utf8)
        return paths.value(of: key.span, key.indices).map { arrays[Int($0)] }
    }

    /// Places members that are written as the latest one was.
    mutating func placeRun(in window: inout TextWindow) {
        guard let run, let current else { return }
        let end = current.place { builder in
            run.place(window.memory.span.extracting(0..<window.filled), from: window.position, in: &builder)
        }
        window.skip(to: end)
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
        if array !== current {
            current = array
            run = nil
        }
        let base = window.base
        let place = member.value.lowerBound
        let (location, url) = try window.scan(at: place) { scanner in
            try self.location(&scanner, errorOffset: base + UInt64(place))
        }
        array.place { $0.set(position, location) }
        if let url, case .range(let source, _) = location {
            if run == nil || latestURL?.text != url {
                latestURL = (url, source)
                run = array.plainReferences(url: url, source)
            }
        }
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

    /// The array whose path the bytes `range` of `key` start with, and the position of the chunk.
    private func find(
        _ key: Span<UInt8>, _ range: Range<Int>
    ) -> (array: CollectedArray, position: UInt64)? {
        if let current, let position = current.position(of: key, range) { return (current, position) }
        var end = range.upperBound
        while end > range.lowerBound {
            end -= 1
            guard key[end] == UInt8(ascii: "/") else { continue }
            guard let row = paths.value(of: key, range.lowerBound..<end) else { continue }
            let array = arrays[Int(row)]
            return array.position(of: key, range).map { (array, $0) }
        }
        return nil
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
                throw scanner.error("\(length) bytes from byte \(offset) reach beyond the largest offset")
            }
            try scanner.take(UInt8(ascii: "]"))
            return (.range(source, ByteRange(offset..<end)), url)
        case UInt8(ascii: "\""):
            let token = try scanner.stringToken()
            return (.inline(try counted(try InlineValue.bytes(of: token, scanner), errorOffset)), nil)
        case UInt8(ascii: "{"):
            return (.inline(try counted(Bytes(try scanner.value().serialized()), errorOffset)), nil)
        default: throw scanner.error("expected inline text, or a list of url, offset and size")
        }
    }

    private mutating func counted(_ bytes: Bytes, _ errorOffset: UInt64) throws(KerchunkError) -> Bytes {
        inlineSize += bytes.count
        guard inlineSize <= limits.inlineSize else {
            throw KerchunkError(
                .limit, "the reference set holds more than \(limits.inlineSize) bytes of inline chunks",
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
                    "a reference without a URL, which means the reader's own target, and none is given")
            }
            return (sources.intern(target), nil)
        }
        let token = try scanner.stringToken()
        let known = scanner.withBytes(token.range) { urls.value(of: $0, 0..<$0.count) }
        let url = scanner.withBytes(token.range) { [UInt8](copying: $0, from: 0) }
        if let known { return (SourceIndex(row: known), url) }
        let text: String
        do {
            text = try templates.expanding(try scanner.text(of: token))
        } catch let error as KerchunkError {
            var located = error
            located.offset = errorOffset
            throw located
        }
        let source = sources.intern(text)
        if urls.textCount > Self.cachedURLs { urls.removeAll() }
        urls.add(url.span, url.indices, source.row)
        return (source, url)
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
