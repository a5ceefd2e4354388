// SPDX-License-Identifier: Apache-2.0
// Archives for tests: those of Fixtures/archives, and headers written field by field.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

func fixtureArchive(_ name: String) throws -> Archive {
    let bytes = fixture("archives/" + name)
    return try Archive(MemorySource(bytes, url: "/" + name), kind: name.hasSuffix(".tar") ? .tar : .zip)
}

func archive(_ bytes: [UInt8], _ kind: ArchiveKind = .tar, limits: ArchiveLimits = ArchiveLimits()) throws
    -> Archive
{
    try Archive(MemorySource(Bytes(bytes), url: "/x"), kind: kind, limits: limits)
}

/// Bytes of a member.
func content(_ archive: Archive, _ name: String) throws -> Bytes {
    let source = try archive.open(name, as: name)
    return try source.read(ByteRange(0..<source.size()))
}

/// A header block of a TAR archive with a right checksum.
func tarHeader(
    _ name: String, size: UInt64 = 0, type: Character = "0", link: String = "", sizeField: [UInt8]? = nil,
    change: (inout [UInt8]) -> Void = { _ in }
) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: [UInt8], at position: Int) {
        block.replaceSubrange(position..<position + text.count, with: text)
    }
    func octal(_ value: UInt64, _ width: Int) -> [UInt8] {
        let digits = String(value, radix: 8)
        return Array((String(repeating: "0", count: max(0, width - digits.count)) + digits).utf8)
    }
    put(Array(name.utf8.prefix(100)), at: 0)
    put(octal(0o644, 7), at: 100)
    put(sizeField ?? octal(size, 11), at: 124)
    put(Array(type.utf8), at: 156)
    put(Array(link.utf8.prefix(100)), at: 157)
    put(Array("ustar\u{0}00".utf8), at: 257)
    change(&block)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(octal(block.reduce(0) { $0 + UInt64($1) }, 6) + [0, 0x20], at: 148)
    return block
}

/// A member with its bytes and padding.
func tarMember(_ name: String, _ content: [UInt8], type: Character = "0") -> [UInt8] {
    let padding = (512 - content.count % 512) % 512
    return tarHeader(name, size: UInt64(content.count), type: type) + content
        + [UInt8](repeating: 0, count: padding)
}
