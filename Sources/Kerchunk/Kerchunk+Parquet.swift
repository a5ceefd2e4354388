// SPDX-License-Identifier: Apache-2.0
// Parquet reference sets in and out.

public import KerchunkModel
public import KerchunkReferences
public import KerchunkStorage

extension Kerchunk {
    /// Opens the Parquet reference set in the directory `path`; its chunks are read when they are asked for.
    /// - Parameter partitions: keeps decoded chunks; sets that are open together share one.
    public static func openParquet(
        _ path: String, partitions: PartitionCache = PartitionCache()
    ) throws(KerchunkError) -> OpenedDataset {
        let opened = try ParquetReferenceSet(path, codecs: BuiltinCodecs.directory, cache: partitions)
        return OpenedDataset(dataset: opened.dataset, issues: opened.issues, format: "kerchunk Parquet")
    }

    /// Chunks of one file of the Parquet reference set in the directory `path`.
    public static func recordSize(ofParquet path: String) throws(KerchunkError) -> UInt64 {
        try ParquetReferenceSet(path, codecs: BuiltinCodecs.directory).recordSize
    }

    /// Writes `dataset` as a Parquet reference set to the directory `path`, which appears whole or not at all. With
    /// `options.resumeKey` it goes on where a run with the same key was cut off; see `ParquetReferenceWriter`.
    /// - Returns: how many references to chunks the set holds, inline ones included.
    @discardableResult
    public static func save(
        _ dataset: VirtualDataset, asParquet path: String,
        options: ParquetReferenceOptions = ParquetReferenceOptions(), overwrite: Bool = false,
        progress: WritingProgress? = nil, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> UInt64 {
        try ParquetReferenceWriter(options: options, codecs: BuiltinCodecs.directory)
            .write(
                dataset, to: path, overwrite: overwrite, progress: progress, cancellation: cancellation)
    }
}
