// SPDX-License-Identifier: Apache-2.0
// Headers and blocks of framed codecs, read with bounds and written.

import KerchunkBytes
import KerchunkModel

/// A position in stored bytes; reading beyond their end is an error that names the codec.
struct FrameReader {
    private let stored: Bytes
    private let codec: String
    private(set) var position = 0

    init(_ stored: Bytes, codec: String) {
        self.stored = stored
        self.codec = codec
    }

    var remaining: Int { stored.count - position }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) throws(KerchunkError) -> Bytes {
        guard count >= 0, count <= remaining else {
            throw .undecodable(
                codec, "needs \(count) bytes at byte \(position), but only \(max(0, remaining)) are left")
        }
        defer { position += count }
        return stored[position..<position + count]
    }

    mutating func seek(to position: Int) throws(KerchunkError) {
        guard position >= 0, position <= stored.count else {
            throw .undecodable(codec, "position \(position) is outside its \(stored.count) bytes")
        }
        self.position = position
    }

    private mutating func unsigned(_ width: Int, isBigEndian: Bool) throws(KerchunkError) -> UInt64 {
        let digits = try bytes(width)
        var value: UInt64 = 0
        for index in 0..<width {
            value = value << 8 | UInt64(digits[isBigEndian ? index : width - 1 - index])
        }
        return value
    }

    mutating func uint8() throws(KerchunkError) -> UInt8 { try bytes(1)[0] }
    mutating func uint32() throws(KerchunkError) -> UInt32 {
        UInt32(truncatingIfNeeded: try unsigned(4, isBigEndian: false))
    }
    mutating func uint32BigEndian() throws(KerchunkError) -> UInt32 {
        UInt32(truncatingIfNeeded: try unsigned(4, isBigEndian: true))
    }
    mutating func uint64BigEndian() throws(KerchunkError) -> UInt64 { try unsigned(8, isBigEndian: true) }
}

/// Stored bytes, put together field by field.
struct FrameWriter {
    private var stored: [UInt8] = []

    private mutating func unsigned(_ value: UInt64, width: Int, isBigEndian: Bool) {
        for index in 0..<width {
            let byte = isBigEndian ? width - 1 - index : index
            stored.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)))
        }
    }

    mutating func uint32(_ value: UInt32) { unsigned(UInt64(value), width: 4, isBigEndian: false) }
    mutating func uint32BigEndian(_ value: UInt32) { unsigned(UInt64(value), width: 4, isBigEndian: true) }
    mutating func uint64BigEndian(_ value: UInt64) { unsigned(value, width: 8, isBigEndian: true) }
    mutating func append(_ bytes: Bytes) { stored += bytes.array }
    mutating func append(_ bytes: [UInt8]) { stored += bytes }

    var bytes: Bytes { Bytes(stored) }
}
