// SPDX-License-Identifier: Apache-2.0
// What must hold for any archive, whatever its form.

public import Kerchunk

/// Goes through all members: each that opens lies inside the archive.
public func goThrough(_ bytes: Bytes, as kind: ArchiveKind) {
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
