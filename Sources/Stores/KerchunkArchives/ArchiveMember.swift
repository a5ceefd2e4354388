// SPDX-License-Identifier: Apache-2.0
// One entry of an archive.

public import KerchunkBytes

/// A file inside an archive.
public struct ArchiveMember: Hashable, Sendable {
    /// Where its bytes are.
    public enum Content: Hashable, Sendable {
        /// As they are, at this place of the archive.
        case stored(ByteRange)
        /// Behind a local header of a ZIP archive.
        case behindHeader(ZipPlace)
        /// The same bytes as another member has; its name is from the root of the archive.
        case link(to: String)
        case directory
        /// Not in one piece, or not as they are: the reason, which ends a sentence about the member.
        case unreachable(String)
    }

    /// As the archive has it, up to its first NUL.
    public let name: String
    /// Bytes of the file, as the archive claims.
    public let size: UInt64
    public let content: Content

    public init(name: String, size: UInt64, content: Content) {
        self.name = name
        self.size = size
        self.content = content
    }

    /// Whether it is a file, readable or not.
    public var isFile: Bool { content != .directory }
}

/// Where a member of a ZIP archive is, as far as the central directory says.
public struct ZipPlace: Hashable, Sendable {
    /// Of the local header, in the archive.
    public let headerOffset: UInt64
    public let storedSize: UInt64
    /// Whether the bytes are deflated.
    public let isDeflated: Bool
    /// The name as it is stored, which the local header must have, too.
    public let storedName: Bytes
}

/// Where bytes of a member lie in its archive.
public struct MemberLocation: Hashable, Sendable {
    public let range: ByteRange
    /// Whether `range` is a deflated stream and the local header before it.
    public let isDeflated: Bool
}
