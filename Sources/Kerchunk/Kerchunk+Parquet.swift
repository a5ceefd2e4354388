// SPDX-License-Identifier: Apache-2.0
// Parquet reference sets in and out.

public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Opens the Parquet reference set at `location`, a directory or the URL of what it lies beneath; its chunks are read
    /// when they are asked for.
    /// - Parameter partitions: keeps decoded chunks; sets that are open together share one.
    public static func openParquet(
        _ location: String, partitions: PartitionCache = PartitionCache(), files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> OpenedDataset {
        let opened = try parquetSet(location, partitions, files)
        var dataset = OpenedDataset(
            dataset: opened.dataset, issues: opened.issues, format: "kerchunk Parquet")
        dataset.stamp = opened.stamp
        return dataset.notingTruncation()
    }

    /// Chunks of one file of the Parquet reference set at `location`.
    public static func recordSize(
        ofParquet location: String, files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> UInt64 {
        try parquetSet(location, PartitionCache(), files).recordSize
    }

    private static func parquetSet(
        _ location: String, _ partitions: PartitionCache, _ files: FileOpener
    ) throws(KerchunkError) -> ParquetReferenceSet {
        let codecs = BuiltinCodecs.directory
        switch Location(LocationChain.outerFile(of: location)) {
        case .local(let path): return try ParquetReferenceSet(path, codecs: codecs, cache: partitions)
        case .remote(let scheme, let url):
            var access = files.access
            // Most files of a set come whole with the first answer.
            access.firstRead = parquetFirstRead
            let store: any ObjectStore
            do { store = try files.stores.store(scheme, access) } catch {
                throw KerchunkError(wrapping: error)
            }
            let trust = files.trust
            let isForeign = SourceTrust.isForeign(location)
            return try ParquetReferenceSet(
                StoreFolder(url, in: store), name: url, codecs: codecs, cache: partitions
            ) { (url) throws(KerchunkError) in if isForeign { try trust.admit(url) } }
        }
    }

    private static let parquetFirstRead: UInt64 = 4 << 20

    /// Writes `dataset` as a Parquet reference set to `path`, a directory or URL, where it appears whole or not at all. With
    /// `options.resumeKey` it goes on where a run with the same key was cut off; see `ParquetReferenceWriter`.
    /// - Parameter files: reaches stores that outputs go to.
    /// - Returns: how many references to chunks the set holds, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, asParquet path: String,
        options: ParquetReferenceOptions = ParquetReferenceOptions(), overwrite: Bool = false,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation(),
        files: FileOpener = FileOpener()
    ) throws(KerchunkError) -> UInt64 {
        let (writer, path) = try parquetWriter(
            to: path, options: options, files: files, cancellation: cancellation)
        let said = try dataset.represented(inZarr: 2, codecs: BuiltinCodecs.directory).dataset
        return try writer.write(
            said, to: path, overwrite: overwrite, progress: progress, cancellation: cancellation)
    }
}
