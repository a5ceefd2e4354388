// SPDX-License-Identifier: Apache-2.0
// How Parquet reference sets are written.

/// What can be chosen when writing.
public struct ParquetReferenceOptions: Hashable, Sendable {
    /// Chunks of one file.
    public var recordSize: UInt64 = 100_000
    /// Whether missing chunks are embedded as encoded fill values, which readers need that cannot read nulls in `path`
    /// (fsspec with `engine="pyarrow"` on pandas 3).
    public var fillMissing = false
    /// zstd's level: 1 to 22, or below 0 for speed.
    public var compressionLevel = 1
    /// Threads that encode partitions.
    public var threadCount = 1
    /// Whether the state of each source is recorded, so that later changes can be seen.
    public var recordsSources = true
    /// Bytes that partitions which are not yet full may take before they go to disk.
    public var bufferSize = 256 << 20

    public init() {}
}
