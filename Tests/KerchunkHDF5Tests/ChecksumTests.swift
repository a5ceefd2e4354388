// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import Testing

@testable import KerchunkHDF5

@Suite struct ChecksumTests {
    /// The values that the author of lookup3 gives for his driver5().
    @Test func knownValuesOfTheAuthor() {
        #expect(lookup3(Bytes()) == 0xDEAD_BEEF)
        #expect(lookup3(Bytes(), seed: 0xDEAD_BEEF) == 0xBD5B_7DDE)
        #expect(lookup3(Bytes("Four score and seven years ago")) == 0x1777_0551)
        #expect(lookup3(Bytes("Four score and seven years ago"), seed: 1) == 0xCD62_8161)
    }

    @Test func everyChangedByteIsNoticed() throws {
        var bytes: [UInt8] = Array(0..<29)
        let sum = lookup3(Bytes(bytes))
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }
        try verifyChecksum(Bytes(bytes), at: 0, in: "test")
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1
            #expect(throws: ParseError.self) { try verifyChecksum(Bytes(changed), at: 0, in: "test") }
        }
    }
}
