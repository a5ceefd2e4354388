// SPDX-License-Identifier: Apache-2.0
// What a user can ask of a scan.

/// Options that all formats share; a format passes over what it has no use for.
public struct ScanOptions: Hashable, Sendable {
    /// Codecs that references may name.
    public enum CodecSet: String, Sendable, CaseIterable {
        /// Those of zarr-python and numcodecs where they can undo what a file did, else those of swift_kerchunk, of which
        /// a note tells.
        case auto
        /// Those that zarr-python and numcodecs ship; what they cannot undo is left out.
        case zarr
        /// Those of swift_kerchunk too, also where small data could be embedded instead.
        case all
    }

    /// How variable-length strings are written, as kerchunk's option of the same name.
    public enum StringEncoding: String, Sendable, CaseIterable {
        /// Decoded and inlined.
        case embed
        /// References to the heap ids, read as empty.
        case null
        /// The raw heap ids as 16-byte strings.
        case leave
        /// References to the heap ids, with a codec that knows each string.
        case encode
    }

    /// Chunks of fewer stored bytes are embedded; 0 embeds none.
    public var inlineThreshold: UInt64 = 500
    /// Uncompressed contiguous data is split into chunks of at most this many bytes; nil leaves it whole.
    public var maximumChunkSize: UInt64?
    public var codecs = CodecSet.auto
    public var stringEncoding = StringEncoding.embed
    /// Whether each name of an object with several is a variable.
    public var followsLinks = true
    /// Whether soft links count as names where `followsLinks` is false.
    public var preservesSoftLinks = false
    /// Whether files outside the folder of the scanned one may be opened.
    public var followsExternal = false
    /// The group that becomes the root: a path such as `/a/b`.
    public var group = "/"
    /// Names or paths of variables, with `*` and `?`; empty for all.
    public var included: [String] = []
    public var excluded: [String] = []
    /// Whether what is left of a truncated file is taken, the rest being issues.
    public var salvages = false
    /// Whether it is enough that one of the names in `included` fits a variable: files of a series need not all have the
    /// same variables.
    public var allowsUnmatchedNames = false

    public init() {}

    /// Whether the root of the file is the root of the result.
    package var isWholeFile: Bool { !group.contains { $0 != "/" } }
}
