// SPDX-License-Identifier: Apache-2.0
// Codecs for files too large to decode whole: a window at a time.

public import KerchunkBytes
public import KerchunkModel

/// Decodes stored bytes that come in pieces.
// A class because it owns the state of a C library.
public protocol StreamDecoder: AnyObject {
    /// Whether all that was given so far decodes to an end, so that the input may end here.
    var isComplete: Bool { get }
    /// Decodes from the start of `stored`, and takes away what it used.
    /// - Parameter limit: most bytes that come back; fewer come only when all of `stored` was used.
    /// - Throws: kind `malformed` for bytes that this codec did not write.
    func decode(_ stored: inout Bytes, limit: Int) throws(KerchunkError) -> Bytes
}

/// Encodes bytes that come in pieces.
// A class because it owns the state of a C library.
public protocol StreamEncoder: AnyObject {
    /// Stored bytes for `decoded` or for what came before; often none, while they gather inside.
    func encode(_ decoded: RawSpan) throws(KerchunkError) -> Bytes
    /// The rest of the stored bytes; called once.
    func finish() throws(KerchunkError) -> Bytes
}

/// A codec that can also work a window at a time.
public protocol StreamingCodec: Codec {
    func streamDecoder() throws(KerchunkError) -> any StreamDecoder
    func streamEncoder() throws(KerchunkError) -> any StreamEncoder
}

extension CodecDirectory {
    /// The codec `id` with its default settings, where it can work a window at a time.
    public func streaming(_ id: String) throws(KerchunkError) -> any StreamingCodec {
        guard let codec = try codec(CodecSpec(id)) as? any StreamingCodec else {
            throw KerchunkError(.unsupported, "the codec \"\(id)\" cannot process whole files")
        }
        return codec
    }
}
