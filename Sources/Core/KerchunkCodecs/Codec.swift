// SPDX-License-Identifier: Apache-2.0
// What a codec is.

public import KerchunkBytes
public import KerchunkModel

/// One step between stored bytes and elements.
public protocol Codec: Sendable {
    /// - Parameter limit: the decoded bytes may not be more; a hostile chunk shall not fill the memory.
    /// - Throws: `KerchunkError` of kind `malformed` for bytes that this codec did not write, `limit` beyond `limit`.
    func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes
    /// The reverse of `decode`.
    /// - Throws: kind `unsupported` where this codec can only decode.
    func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes
}

/// The codecs that are at hand, by id. A value: no registry, no registration.
public struct CodecDirectory: Sendable {
    /// Makes a codec from its settings; throws where they make no sense.
    public typealias Maker = @Sendable (JSONObject) throws(KerchunkError) -> any Codec

    private let makers: [String: Maker]

    public init(_ makers: [String: Maker]) { self.makers = makers }

    public func contains(_ id: String) -> Bool { makers[id] != nil }

    /// Sorted.
    public var ids: [String] { makers.keys.sorted() }

    public func codec(_ spec: CodecSpec) throws(KerchunkError) -> any Codec {
        guard let make = makers[spec.id] else {
            throw KerchunkError(.unsupported, "no codec \"\(spec.id)\" is at hand")
        }
        return try make(spec.configuration)
    }
}

/// Codecs behind each other, in the order in which they encode.
public struct CodecPipeline: Sendable {
    public let codecs: [any Codec]

    public init(_ specs: [CodecSpec], from directory: CodecDirectory) throws(KerchunkError) {
        var codecs: [any Codec] = []
        for spec in specs { codecs.append(try directory.codec(spec)) }
        self.codecs = codecs
    }

    /// - Parameter limit: most bytes that any step may make.
    public func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        var bytes = stored
        for codec in codecs.reversed() { bytes = try codec.decode(bytes, limit: limit) }
        return bytes
    }

    public func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes {
        var bytes = decoded
        for codec in codecs { bytes = try codec.encode(bytes) }
        return bytes
    }
}
