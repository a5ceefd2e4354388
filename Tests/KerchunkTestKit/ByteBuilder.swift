// SPDX-License-Identifier: Apache-2.0
// Bytes of a structure, written field by field, so that decoders are tested without files.

public import KerchunkBytes

/// Appends little-endian fields.
public struct ByteBuilder {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func text(_ text: String) { bytes += Array(text.utf8) }
    public mutating func raw(_ raw: [UInt8]) { bytes += raw }
    public mutating func uint8(_ value: UInt8) { bytes.append(value) }
    public mutating func uint16(_ value: UInt16) { uint(UInt64(value), width: 2) }
    public mutating func uint32(_ value: UInt32) { uint(UInt64(value), width: 4) }
    public mutating func uint64(_ value: UInt64) { uint(value, width: 8) }
    public mutating func uint(_ value: UInt64, width: Int) {
        for byte in 0..<width {
            bytes.append(byte < 8 ? UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) : 0)
        }
    }
    public mutating func zeros(_ count: Int) { bytes += [UInt8](repeating: 0, count: count) }

    public var built: Bytes { Bytes(bytes) }
}
