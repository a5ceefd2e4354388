// SPDX-License-Identifier: Apache-2.0
// Messages whose bits are flipped where checksums are right: an error or an issue, never a trap or a hang. Whole files:
// `BehaviourTests`.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct HostileFileTests {
    /// Walks whatever can be walked; the values are windows, so touching each is cheap.
    private func walk(_ bytes: Bytes) -> Int {
        do {
            let found = try HDF5File.open(MemorySource(bytes)).hierarchy()
            return found.nodes.reduce(0) { $0 + $1.object.attributes.count }
        } catch {
            return 0
        }
    }

    /// Bits flipped before the checksums are made, so that they reach the decoders of messages.
    @Test func flippedMessagesEndWell() {
        var file = TinyFile(slot: 512)
        file.objects = [
            [.linkInfo, .hard("a", file.address(of: 1)), .soft("s", "/a/x"), .attribute("n", 1)],
            [.linkInfo, .hard("x", file.address(of: 2))], TinyFile.Message.scalar,
        ]
        for object in file.objects.indices {
            for message in file.objects[object].indices {
                for position in file.objects[object][message].body.indices {
                    for bit in 0..<8 {
                        var changed = file
                        changed.objects[object][message].body[position] ^= 1 << UInt8(bit)
                        _ = walk(changed.bytes)
                    }
                }
            }
        }
    }
}
