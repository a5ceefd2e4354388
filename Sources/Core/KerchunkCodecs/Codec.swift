// SPDX-License-Identifier: Apache-2.0
// What a codec is.

public import KerchunkBytes
public import KerchunkModel

/// One step between stored bytes and elements.
public protocol Codec: Sendable {
    /// - Parameters:
    ///   - form: what comes out at this step; of a codec between bytes, the elements that they are. nil where nobody knows
    ///     it, as where numcodecs calls. Most codecs find all that they need in their settings and in `stored`.
    ///   - limit: the decoded bytes may not be more; a hostile chunk shall not fill the memory.
    /// - Throws: `KerchunkError` of kind `malformed` for bytes that this codec did not write, `limit` beyond `limit`.
    func decode(_ stored: Bytes, as form: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes
    /// The reverse of `decode`.
    /// - Throws: kind `unsupported` where this codec can only decode.
    func encode(_ decoded: Bytes, as form: ChunkForm?) throws(KerchunkError) -> Bytes
    /// What elements of `form` are encoded to: the `form` of the next codec. Only codecs that make elements of other
    /// types or shapes need to have it.
    func encodedForm(_ form: ChunkForm) -> ChunkForm
}

extension Codec {
    public func encodedForm(_ form: ChunkForm) -> ChunkForm { form }

    /// Decodes bytes that are not elements of an array.
    public func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        try decode(stored, as: nil, limit: limit)
    }

    /// Encodes bytes that are not elements of an array.
    public func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes { try encode(decoded, as: nil) }
}
