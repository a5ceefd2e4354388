// SPDX-License-Identifier: Apache-2.0
// How Parquet reference sets are written.

public import KerchunkStorage

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

    /// Names this work, so that a later run with the same key goes on where this one was cut off: a fingerprint of the
    /// inputs with their states, of what is done with them and of these options; letters, digits, `-`, `_`. Nil starts
    /// afresh. Of no account for streams.
    public var resumeKey: String?
    /// Whether a run with a key that fails or is interrupted leaves its partitions for the next one.
    public var keepsPartial = false
    /// Whether the output is on its device when it appears.
    public var isDurable = false

    /// Whether a set that is there already in an object store is removed before the new one is written. Until that is
    /// whole there is none; the old one is lost if writing fails. Of no account for directories of this machine.
    public var replacesInPlace = false
    /// Where the set is made of the one at its place: what that was. Of no account in object stores.
    public var succession: Succession?

    public init() {}
}
