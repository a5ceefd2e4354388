// SPDX-License-Identifier: Apache-2.0

import KerchunkBytes
import Testing

struct SystemTextTests {
    @Test(
        arguments: [
            [0x61, 0x2E, 0x6E, 0x63], [0x63, 0xE9, 0x2E], [0xFF, 0xFE], [0xC3, 0xA9, 0xC3],
            [0xEE, 0xBE, 0x80],
            [0xEE, 0xBF], [0xF0, 0x9F, 0x8C, 0x8D, 0x80], [0xED, 0xA0, 0x80], [],
        ] as [[UInt8]])
    func namesComeBackAsTheyWere(name: [UInt8]) {
        #expect(SystemText.bytes(SystemText.string(name)) == name)
    }

    @Test func anyBytesComeBackAsTheyWere() {
        let common: [UInt8] = [0xEE, 0xBE, 0xBF, 0xC3, 0xA9, 0x61]
        for _ in 0..<2000 {
            let name = (0..<Int.random(in: 0...12)).map { _ in
                Bool.random() ? common[.random(in: 0..<common.count)] : UInt8.random(in: 1...255)
            }
            #expect(SystemText.bytes(SystemText.string(name)) == name, "\(name)")
        }
    }

    @Test func textStaysWhatItIs() {
        #expect(SystemText.string("é🌍.nc".utf8) == "é🌍.nc")
        #expect(!SystemText.hasEscapes("é🌍.nc"))
        #expect(SystemText.shown("é.nc") == "é.nc")
    }

    @Test func bytesThatAreNoTextAreShown() {
        let text = SystemText.string([0x63, 0xE9, 0x2E, 0x6E, 0x63])
        #expect(SystemText.hasEscapes(text))
        #expect(SystemText.shown(text) == #"c\xE9.nc"#)
    }

    /// Two names are two strings.
    @Test func privateCharactersOfANameAreBytes() {
        let character = SystemText.string([0xEE, 0xBF, 0xA9])
        let byte = SystemText.string([0xE9])
        #expect(character != byte)
        #expect(SystemText.bytes(byte) == [0xE9])
    }
}
