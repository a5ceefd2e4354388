// SPDX-License-Identifier: Apache-2.0
// Opens Parquet reference sets; chunks are read when they are asked for.
// Spec: fsspec, `LazyReferenceMapper`.

import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Opens reference sets whose partitions are decoded one by one, as their chunks are asked for.
public struct ParquetReferenceReader: Sendable {
    /// Throws for URLs of files that a set may not name.
    public typealias Admission = @Sendable (_ url: String) throws(KerchunkError) -> Void

    private let codecs: CodecDirectory
    private let cache: PartitionCache
    private let admit: Admission

    /// - Parameters:
    ///   - codecs: what may decompress pages: `zstd`, `snappy`, `gzip`, `lz4_raw`.
    ///   - cache: sets that are open together share one.
    ///   - admit: is asked for each file that chunks lie in, as partitions are read.
    public init(
        codecs: CodecDirectory, cache: PartitionCache = PartitionCache(),
        admit: @escaping Admission = { (_) throws(KerchunkError) in }
    ) {
        self.codecs = codecs
        self.cache = cache
        self.admit = admit
    }

    /// Opens the set in the directory `path`.
    public func read(_ path: String) throws(KerchunkError) -> Opened {
        try read(LocalDirectory(path), name: path)
    }

    /// Opens the set whose files are in `store`; reads its metadata and nothing else.
    /// - Parameter name: names the set in errors.
    /// - Returns: a dataset whose sources become known as its chunks do.
    public func read(_ store: any ObjectStore, name: String) throws(KerchunkError) -> Opened {
        do {
            let (file, text, stamps) = try Self.files(of: store)
            let document = try JSONScanner.parse(text).object ?? [:]
            guard let metadata = document["metadata"]?.object else {
                throw KerchunkError(.malformed, "the metadata of the reference set have no \"metadata\"")
            }
            guard let recordSize = document["record_size"]?.number?.uint64, recordSize > 0 else {
                throw KerchunkError(
                    .malformed, "the metadata of the reference set have no \"record_size\" of 1 or more")
            }
            let sources = SourceTable()
            if let stamps { try SourceStampDocument.read(stamps, into: sources) }
            let stamp = try file.stamp
            let partitions = PartitionStore(
                store: store, recordSize: recordSize,
                decoder: PartitionDecoder(codecs: codecs, sources: sources, admit: admit),
                cache: cache, number: cache.nextNumber(), stamp: stamp,
                isLocal: store is LocalDirectory)
            let (dataset, issues) = try Self.hierarchy(metadata, partitions, sources, codecs)
            var opened = Opened(dataset, issues: issues, from: .references(ParquetForm()), zarrFormat: 2)
            opened.stamp = stamp
            opened.recordSize = recordSize
            return opened
        } catch {
            throw KerchunkError(wrapping: error).locating(url: name)
        }
    }

    /// What is read when a set is opened, in one round trip: the metadata, and what is known of sources, if anything is.
    private static func files(
        of store: any ObjectStore
    ) throws -> (metadata: any ByteSource, text: Bytes, sources: Bytes?) {
        let names = [ParquetLayout.metadataName, ParquetLayout.sourcesName]
        let found = WorkerPool(width: store is LocalDirectory ? 1 : names.count).map(names.count) { index in
            Result {
                let file = try store.open(names[index])
                return (file, try file.read(ByteRange(0..<file.size())))
            }
        }
        let (metadata, text) = try found[0].get()
        do {
            return (metadata, text, try found[1].get().1)
        } catch let error as KerchunkError where error.kind == .notFound || error.kind == .permission {
            // Only our sets have it, and S3 forbids what is not there where it may not be listed.
            return (metadata, text, nil)
        }
    }

    private static func hierarchy(
        _ metadata: JSONObject, _ partitions: PartitionStore, _ sources: SourceTable,
        _ codecs: CodecDirectory
    ) throws(KerchunkError) -> (VirtualDataset, [Issue]) {
        var hierarchy = ReferenceHierarchy(codecs: codecs)
        var issues: [Issue] = []
        for (key, value) in metadata {
            let parent = key.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            if !parent.isEmpty, let problem = ParquetLayout.problem(withPath: parent) {
                issues.append(Issue(object: "/" + parent, reason: problem))
            } else if let document = value.object {
                try hierarchy.add(key, document)
            }
        }
        var root = hierarchy.emptyRoot
        do {
            try hierarchy.forEachArray(isFinal: true) { found in
                var array = found.metadata.array
                array.chunks = ParquetManifest(
                    grid: array.chunks.grid, arrayPath: found.path, partitions: partitions)
                root.place(array, at: found.path)
            }
        } catch {
            throw KerchunkError(wrapping: error)
        }
        return (VirtualDataset(root: root, sources: sources), hierarchy.issues + issues)
    }
}
