// SPDX-License-Identifier: Apache-2.0
// Members of archives keep the contract of sources.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct MemberSourceTests {
    /// The members say for themselves what they are: their name again and again (`Fixtures/make_archives.py`).
    @Test(arguments: [
        "ustar.tar", "gnu.tar", "pax.tar", "stored.zip", "zip64.zip", "streamed.zip", "prefixed.zip",
    ])
    func theContractIsKept(_ name: String) throws {
        let outer = fixture("archives/" + name)
        let archive = try fixtureArchive(name)
        var tried = 0
        for member in archive.members {
            guard let source = try? archive.open(member.name, as: "x"), let place = source.placement else {
                continue
            }
            let start = Int(place.baseOffset)
            let bytes = outer[start..<start + Int(try source.size())]
            #expect(checkByteSource(source, holds: bytes, inside: outer) == [])
            tried += 1
        }
        #expect(tried > 0)
    }
}
