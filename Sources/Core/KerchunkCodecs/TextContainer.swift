// SPDX-License-Identifier: Apache-2.0
// Texts of any length in one run of bytes.
// Spec: numcodecs' VLenUTF8: number of texts, then each with its length in bytes before it; four little-endian bytes
// for each number.

public import KerchunkBytes
public import KerchunkModel

/// Texts in the form in which chunks of type `text` hold them.
public enum TextContainer {
    /// The codec whose stored bytes are containers.
    package static let codec = CodecSpec("vlen-utf8")

    public static func bytes(of texts: [String]) throws(KerchunkError) -> Bytes {
        try container(texts.lazy.map(\.utf8))
    }

    /// - Parameter texts: each in UTF-8.
    package static func bytes(of texts: [[UInt8]]) throws(KerchunkError) -> Bytes { try container(texts) }

    /// - Throws: `malformed` for a container that does not hold what it says, or text that is not UTF-8.
    public static func texts(in container: Bytes) throws(KerchunkError) -> [String] {
        var texts: [String] = []
        try forEachText(in: container) { texts.append($0) }
        return texts
    }

    package static func forEachText(
        in container: Bytes, _ body: (String) -> Void
    ) throws(KerchunkError) {
        var position = 0
        func take(_ count: Int) throws(KerchunkError) -> Bytes {
            guard count <= container.count - position else {
                throw KerchunkError(
                    .malformed,
                    "cannot decode vlen-utf8: needs \(count) bytes at byte \(position), but only \(container.count - position) are left"
                )
            }
            defer { position += count }
            return container[position..<position + count]
        }
        func number() throws(KerchunkError) -> Int {
            let bytes = try take(4)
            return Int(bytes[0]) | Int(bytes[1]) << 8 | Int(bytes[2]) << 16 | Int(bytes[3]) << 24
        }
        for index in 0..<(try number()) {
            guard let text = try take(try number()).utf8Text else {
                throw KerchunkError(.malformed, "cannot decode vlen-utf8: string \(index) is not UTF-8")
            }
            body(text)
        }
    }

    private static func container(
        _ texts: some Collection<some Collection<UInt8>>
    ) throws(KerchunkError) -> Bytes {
        var bytes: [UInt8] = []
        func append(_ number: UInt32) {
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
        }
        guard let count = UInt32(exactly: texts.count) else {
            throw KerchunkError(.unsupported, "\(texts.count) strings are too many for one chunk")
        }
        bytes.reserveCapacity(texts.reduce(4) { $0 + 4 + $1.count })
        append(count)
        for text in texts {
            guard let length = UInt32(exactly: text.count) else {
                throw KerchunkError(.unsupported, "a string of \(text.count) bytes is too long for a chunk")
            }
            append(length)
            bytes += text
        }
        return Bytes(bytes)
    }
}
