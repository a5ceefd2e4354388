// SPDX-License-Identifier: Apache-2.0
// The codec `vlen-utf8`: texts of any length in one run of bytes.
// Spec: numcodecs' VLenUTF8: number of texts, then each with its length in bytes before it; four little-endian bytes
// for each number.

public import KerchunkBytes
import KerchunkCodecs
public import KerchunkModel

/// Elements that are texts have no bytes of their own: as a step in a pipeline this codec checks the container and
/// passes it on, and `texts` opens it.
struct VariableLengthText: Codec {
    func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        guard stored.count <= limit else { throw .beyond(limit, "vlen-utf8") }
        try TextContainer.forEachText(in: stored) { _ in }
        return stored
    }

    func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes {
        try TextContainer.forEachText(in: decoded) { _ in }
        return decoded
    }
}

/// Texts in the form in which chunks of type `text` hold them.
public enum TextContainer {
    public static func bytes(of texts: [String]) throws(KerchunkError) -> Bytes {
        var writer = FrameWriter()
        guard let count = UInt32(exactly: texts.count) else {
            throw .unencodable("vlen-utf8", "\(texts.count) texts are too many for one chunk")
        }
        writer.uint32(count)
        for text in texts {
            guard let length = UInt32(exactly: text.utf8.count) else {
                throw .unencodable("vlen-utf8", "a text of \(text.utf8.count) bytes is too long")
            }
            writer.uint32(length)
            writer.append(Array(text.utf8))
        }
        return writer.bytes
    }

    /// - Throws: `malformed` for a container that does not hold what it says, or text that is not UTF-8.
    public static func texts(in container: Bytes) throws(KerchunkError) -> [String] {
        var texts: [String] = []
        try forEachText(in: container) { texts.append($0) }
        return texts
    }

    static func forEachText(in container: Bytes, _ body: (String) -> Void) throws(KerchunkError) {
        var reader = FrameReader(container, codec: "vlen-utf8")
        let count = Int(try reader.uint32())
        for index in 0..<count {
            let bytes = try reader.bytes(Int(try reader.uint32()))
            guard let text = bytes.utf8Text else {
                throw .undecodable("vlen-utf8", "text \(index) is not UTF-8")
            }
            body(text)
        }
    }
}
