// SPDX-License-Identifier: Apache-2.0
// Broken archives: a list or an error, never a trap, and no member that lies outside.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

/// Goes through all members; each that opens lies inside `bytes`.
private func survive(_ bytes: Bytes, _ kind: ArchiveKind) -> Bool {
    let source = MemorySource(bytes, url: "/x")
    guard let archive = try? Archive(source, kind: kind) else { return false }
    for member in archive.members {
        guard let opened = try? archive.open(member.name, as: ""), let size = try? opened.size() else {
            continue
        }
        let place = opened.placement?.baseOffset ?? .max
        #expect(place <= UInt64(bytes.count) && size <= UInt64(bytes.count) - place)
        _ = try? opened.read(ByteRange(0..<min(size, 16)))
    }
    _ = archive.names(matching: "**")
    return true
}

private let names = [
    "ustar.tar", "gnu.tar", "pax.tar", "v7.tar", "sizes.tar", "links.tar", "sparse_gnu.tar", "sparse_pax.tar",
    "stored.zip",
    "extra.zip", "zip64.zip", "streamed.zip", "prefixed.zip", "refused.zip",
]

@Suite struct HostileArchiveTests {
    @Test(arguments: names) func everyPrefixIsSurvived(_ name: String) {
        let whole = fixture("archives/" + name)
        let kind: ArchiveKind = name.hasSuffix(".tar") ? .tar : .zip
        // Of larger ones the bytes of members are stepped over.
        let step = max(1, whole.count / 3000)
        var listed = 0
        for count in stride(from: 0, to: whole.count, by: step) {
            if survive(whole[0..<count], kind) { listed += 1 }
        }
        if kind == .zip { #expect(listed == 0, "no prefix of a ZIP archive has its end") }
    }

    @Test(arguments: names) func flippedBitsAreSurvived(_ name: String) {
        let whole = fixture("archives/" + name)
        let kind: ArchiveKind = name.hasSuffix(".tar") ? .tar : .zip
        for seed in 1...400 {
            _ = survive(flippingBits(of: whole, count: 1 + seed % 8, seed: UInt64(seed)), kind)
        }
    }

    @Test(arguments: names.filter { $0.hasSuffix(".tar") }) func headersWithRightChecksumsAreSurvived(
        _ name: String
    ) {
        let whole = fixture("archives/" + name).array
        for seed in 1...400 {
            var bytes = flippingBits(of: Bytes(whole), count: 1 + seed % 4, seed: UInt64(seed)).array
            for start in stride(from: 0, to: bytes.count - 511, by: 512) where bytes[start] != 0 {
                for position in 148..<156 { bytes[start + position] = 0x20 }
                let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
                bytes.replaceSubrange(start + 148..<start + 148 + sum.utf8.count, with: Array(sum.utf8))
            }
            _ = survive(Bytes(bytes), .tar)
        }
    }
}
