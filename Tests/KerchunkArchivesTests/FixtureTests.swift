// SPDX-License-Identifier: Apache-2.0
// Places of members as Python's tarfile has them, and as local headers of ZIP members say.

import KerchunkArchives
import KerchunkBytes
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct FixtureTests {
    private static let expected: [(name: String, places: [String: [UInt64]])] = {
        guard let listing = try? JSONScanner.parse(fixture("archives/archives.json")).object else {
            return []
        }
        return listing.map { name, value in
            var places: [String: [UInt64]] = [:]
            for (member, place) in value.object ?? [:] {
                places[member] = place.array?.compactMap { $0.number?.uint64 }
            }
            return (name, places)
        }
    }()

    @Test func membersLieWherePythonFindsThem() throws {
        #expect(Self.expected.count >= 19)
        for (name, places) in Self.expected {
            let archive = try fixtureArchive(name)
            for (member, place) in places {
                let source = try archive.open(member, as: member)
                #expect(
                    source.placement == Placement(url: "/" + name, baseOffset: place[0]), "\(name) \(member)")
                #expect(try source.size() == place[1])
                let bytes = try source.read(ByteRange(0..<place[1]))
                let start = Array((member.split(separator: "/").last ?? "").utf8)
                // Names of code page 437 and those that were changed by hand are not in the text.
                if place[1] > 0, !member.hasPrefix("437"), !member.hasPrefix("b.zip") {
                    let text = String(decoding: bytes.array.prefix(300), as: UTF8.self)
                    #expect(text.contains(String(decoding: start, as: UTF8.self) + ": "), "\(name) \(member)")
                }
            }
            let readable = archive.members.filter {
                switch $0.content {
                case .stored: true
                case .behindHeader(let place): !place.isDeflated
                default: false
                }
            }
            #expect(Set(readable.map(\.name)) == Set(places.keys.map { $0 }), "\(name)")
        }
    }

    @Test func linksLeadToFiles() throws {
        let links = try fixtureArchive("links.tar")
        let wanted = try content(links, "d/a.nc")
        for name in ["d/hard.nc", "d/soft.nc", "e/up.nc", "/e//./up.nc"] {
            #expect(try content(links, name) == wanted)
        }
        for (name, words) in [
            "outside.nc": "outside the archive", "absolute.nc": "outside the archive",
            "nowhere.nc": "is not in the archive",
            "circle1.nc": "is a broken link", "folder.nc": "is a directory", "device": "is not a file",
            "d": "is a directory",
        ] {
            let error = try #require(throws: KerchunkError.self) { try links.open(name, as: name) }
            #expect(error.message.contains(words), "\(name): \(error.message)")
        }
        #expect(
            links.names(matching: "**/*.nc")
                == ["absolute.nc", "d/a.nc", "d/hard.nc", "d/soft.nc", "e/up.nc", "outside.nc"])
        let gnu = try fixtureArchive("gnu.tar")
        #expect(try content(gnu, "link-to-long").count == 700)
    }

    @Test(arguments: [
        ("deflated.nc", "is compressed, so"), ("bzip2.nc", "(bzip2)"), ("lzma.nc", "(lzma)"),
        ("secret.nc", "encrypted"),
        ("link.nc", "symbolic link"),
    ])
    func whatCannotBeReadInPlaceSaysWhy(_ name: String, _ words: String) throws {
        let archive = try fixtureArchive("refused.zip")
        let error = try #require(throws: KerchunkError.self) { try archive.open(name, as: name) }
        #expect(error.kind == .unsupported && error.message.contains(words))
        #expect(try content(archive, "plain.nc").count == 700)
    }

    @Test(arguments: ["sparse_gnu.tar", "sparse_pax.tar"])
    func sparseMembersAreRefusedAndThoseBehindThemFound(_ name: String) throws {
        let archive = try fixtureArchive(name)
        let error = try #require(throws: KerchunkError.self) { try archive.open("sparse.nc", as: name) }
        #expect(error.message.contains("is sparse"))
        #expect(try content(archive, "z.nc").count == 700)
    }

    @Test func aLaterMemberReplacesAnEarlierOne() throws {
        let archive = try fixtureArchive("concatenated.tar")
        #expect(archive.members.map(\.name) == ["a.nc", "b.nc", "c.nc"])
        #expect(try archive.open("a.nc", as: "").placement?.baseOffset ?? 0 > 10_240)
    }

    @Test func namesStayInsideTheirArchive() throws {
        let archive = try fixtureArchive("odd_names.tar")
        #expect(
            Set(archive.members.map(\.name)) == [
                "../up.nc", "root.nc", "here.nc", "a/b/c.nc", "x/../../y.nc", "a::b.txt", "[1]*.nc", "1x.nc",
                "twice.nc",
            ])
        #expect(try content(archive, "./root.nc").count == 700)
        #expect(archive.names(matching: "*.nc") == ["1x.nc", "[1]*.nc", "here.nc", "root.nc", "twice.nc"])
        #expect(archive.names(matching: "[1]*.nc") == ["1x.nc"])
    }

    @Test func namesOfZIPArchivesAreThoseOfPython() throws {
        let names = try fixtureArchive("stored.zip").members.map(\.name)
        #expect(names == ["a.nc", "folder", "folder/b.nc", "größe.nc", "empty.nc", "437_ü.nc"])
    }

    @Test func archivesInArchivesAddTheirPlaces() throws {
        let outer = try fixtureArchive("nested.tar")
        let inner = try Archive(outer.open("b.zip", as: "tar://b.zip::/nested.tar"), kind: .zip)
        let member = try inner.open("d/a.nc", as: "")
        #expect(member.placement == Placement(url: "/nested.tar", baseOffset: 512 + 30 + 6))
        #expect(try content(inner, "d/a.nc").array.starts(with: Array("d/a.nc: ".utf8)))
    }
}
