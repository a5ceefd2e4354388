// SPDX-License-Identifier: Apache-2.0
// Numbers of any number of bits, packed from the highest bit of each byte down.

/// A position in bits. The caller has checked that enough bits are there; beyond the end are zeros.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0
    /// Bits of the byte before `position` that are still to be read.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// - Parameter count: 0 to 64.
    mutating func bits(_ count: Int) -> UInt64 {
        guard count <= 32 else {
            let high = bits(count - 32)
            return high << 32 | bits(32)
        }
        while pendingCount < count {
            pending = pending << 8 | UInt64(position < bytes.count ? bytes[position] : 0)
            position += 1
            pendingCount += 8
        }
        pendingCount -= count
        let value = pending >> UInt64(pendingCount)
        pending &= (1 << UInt64(pendingCount)) - 1
        return value
    }
}
