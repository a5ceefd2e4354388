// SPDX-License-Identifier: Apache-2.0
// Reads kerchunk JSON, versions 0 and 1, straight into manifest columns.
// Spec: kerchunk, "References specification"; the top-level key "sources" is ours.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkStorage

/// Reads a reference set through a window that moves over its text, plain or compressed.
///
/// Keys may come in any order. Where arrays come before their chunks, or only little stands before its array, the text is
/// gone through once, else twice: documents first, then chunks.
public struct JSONReferenceReader: Sendable {
    /// The URL that `[null, offset, size]` means.
    public var target: String?
    /// Knows `zstd` and `gzip`, for compressed sets, and what Zarr v3 calls codecs.
    public var codecs: CodecDirectory
    public var limits: ReferenceLimits

    public init(
        target: String? = nil, codecs: CodecDirectory = CodecDirectory([]),
        limits: ReferenceLimits = ReferenceLimits()
    ) {
        self.target = target
        self.codecs = codecs
        self.limits = limits
    }

    /// Whether a file that starts with `bytes` may be a reference set: an object, or compressed.
    public static func recognizes(_ bytes: Bytes) -> Bool {
        let start = bytes[0..<min(bytes.count, 64)].array
        if StoredText.codec(Array(start.prefix(4))) != nil { return true }
        return start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    }

    /// - Throws: where `text` is not a reference set; arrays that make no sense are issues of the result.
    public func read(_ text: Bytes) throws(KerchunkError) -> LoadedReferences {
        try read(MemorySource(text))
    }

    /// Reads the file `source`, of which little more than what it says is ever in memory.
    /// - Throws: where it is not a reference set; arrays that make no sense are issues of the result.
    public func read(
        _ source: any ByteSource, cancellation: Cancellation = Cancellation()
    ) throws(KerchunkError) -> LoadedReferences {
        try read(cancellation) { () throws in
            try StoredText(source, codecs: codecs, cancellation: cancellation)
        }
    }

    /// Reads text that is made of something else; `make` is called again where it is gone through twice.
    /// - Parameter expectedSize: bytes of the text, about.
    package func read(
        expectedSize: UInt64, cancellation: Cancellation, making make: () -> any ReferenceText
    ) throws(KerchunkError) -> LoadedReferences {
        try read(cancellation) {
            StoredText(make(), expectedSize: expectedSize, cancellation: cancellation)
        }
    }

    private func read(
        _ cancellation: Cancellation, _ text: () throws -> StoredText
    ) throws(KerchunkError) -> LoadedReferences {
        do {
            do {
                return try ReferenceScan(try text(), reader: self, cancellation: cancellation).dataset()
            } catch is OutlineNeeded {
                let outline = try ReferenceScan.outline(try text(), reader: self)
                return try ReferenceScan(
                    try text(), knowing: outline, reader: self, cancellation: cancellation
                ).dataset()
            }
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}
