// SPDX-License-Identifier: Apache-2.0
// ZIP archives: requests, and records that lie.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct ZipTests {
    /// `stored.zip` with other bytes at `position`, counted from the first `signature`.
    private func changed(
        _ signature: [UInt8], at position: Int, to bytes: [UInt8], in name: String = "stored.zip"
    ) throws -> [UInt8] {
        var content = fixture("archives/" + name).array
        let start = try #require(
            content.indices.first { content[$0...].starts(with: signature) }, "no such record")
        content.replaceSubrange(start + position..<start + position + bytes.count, with: bytes)
        return content
    }

    private let entry: [UInt8] = [0x50, 0x4B, 1, 2]
    private let local: [UInt8] = [0x50, 0x4B, 3, 4]
    private let last: [UInt8] = [0x50, 0x4B, 5, 6]

    private func failure(_ bytes: [UInt8], _ name: String = "a.nc") throws -> KerchunkError {
        try #require(throws: KerchunkError.self) { try archive(bytes, .zip).open(name, as: "") }
    }

    @Test func aSmallArchiveIsListedInOneRequestAndEachMemberTakesOne() throws {
        let source = CountingSource(MemorySource(fixture("archives/stored.zip"), url: "/x"))
        let archive = try Archive(source, kind: .zip)
        #expect(source.batches == 1)
        _ = try archive.locations(of: archive.members.filter(\.isFile))
        #expect(source.batches == 2 && source.ranges == 6)
    }

    @Test func aLongDirectoryTakesASecondRequest() throws {
        var directory = ByteBuilder()
        let count = 10_000
        for number in 0..<count {
            let name = "member-\(number)"
            directory.raw(entry)
            directory.zeros(24)
            directory.uint16(UInt16(name.utf8.count))
            directory.zeros(16)
            directory.text(name)
        }
        var end = ByteBuilder()
        end.raw(last)
        end.zeros(4)
        end.uint16(UInt16(count))
        end.uint16(UInt16(count))
        end.uint32(UInt32(directory.bytes.count))
        end.uint32(30)
        end.uint16(0)
        let bytes = [UInt8](repeating: 0, count: 30) + directory.bytes + end.bytes
        let source = CountingSource(MemorySource(Bytes(bytes), url: "/x"))
        #expect(try Archive(source, kind: .zip).members.count == count)
        #expect(source.batches == 2)
        var limits = ArchiveLimits()
        limits.directory = 1000
        #expect(throws: KerchunkError.self) { try archive(bytes, .zip, limits: limits) }
        limits = ArchiveLimits()
        limits.members = count - 1
        let error = try #require(throws: KerchunkError.self) { try archive(bytes, .zip, limits: limits) }
        #expect(error.kind == .limit)
    }

    @Test func localHeadersMustBeOfTheirMember() throws {
        for bytes in [
            try changed(local, at: 0, to: [0x50, 0x4B, 3, 5]), try changed(local, at: 30, to: [0x62]),
            try changed(local, at: 8, to: [8]), try changed(local, at: 26, to: [5]),
        ] {
            let error = try failure(bytes)
            #expect(error.kind == .malformed && error.message.contains("local header"), "\(error.message)")
        }
        let error = try failure(try changed(local, at: 28, to: [0xFF, 0xFF]))
        #expect(error.message.contains("but the archive ends at byte"))
    }

    @Test func entriesThatLieAreErrors() throws {
        let far: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF]
        #expect(try failure(changed(entry, at: 42, to: far)).message.contains("outside the archive"))
        #expect(try failure(changed(entry, at: 20, to: far)).message.contains("is declared as stored"))
        #expect(try failure(changed(entry, at: 20, to: far + far)).message.contains("archive ends"))
        #expect(try failure(changed(entry, at: 28, to: [0xFF, 0xFF])).kind == .malformed)
        #expect(try failure(changed(entry, at: 34, to: [1])).message.contains("another part"))
        #expect(try failure(changed(entry, at: 10, to: [93])).message.contains("(zstd)"))
    }

    @Test func aWrongEndIsAnError() throws {
        let far: [UInt8] = [0xFE, 0xFF, 0xFF, 0xFF]
        #expect(try failure(changed(last, at: 12, to: far)).message.contains("a directory of"))
        #expect(try failure(changed(last, at: 16, to: far)).message.contains("a directory of"))
        #expect(try failure(changed(last, at: 4, to: [1])).message.contains("split"))
        let whole = fixture("archives/stored.zip").array
        #expect(try failure(Array(whole.prefix(whole.count / 2))).message.contains("is incomplete"))
        #expect(try failure(Array("hello".utf8)).kind == .unrecognized)
        #expect(try failure([]).kind == .unrecognized)
        #expect(try failure([0x1F, 0x8B] + [UInt8](repeating: 0, count: 99)).message.contains("gzip"))
        let large = try changed([0x50, 0x4B, 6, 6], at: 0, to: [0], in: "zip64.zip")
        #expect(try failure(large).message.contains("64-bit record"))
        let offset = try changed(
            [0x50, 0x4B, 6, 6], at: 48, to: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], in: "zip64.zip")
        #expect(try failure(offset).message.contains("a directory of"))
    }

    @Test func aCommentMayLookLikeTheEnd() throws {
        let bytes = try changed(Array("a comment of".utf8), at: 0, to: last + last + last)
        #expect(try content(archive(bytes, .zip), "a.nc").count == 700)
    }

    @Test func whatFollowsTheEndDoesNotMatter() throws {
        let bytes = fixture("archives/stored.zip").array + Array("junk behind".utf8)
        #expect(try content(archive(bytes, .zip), "a.nc").count == 700)
    }
}
