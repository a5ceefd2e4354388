// SPDX-License-Identifier: Apache-2.0
// How much an archive may claim before it is not believed.

/// Bounds on what an archive can make us do.
public struct ArchiveLimits: Hashable, Sendable {
    /// Members, directories included.
    public var members = 1_000_000
    /// Bytes of all their names.
    public var names = 256 << 20
    /// Bytes of an extended header of a TAR archive.
    public var extendedHeader: UInt64 = 1 << 20
    /// Bytes of the central directory of a ZIP archive.
    public var directory: UInt64 = 512 << 20
    /// Links from one member to the next.
    public var links = 32

    public init() {}
}
