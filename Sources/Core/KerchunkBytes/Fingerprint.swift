// SPDX-License-Identifier: Apache-2.0
// A name for work that is the same in every run: Swift's own hashes change from run to run.
// Spec: FNV-1a, with 64 bits; two of them, from different starts.

/// Takes in text and numbers, and gives 32 hexadecimal digits. It names work; it is no protection against malice.
public struct Fingerprint: Sendable {
    private var first: UInt64 = 0xcbf2_9ce4_8422_2325
    private var second: UInt64 = 0x8422_2325_cbf2_9ce4
    private static let prime: UInt64 = 0x0000_0100_0000_01b3

    public init() {}

    public mutating func combine(_ byte: UInt8) {
        // Wraps around by its definition.
        first = (first ^ UInt64(byte)) &* Self.prime
        second = (second ^ UInt64(byte ^ 0x5A)) &* Self.prime
    }

    /// Texts are told apart from what follows them.
    public mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
        combine(UInt8(0xFF))
    }

    public mutating func combine(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            combine(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    public mutating func combine(_ bytes: Bytes) {
        combine(UInt64(bytes.count))
        for byte in bytes.array { combine(byte) }
    }

    public var text: String {
        [first, second].map { half in
            let digits = String(half, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
