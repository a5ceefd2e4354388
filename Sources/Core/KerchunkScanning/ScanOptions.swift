// SPDX-License-Identifier: Apache-2.0
// What a user can ask of a scan.

public import KerchunkBytes
public import KerchunkModel

/// Options that all formats share, and the values of those that formats declare. A format passes over what it has no use for,
/// so that files of several formats can be scanned together.
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

    /// Chunks of fewer stored bytes are embedded; 0 embeds none.
    public var inlineThreshold: UInt64 = 500
    /// Uncompressed contiguous data is split into chunks of at most this many bytes; nil leaves it whole.
    public var maximumChunkSize: UInt64?
    public var codecs = CodecSet.auto
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
    /// Values of options that formats declare.
    private var declared = OptionValues()

    public init() {}

    /// The value of an option that a format declares.
    public subscript<Value>(_ option: TypedOption<Value>) -> Value {
        get { declared[option] }
        set { declared[option] = newValue }
    }

    /// Sets an option that a format declares by its name.
    /// - Throws: kind `usage` where the value is none of the option's.
    public mutating func set(_ option: any DeclaredOption, _ value: JSONValue) throws(KerchunkError) {
        try declared.set(option, value)
    }

    /// Values of options that formats declare, but for the standard ones.
    var declaredValues: [(name: String, value: JSONValue)] { declared.sorted }

    /// Whether the root of the file is the root of the result.
    package var isWholeFile: Bool { !group.contains { $0 != "/" } }
}
