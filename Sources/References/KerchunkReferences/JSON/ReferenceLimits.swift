// SPDX-License-Identifier: Apache-2.0
// What a reference set may ask for.

/// Bounds that real reference sets keep, so that a hostile one cannot fill the memory.
public struct ReferenceLimits: Hashable, Sendable {
    /// Bytes of one member: a document, or an inline chunk.
    public var memberSize = 256 << 20
    /// Bytes of all inline chunks.
    public var inlineSize = 2 << 30
    /// Bytes of all Zarr documents, which take many times as much when they are read.
    public var documentSize = 128 << 20
    /// References that `gen` may make.
    public var generatedCount: UInt64 = 1 << 24

    public init() {}
}
