// SPDX-License-Identifier: Apache-2.0
import Kerchunk
import KerchunkStorage
import Testing

@Suite struct VersionTests {
    @Test func theVersionIsThatOfTheFile() throws {
        let here = #filePath
        let root = here.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = String(decoding: try Platform.readToEnd("/" + root + "/VERSION"), as: UTF8.self)
        #expect(text.split(whereSeparator: \.isNewline).first.map(String.init) == Kerchunk.version)
    }
}
