// SPDX-License-Identifier: Apache-2.0
// kerchunk's own form: one JSON file, plain or compressed.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Reference sets in JSON.
public struct JSONForm: FileReferenceForm {
    public let id = "json"
    public let name = "JSON"
    public let endings = [".json", ".json.gz", ".json.zst"]
    public let isLazy = false
    public let writableZarrFormats: ClosedRange<Int>? = 2...3

    /// Whether each reference gets a line of its own.
    public static let isPretty = TypedOption<Bool>(
        "pretty", false, "Whether each reference is on a line of its own.")
    /// Whether folders of URLs are written once, as templates.
    public static let usesTemplates = TypedOption<Bool>(
        "templates", false, "Whether folders of URLs are written once, as templates.")
    /// The codec that compresses the file: `zstd` or `gzip`. Nil goes by the name: `.zst` and `.gz` are compressed.
    public static let compression = TypedOption<String?>(
        "compress", "The codec that compresses the file, zstd or gzip; null decides by the name.")

    public init() {}

    public var options: [any DeclaredOption] { [Self.isPretty, Self.usesTemplates, Self.compression] }

    /// fsspec takes a name with `.json` in it for JSON, whatever it ends in.
    public func claim(on name: String, isFolder: Bool) -> NameClaim? {
        endingClaim(on: name) ?? (name.contains(".json") ? .byReaders : nil)
    }

    /// An object, or something compressed.
    public func recognizes(_ start: Bytes) -> Bool {
        let bytes = start[0..<min(start.count, 64)].array
        if StoredText.codec(Array(bytes.prefix(4))) != nil { return true }
        return bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// An object that speaks of references or of Zarr's documents.
    public func isSurely(_ start: Bytes) -> Bool {
        guard recognizes(start), start[0] != 0x1F else { return false }
        let text = String(decoding: start.array, as: UTF8.self)
        return ["\"refs\"", ".zgroup\"", ".zarray\"", ".zattrs\"", ".zmetadata\"", "zarr.json\""].contains {
            text.contains($0)
        }
    }

    public func open(
        _ source: any ByteSource, path: String?, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened {
        try JSONReferenceReader(codecs: reading.codecs, limits: reading.limits).read(
            source, cancellation: reading.cancellation)
    }

    public func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws -> UInt64 {
        var options = JSONReferenceWriter.Options()
        options.zarrFormat = writing.options.zarrFormat
        options.recordsSources = writing.options.recordsSources
        options.isPretty = writing.options[Self.isPretty]
        options.usesTemplates = writing.options[Self.usesTemplates]
        options.compression =
            writing.options[Self.compression] ?? JSONReferenceWriter.compression(ofFileNamed: name)
        return try JSONReferenceWriter(options: options, codecs: writing.codecs).write(
            dataset, to: output, progress: writing.progress, cancellation: writing.cancellation)
    }
}
