// SPDX-License-Identifier: Apache-2.0
// A Parquet reference set in the making: partitions from any thread, the metadata last.
// Spec: fsspec, `LazyReferenceMapper`; docs/ARCHITECTURE.md, D12.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import KerchunkStorage

struct ParquetOutput: Sendable {
    let set: any OutputSet
    let options: ParquetReferenceOptions
    let sources: SourceTable
    private let file: ParquetFileWriter

    /// - Parameter store: where the set goes; nil for a directory of this machine.
    init(
        _ path: String, in store: OutputStore?, overwrite: Bool, sources: SourceTable,
        options: ParquetReferenceOptions, codecs: CodecDirectory,
        resuming resumption: AtomicDirectory.Resumption? = nil
    ) throws(KerchunkError) {
        try PartitionNumbering.check(options)
        let codec = try codecs.codec(CodecSpec("zstd", ["level": .integer(options.compressionLevel)]))
        file = ParquetFileWriter(compression: .zstd, codec: codec, createdBy: "swift-kerchunk")
        if let store {
            set = try StoreOutput(
                path, in: store, Self.request(options, overwrite: overwrite, resuming: resumption))
        } else {
            set = try AtomicDirectory(
                path, overwrite: overwrite, ParquetLayout.directory, isDurable: options.isDurable,
                resuming: resumption, succeeding: options.succession)
        }
        self.options = options
        self.sources = sources
    }

    static func request(
        _ options: ParquetReferenceOptions, overwrite: Bool, resuming: AtomicDirectory.Resumption? = nil
    ) -> StoreOutput.Request {
        StoreOutput.Request(
            lastKey: ParquetLayout.metadataName, removesLeftovers: overwrite,
            replacesInPlace: options.replacesInPlace, resuming: resuming, isPart: ParquetLayout.isPart)
    }

    /// Writes a partition; one without chunks gets no file where `needsFile` says so, which means that all are missing.
    /// - Returns: how many references it holds, inline ones included.
    func write(_ manifest: ChunkManifest, as key: PartitionKey, fill: Bytes?) throws(KerchunkError) -> UInt64
    {
        do {
            let columns = try PartitionColumns(manifest, sources: sources, fill: fill)
            if columns.isEmpty, !ParquetLayout.needsFile(key) { return 0 }
            let output = try set.begin(key.name)
            do {
                for piece in try file.file(columns.output) { try output.write(piece.span) }
                try output.commit()
            } catch {
                output.abort()
                throw error
            }
            return columns.presentCount
        } catch {
            throw KerchunkError(wrapping: error).locating(url: set.path, object: "/" + key.arrayPath)
        }
    }

    /// Writes the metadata, and puts the set where it belongs.
    /// - Parameter recordedSources: the sources whose states are recorded; nil for those that are known.
    func finish(
        _ root: VirtualGroup, recordedSources: [SourceTable.Source]? = nil
    ) throws(KerchunkError) {
        do {
            let known = recordedSources ?? sources.sources
            if options.recordsSources, let text = SourceStampDocument.text(known) {
                try set.write(text, as: ParquetLayout.sourcesName)
            }
            try set.commit(with: ParquetLayout.metadataName, metadata(root))
        } catch {
            var failure = KerchunkError(wrapping: error).locating(url: set.path)
            if failure.kind != .cancelled, failure.kind != .changed { failure.kind = .output }
            throw failure
        }
    }

    /// The text of `.zmetadata`, in which no document is held but as text.
    private func metadata(_ root: VirtualGroup) -> [UInt8] {
        // Exactly these two members: readers refuse or mistake others.
        var writer = JSONWriter()
        writer.append("{\"metadata\":{")
        var texts = DocumentTexts()
        var isFirst = true
        V2Documents.forEachDocument(of: root, in: &texts) { key, document in
            if !isFirst { writer.append(",") }
            isFirst = false
            writer.writeString(key.utf8)
            writer.append(":")
            writer.text += document
        }
        writer.append("},\"record_size\":")
        writer.write(.integer(options.recordSize))
        writer.append("}")
        return writer.text
    }

    /// Throws for hierarchies that the layout cannot hold.
    static func check(_ root: VirtualGroup) throws(KerchunkError) {
        if root.rootArray != nil {
            throw KerchunkError(
                .unsupported,
                "this cannot be written to Parquet: the array is the root of the set, where fsspec finds no chunks; "
                    + "write JSON, or give it a name (kerchunk convert --root-name data)", object: "/")
        }
        func check(_ path: String) throws(KerchunkError) {
            guard let problem = ParquetLayout.problem(withPath: path) else { return }
            throw KerchunkError(
                .unsupported, "this cannot be written to Parquet: \(problem)", object: "/" + path)
        }
        do {
            try root.forEachGroup { path, group in
                if !path.isEmpty { try check(path) }
                for (name, _) in group.members { try check(keyPrefix(ofPath: path) + name) }
            }
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}
