// SPDX-License-Identifier: Apache-2.0
// Writes a dataset as kerchunk JSON, version 1.
// Spec: kerchunk, "References specification"; the top-level key "sources" is ours, and other readers pass over it.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Streams a dataset to an output: metadata, consolidated metadata, then chunks, array by array.
public struct JSONReferenceWriter: Sendable {
    public struct Options: Hashable, Sendable {
        /// Zarr version of the metadata: 2 or 3.
        public var zarrFormat = 2
        /// Whether each reference gets a line of its own.
        public var isPretty = false
        /// Whether the state of each source is recorded, so that later changes can be seen.
        public var recordsSources = true
        /// Whether folders of URLs are written once, as templates.
        public var usesTemplates = false
        /// The codec that compresses the file: `zstd` or `gzip`; nil for plain text.
        public var compression: String?

        public init() {}
    }

    public let options: Options
    private let codecs: CodecDirectory

    /// - Parameter codecs: has the one that `options.compression` names, and knows what Zarr v3 calls codecs.
    public init(options: Options = Options(), codecs: CodecDirectory = CodecDirectory([])) {
        self.options = options
        self.codecs = codecs
    }

    /// The compression that a file name ends in: `refs.json.zst`, `refs.json.gz`.
    public static func compression(ofFileNamed name: String) -> String? {
        let ends = ["zst": "zstd", "zstd": "zstd", "gz": "gzip"]
        return name.split(separator: ".").last.flatMap { ends[String($0)] }
    }

    /// Writes `dataset`; the caller commits `output`.
    /// - Returns: how many references to chunks were written, inline ones included.
    @discardableResult
    public func write(
        _ dataset: VirtualDataset, to output: any Upload, progress: WritingProgress? = nil,
        cancellation: Cancellation = Cancellation()
    ) throws -> UInt64 {
        let compressed = try options.compression.map { codec in
            CompressedOutput(output, try codecs.streaming(codec).streamEncoder())
        }
        let templates = options.usesTemplates ? try templates(for: dataset, cancellation) : .none
        var writer = Run(
            options: options, codecs: codecs, sources: dataset.sources, templates: templates,
            output: compressed ?? output,
            progress: ProgressCount(progress, total: Self.positionCount(of: dataset.root)),
            cancellation: cancellation)
        let count = try writer.write(dataset)
        try compressed?.finish()
        return count
    }

    private static func positionCount(of root: VirtualGroup) -> UInt64 {
        var count: UInt64 = 0
        root.forEachArray { count = count.adding($1.chunks.grid.count) ?? .max }
        return count
    }

    /// Templates come first in the file, so all sources must be known; lazily read manifests show theirs only when read.
    private func templates(for dataset: VirtualDataset, _ cancellation: Cancellation) throws -> URLTemplates {
        try dataset.looseKeys?.forEachKey { _, _ in }
        try dataset.root.forEachArray { _, array in
            if array.chunks is MemoryManifest { return }
            try array.chunks.forEachRun { _, _ in try cancellation.check() }
        }
        return URLTemplates(dataset.sources)
    }
}

/// One run of the writer.
private struct Run: ~Copyable {
    private let options: JSONReferenceWriter.Options
    private let codecs: CodecDirectory
    private let sources: SourceTable
    private let templates: URLTemplates
    private let progress: ProgressCount
    private let cancellation: Cancellation
    private var text: TextBuffer
    private var referenceCount: UInt64 = 0
    /// What stands before each member of `refs`: from the second one on, a comma.
    private var lead: [UInt8]
    private let following: [UInt8]
    /// Those of the array that was written last.
    private var pieces: SourcePieces

    init(
        options: JSONReferenceWriter.Options, codecs: CodecDirectory, sources: SourceTable,
        templates: URLTemplates,
        output: any Upload, progress: ProgressCount, cancellation: Cancellation
    ) {
        self.options = options
        self.codecs = codecs
        self.sources = sources
        self.templates = templates
        self.progress = progress
        self.cancellation = cancellation
        text = TextBuffer(to: output)
        lead = Array((options.isPretty ? "\n    " : "").utf8)
        following = Array((options.isPretty ? ",\n    " : ",").utf8)
        pieces = SourcePieces(keySuffix: [], templates: templates, isPretty: options.isPretty)
    }

    mutating func write(_ dataset: VirtualDataset) throws -> UInt64 {
        try text.write(options.isPretty ? "{\n  \"version\": 1,\n" : "{\"version\":1,")
        if !templates.isEmpty {
            var writer = JSONWriter(isPretty: options.isPretty)
            writer.append(options.isPretty ? "  \"templates\": " : "\"templates\":")
            writer.write(.object(templates.json), indent: 1)
            writer.append(options.isPretty ? ",\n" : ",")
            try text.write(writer.text)
        }
        try text.write(options.isPretty ? "  \"refs\": {" : "\"refs\":{")
        try writeMetadata(dataset.root)
        try dataset.root.forEachArray { path, array in try writeChunks(of: array, path: path) }
        try dataset.looseKeys.map { try writeLoose($0) }
        try text.write(options.isPretty ? "\n  }" : "}")
        if options.recordsSources { try writeSources() }
        try text.write(options.isPretty ? "\n}\n" : "}")
        try text.flush()
        return referenceCount
    }

    private mutating func writeMetadata(_ root: VirtualGroup) throws {
        if options.zarrFormat == 3 {
            try V3Documents.forEachDocument(of: root, codecs: codecs) { try writeDocument(key: $0, $1) }
            return
        }
        // Where an array is the root there is nothing to consolidate.
        let kept = root.rootArray == nil ? try writeConsolidated(root) : nil
        if let kept {
            for (key, document) in kept { try writeDocument(key: key, text: document[...]) }
            return
        }
        var texts = DocumentTexts()
        try V2Documents.forEachDocument(of: root, in: &texts) { key, document in
            try writeDocument(key: key, text: document[...])
        }
    }

    /// Writes `.zmetadata` piece by piece, as it may be a large part of the output.
    /// - Returns: the documents in it, unless they are too large to be kept until each is written by itself.
    private mutating func writeConsolidated(_ root: VirtualGroup) throws -> [(key: String, text: [UInt8])]? {
        try text.write(lead + Array((options.isPretty ? "\".zmetadata\": \"" : "\".zmetadata\":\"").utf8))
        lead = following
        try text.write(Array(escaped("{\"metadata\":{")))
        var texts = DocumentTexts()
        var kept: [(key: String, text: [UInt8])]? = []
        var keptByteCount = 0
        var key = JSONWriter()
        var piece = JSONWriter()
        try V2Documents.forEachDocument(of: root, in: &texts) { name, document in
            key.text.removeAll(keepingCapacity: true)
            key.writeString(name.utf8)
            piece.text.removeAll(keepingCapacity: true)
            if keptByteCount > 0 { piece.append(",") }
            piece.appendEscaped(key.text)
            piece.append(":")
            piece.appendEscaped(document)
            try text.write(piece.text)
            keptByteCount += document.count
            if keptByteCount > Self.keptDocumentsLimit { kept = nil }
            kept?.append((name, document))
        }
        try text.write(Array(escaped("},\"zarr_consolidated_format\":1}")) + [UInt8(ascii: "\"")])
        return kept
    }

    /// How many bytes of documents are kept rather than made twice.
    private static var keptDocumentsLimit: Int { 8 << 20 }

    /// `text` as it stands between quotation marks.
    private func escaped(_ text: String) -> ArraySlice<UInt8> {
        var writer = JSONWriter()
        writer.writeString(text.utf8)
        return writer.text.dropFirst().dropLast()
    }

    private mutating func writeDocument(key: String, _ document: JSONObject) throws {
        var writer = JSONWriter()
        writer.write(.object(document))
        try writeDocument(key: key, text: writer.text[...])
    }

    private mutating func writeDocument(key: String, text document: ArraySlice<UInt8>) throws {
        var writer = JSONWriter()
        writer.text.reserveCapacity(document.count + document.count / 2)
        writer.text += lead
        writer.writeString(key.utf8)
        writer.append(options.isPretty ? ": " : ":")
        writer.writeString(document)
        try text.write(writer.text)
        lead = following
    }

    private mutating func writeChunks(of array: VirtualArray, path: String) throws {
        let grid = array.chunks.grid
        let locations = LocationText(sources: sources, templates: templates, isPretty: options.isPretty)
        // Documents came before, so this has its comma.
        let start = lead + [UInt8(ascii: "\"")] + escaped(keyPrefix(ofPath: path))
        var keys = ChunkKeyLines(start: start, grid: grid, encoding: .dots)
        if pieces.suffix != keys.suffix {
            pieces = SourcePieces(keySuffix: keys.suffix, templates: templates, isPretty: options.isPretty)
        }
        try array.chunks.forEachRunAhead { first, manifest in
            try cancellation.check()
            referenceCount += UInt64(manifest.presentCount)
            pieces.update(sources)
            try text.write(manifest, from: first, keys: &keys, pieces: pieces) { text, position, location in
                let key = ChunkKeyEncoding.dots.key(grid.coordinates(of: position))
                try text.write(start + Array(key.utf8) + locations.text(location))
            }
            progress.add(manifest.positionCount)
        }
    }

    private mutating func writeLoose(_ keys: LooseKeys) throws {
        let locations = LocationText(sources: sources, templates: templates, isPretty: options.isPretty)
        try keys.forEachKey { name, location in
            try text.write(lead + [UInt8(ascii: "\"")] + escaped(name) + locations.text(location))
            lead = following
            referenceCount += 1
        }
    }

    private mutating func writeSources() throws {
        try text.write(options.isPretty ? ",\n  \"sources\": {" : ",\"sources\":{")
        var isFirst = true
        try sources.forEachSource { source in
            var writer = JSONWriter(isPretty: options.isPretty)
            if !isFirst { writer.append(",") }
            isFirst = false
            if options.isPretty { writer.append("\n    ") }
            writer.writeString(source.url.utf8)
            writer.append(options.isPretty ? ": " : ":")
            writer.write(.object(source.stamp.json), indent: 2)
            try text.write(writer.text)
        }
        try text.write(options.isPretty && !isFirst ? "\n  }" : "}")
    }
}

/// Chunks that are not part of a file, as text.
private struct LocationText {
    let sources: SourceTable
    let templates: URLTemplates
    let isPretty: Bool

    private func url(_ source: SourceIndex) -> String { templates.shortened(sources[source].url) }

    /// What follows a key: from its closing quotation mark on.
    func text(_ location: ChunkLocation) -> [UInt8] {
        var writer = JSONWriter(isPretty: isPretty)
        writer.append(isPretty ? "\": " : "\":")
        switch location {
        case .missing: writer.write(.null)  // never asked for
        case .inline(let bytes): writer.writeString(inlineText(bytes))
        case .wholeFile(let source): writer.write([.string(url(source))])
        case .range(let source, let range):
            writer.write([.string(url(source)), .integer(range.offset), .integer(range.count)])
        }
        return writer.text
    }
}

/// Inline bytes as the text of a JSON string: themselves where they are ASCII, else in base64.
func inlineText(_ bytes: Bytes) -> [UInt8] {
    if isPlainText(bytes) { return bytes.array }
    var text = Array("base64:".utf8)
    appendBase64(bytes, to: &text)
    return text
}
