// SPDX-License-Identifier: Apache-2.0
// TAR archives, header by header.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

private let end = [UInt8](repeating: 0, count: 1024)

/// An archive of equal members of which only the headers have bytes.
private struct LargeMembers: ByteSource {
    let count: UInt64
    let memberSize: UInt64
    var placement: Placement? { Placement(url: "/large.tar") }
    var stamp: SourceStamp { SourceStamp() }
    func size() -> UInt64 { count * (512 + memberSize) + 1024 }

    func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return ranges.map { range in
            var bytes = [UInt8](repeating: 0, count: Int(range.count))
            let step = 512 + memberSize
            for number in range.offset / step...range.end / step where number < count {
                for (index, byte) in tarHeader("m\(number)", size: memberSize).enumerated() {
                    let place = number * step + UInt64(index)
                    if place >= range.offset, place < range.end { bytes[Int(place - range.offset)] = byte }
                }
            }
            return Bytes(bytes)
        }
    }
}

@Suite struct TarTests {
    private func refusal(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws -> KerchunkError {
        try #require(throws: KerchunkError.self) { try archive(bytes, limits: limits) }
    }

    @Test func smallMembersAreFoundInOneRead() throws {
        var bytes: [UInt8] = []
        for number in 0..<100 { bytes += tarMember("m\(number)", [1, 2, 3]) }
        let source = CountingSource(MemorySource(Bytes(bytes + end), url: "/x"))
        #expect(try Archive(source, kind: .tar).members.count == 100)
        #expect(source.batches <= 2)
    }

    @Test func equalLargeMembersAreGuessed() throws {
        let source = CountingSource(LargeMembers(count: 1000, memberSize: 10 << 20))
        let archive = try Archive(source, kind: .tar)
        #expect(archive.members.count == 1000)
        #expect(try archive.open("m999", as: "").placement?.baseOffset == 999 * (512 + 10 << 20) + 512)
        #expect(source.batches <= 25, "\(source.batches)")
        #expect(source.bytes < 16 << 20)
    }

    @Test func aFileWithoutPaddingIsWhole() throws {
        let bytes = tarMember("a", [UInt8](repeating: 7, count: 700)).prefix(512 + 700)
        #expect(try content(archive(Array(bytes)), "a").count == 700)
    }

    @Test func aMemberBeyondTheEndIsListedButNotOpened() throws {
        let archive = try archive(tarMember("a", [1]) + tarHeader("b", size: 1 << 40))
        #expect(archive.members.map(\.name) == ["a", "b"])
        let error = try #require(throws: KerchunkError.self) { try archive.open("b", as: "") }
        #expect(error.message.contains("ends at byte"))
        #expect(try content(archive, "a") == Bytes([1]))
    }

    @Test func numbersThatAreNoneAreErrors() throws {
        let binary = { (first: UInt8) in [first] + [UInt8](repeating: 0xFF, count: 11) }
        for (field, words) in [
            (binary(0x80), "does not fit"), (binary(0xFF), "is negative"),
            (Array("12x".utf8), "not an octal"),
            (Array("8".utf8), "not an octal"),
        ] {
            let error = try refusal(tarHeader("a", sizeField: field) + end)
            #expect(error.kind == .malformed && error.message.contains(words), "\(error.message)")
        }
        let largest = [0x80, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8)
        #expect(try refusal(tarHeader("a", sizeField: largest) + end).message.contains("a member of"))
        let blanks = Array("   1 \u{0}      ".utf8)
        #expect(try archive(tarHeader("a", sizeField: blanks) + end).members[0].size == 1)
    }

    @Test(arguments: [
        ("x size=1\n", "length is not a number"), ("99 size=1\n", "are left"),
        ("8 size=1\n", "not KEY=VALUE"),
        ("10 size=x\n", "the size is not a number"), ("7 path\n", "not KEY=VALUE"),
        ("0 a=b\n", "not KEY=VALUE"),
        ("99999999999999999999 a=b\n", "length is not a number"), ("3", "length is not a number"),
        ("29 size=99999999999999999999\n", "the size is not a number"),
    ])
    func wrongRecordsAreErrors(_ text: String, _ words: String) throws {
        let error = try refusal(tarMember("h", Array(text.utf8), type: "x") + tarMember("a", [1]) + end)
        #expect(error.kind == .malformed && error.message.contains(words), "\(error.message)")
    }

    @Test func recordsForAllHoldUntilOthersComes() throws {
        let common = tarMember("g", Array("15 path=common\n".utf8), type: "g")
        let own = tarMember("h", Array("12 path=own\n".utf8), type: "x")
        let archive = try archive(common + tarMember("a", [1]) + own + tarMember("b", [2]) + end)
        #expect(archive.members.map(\.name) == ["common", "own"])
    }

    @Test func headersWithoutTheirMemberAreErrors() throws {
        #expect(
            try refusal(tarMember("h", Array("long".utf8), type: "L") + end).message.contains("archive ends"))
        #expect(try refusal(tarHeader("h", size: 600, type: "x")).message.contains("archive ends"))
    }

    @Test func countsAreBounded() throws {
        var limits = ArchiveLimits()
        limits.members = 3
        let three = tarMember("a", []) + tarMember("b", []) + tarMember("c", [])
        #expect(try archive(three + end, limits: limits).members.count == 3)
        #expect(try refusal(three + tarMember("d", []) + end, limits: limits).kind == .limit)
        limits = ArchiveLimits()
        limits.names = 10
        #expect(try refusal(tarMember("eleven char", []) + end, limits: limits).kind == .limit)
        #expect(try refusal(tarHeader("h", size: 2 << 20, type: "L") + end).kind == .limit)
    }

    @Test func otherFilesAreNoArchives() throws {
        #expect(try refusal(Array("hello".utf8)).kind == .unrecognized)
        #expect(try refusal([UInt8](repeating: 1, count: 2000)).kind == .unrecognized)
        for (start, name) in [
            ([0x1F, 0x8B] as [UInt8], "gzip"), (Array("BZh".utf8), "bzip2"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        ] {
            for count in [3, 600] {
                let error = try refusal(start + [UInt8](repeating: 1, count: count))
                #expect(error.kind == .unsupported && error.message.contains(name))
            }
        }
    }

    @Test func cancellationEndsTheWalk() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let error = try #require(throws: KerchunkError.self) {
            try Archive(LargeMembers(count: 10, memberSize: 512), kind: .tar, cancellation: cancellation)
        }
        #expect(error.kind == .cancelled)
    }
}
