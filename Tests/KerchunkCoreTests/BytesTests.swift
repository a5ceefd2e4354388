// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import Testing

@Suite struct BytesTests {
    @Test func slicesShareContent() {
        let bytes: Bytes = [1, 2, 3, 4, 5]
        #expect(bytes[1..<4] == [2, 3, 4])
        #expect(bytes[1..<4][1..<2] == [3])
        #expect(bytes.dropping(9).isEmpty)
    }

    @Test func cursorReadsLittleEndianAndKnowsItsOffset() throws {
        let bytes: Bytes = [1, 0, 2, 0, 0, 0, 0xFF]
        try bytes.parse(at: 100, in: "test") { cursor throws(ParseError) in
            #expect(try cursor.uint16() == 1)
            #expect(try cursor.uint32() == 2)
            #expect(cursor.offset == 106)
            #expect(
                throws: ParseError("needs 2 bytes, 1 left", in: "test", at: 106)
            ) {
                try bytes.parse(at: 100, in: "test") { cursor throws(ParseError) in
                    try cursor.skip(6)
                    _ = try cursor.uint16()
                }
            }
        }
    }

    @Test func hexadecimalDigitsArePairs() {
        #expect(Bytes([0x00, 0x0F, 0xA9]).hexadecimal == "000fa9")
        #expect(Bytes(hexadecimal: "000fA9") == Bytes([0x00, 0x0F, 0xA9]))
        #expect(Bytes(hexadecimal: "") == Bytes())
        #expect(Bytes(hexadecimal: "0") == nil)
        #expect(Bytes(hexadecimal: "0g") == nil)
    }
}
