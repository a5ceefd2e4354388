// SPDX-License-Identifier: Apache-2.0
// Python's dicts of references, which reach us marshalled and leave us pickled: both are the quickest way for Python.

public import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// References as a dict of Python. Nothing on a disk has this form, so it claims no names and recognizes nothing.
public struct PythonForm: FileReferenceForm {
    public let id = "python"
    public let name = "dict"
    /// The text of a marshalled dict is read as JSON is.
    public let formatName = "kerchunk JSON"
    public let endings: [String] = []
    public let isLazy = false
    public let writableZarrFormats: ClosedRange<Int>? = 2...3

    /// Whether `.zmetadata` is among the documents.
    public static let isConsolidated = TypedOption<Bool>(
        "consolidated", false, "Whether .zmetadata is included.")

    public init() {}

    public var options: [any DeclaredOption] { [Self.isConsolidated] }

    /// Reads a dict that `marshal` wrote.
    /// - Throws: kind `unsupported` for what JSON has no values for.
    public func open(
        _ source: any ByteSource, path: String?, _ reading: ReferenceReading
    ) throws(KerchunkError) -> Opened {
        do {
            return try open(try source.read(ByteRange(0..<source.size())), reading)
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }

    /// Reads a dict that `marshal` wrote.
    /// - Throws: kind `unsupported` for what JSON has no values for.
    public func open(_ marshalled: Bytes, _ reading: ReferenceReading) throws(KerchunkError) -> Opened {
        try JSONReferenceReader(codecs: reading.codecs, limits: reading.limits).read(
            expectedSize: UInt64(marshalled.count), cancellation: reading.cancellation
        ) { MarshalledText(marshalled, cancellation: reading.cancellation) }
    }

    public func write(
        _ dataset: VirtualDataset, to output: any Upload, named name: String, _ writing: ReferenceWriting
    ) throws -> UInt64 {
        let (bytes, count) = try pickled(dataset, writing)
        try output.write(bytes.span)
        return count
    }

    /// The dict for `pickle` to load, and how many references to chunks it has.
    public func pickled(
        _ dataset: VirtualDataset, _ writing: ReferenceWriting
    ) throws -> (bytes: Bytes, references: UInt64) {
        var writer = PickledReferences(sources: dataset.sources, codecs: writing.codecs)
        try writer.write(
            dataset, zarrFormat: writing.options.zarrFormat,
            isConsolidated: writing.options[Self.isConsolidated], cancellation: writing.cancellation)
        return (Bytes(writer.finish()), writer.referenceCount)
    }
}
