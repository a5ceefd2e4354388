// SPDX-License-Identifier: Apache-2.0
// Any bytes as a TAR archive: members or an error, never a trap, and none that lies outside.
//
// Checksums would keep nearly all mutations out, so all blocks that could be headers get right ones, too.

import Kerchunk

/// Goes through all members: each that opens lies inside the archive.
private func check(_ bytes: Bytes, _ kind: ArchiveKind) {
    guard let archive = try? Archive(MemorySource(bytes, url: "/x"), kind: kind) else { return }
    for member in archive.members {
        precondition(!member.name.isEmpty && !member.name.hasPrefix("/") && !member.name.utf8.contains(0))
        guard let source = try? archive.open(member.name, as: "m") else { continue }
        guard let place = source.placement?.baseOffset, let size = try? source.size(),
            place <= UInt64(bytes.count), size <= UInt64(bytes.count) - place
        else { fatalError("a member lies outside the archive") }
        guard (try? source.read(ByteRange(0..<min(size, 64)))) != nil else {
            fatalError("a member that was opened is not read")
        }
    }
    for name in archive.names(matching: "**/*") {
        guard let member = try? archive.member(name) else { fatalError("a listed name is not there") }
        _ = try? archive.locations(of: [member])
    }
    _ = archive.summary()
}

private func withRightChecksums(_ bytes: Bytes) -> Bytes {
    var text = bytes.array
    for start in stride(from: 0, to: text.count - 511, by: 512) where text[start] != 0 {
        for position in 148..<156 { text[start + position] = 0x20 }
        let sum = String(text[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        text.replaceSubrange(start + 148..<start + 148 + sum.utf8.count, with: Array(sum.utf8))
    }
    return Bytes(text)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
    check(bytes, .tar)
    check(withRightChecksums(bytes), .tar)
    return 0
}
