// SPDX-License-Identifier: Apache-2.0
// How much a file may claim before it is not believed.

/// Bounds on what a file can make us do.
public struct ScanLimits: Hashable, Sendable {
    /// Levels of a tree.
    public var depth = 64
    /// Groups and variables.
    public var objects = 10_000_000
    /// Bytes of one structure, such as a heap or an object header.
    public var structureSize: UInt64 = 256 << 20
    /// Chunks of one variable.
    public var chunks: UInt64 = 1 << 32
    /// Decoded bytes of one chunk that is read here.
    public var decodedChunk = 256 << 20
    /// Decoded bytes of one variable that are embedded because references to them could not be read.
    public var converted: UInt64 = 1 << 20
    /// The same of texts, which cannot be referenced at all, and of values that stand in no file.
    public var embedded: UInt64 = 64 << 20
    /// Small chunks of one variable that are embedded: each may be a request of its own. Where there are more, none is.
    public var smallChunks = 500_000
    /// Bytes in one batch of reads.
    public var batch: UInt64 = 32 << 20

    public init() {}
}
