// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkHDF5

@Suite struct HierarchyTests {
    private func hierarchy(_ file: TinyFile, _ change: (inout ScanOptions) -> Void = { _ in }) throws
        -> Hierarchy
    {
        var context = ScanContext()
        change(&context.options)
        return try HDF5File.open(MemorySource(file.bytes)).hierarchy(in: context)
    }

    /// Root with `a` (group), `a/x` (dataset), `y` (the same dataset), a soft link to it, and one to nowhere.
    private var linked: TinyFile {
        var file = TinyFile()
        file.objects = [
            [
                .linkInfo, .hard("y", file.address(of: 2)), .hard("a", file.address(of: 1)),
                .soft("s", "a/x"),
                .soft("z", "/nowhere"),
            ],
            [.linkInfo, .hard("x", file.address(of: 2)), .soft("up", "/y")],
            TinyFile.Message.scalar + [.attribute("n", -5)],
        ]
        return file
    }

    @Test func everyNameIsANode() throws {
        let found = try hierarchy(linked)
        #expect(found.nodes.map(\.path) == ["/", "/a", "/a/up", "/a/x", "/s", "/y"])
        #expect(found.nodes.map(\.link) == [.root, .hard, .soft, .hard, .soft, .hard])
        #expect(found.nodes.map(\.name) == ["", "a", "up", "x", "s", "y"])
        #expect(
            found.issues == [
                KerchunkModel.Issue(
                    object: "/z",
                    reason: "soft link to \"/nowhere\" is broken: \"/nowhere\" does not exist")
            ])
        let attribute = try #require(found.nodes[3].object.attributes.first)
        #expect(attribute.name == "n")
        #expect(attribute.value == [0xFB, 0xFF, 0xFF, 0xFF])
    }

    @Test func withoutLinksEachObjectHasOneName() throws {
        #expect(try hierarchy(linked) { $0.followsLinks = false }.nodes.map(\.path) == ["/", "/a", "/a/x"])
        let soft = try hierarchy(linked) {
            $0.followsLinks = false
            $0.preservesSoftLinks = true
        }
        #expect(soft.nodes.map(\.path) == ["/", "/a", "/a/up"])
    }

    @Test func aGroupCanBeTheRoot() throws {
        let found = try hierarchy(linked) { $0.group = "/a" }
        #expect(found.nodes.map(\.path) == ["/", "/up", "/x"])
        #expect(throws: KerchunkError.self) { try hierarchy(linked) { $0.group = "/b" } }
        #expect(throws: KerchunkError.self) { try hierarchy(linked) { $0.group = "/y" } }
    }

    @Test func groupsAboveAreNotEnteredAgain() throws {
        var file = TinyFile()
        file.objects = [
            [.linkInfo, .hard("a", file.address(of: 1)), .hard("self", file.address(of: 0))],
            [.linkInfo, .hard("back", file.address(of: 0)), .soft("here", "."), .soft("round", "/a/round")],
        ]
        let found = try hierarchy(file)
        #expect(found.nodes.map(\.path) == ["/", "/a"])
        #expect(found.issues.map(\.object) == ["/a/back", "/a/here", "/a/round", "/self"])
    }

    @Test func sharedGroupsCannotMakeEndlessNames() throws {
        var file = TinyFile()
        file.objects = (0..<40).map { level in
            [.linkInfo] + (level == 39 ? [] : ["a", "b"].map { .hard($0, file.address(of: level + 1)) })
        }
        let found = try hierarchy(file)
        #expect(found.nodes.count < 101_000)
        #expect(found.issues.count == 1)
    }

    @Test func oneBrokenObjectLeavesTheOthers() throws {
        var file = linked
        file.objects.append([TinyFile.Message(type: 0x03, body: [0xFF, 0, 0, 0])])
        file.objects[0].append(.hard("broken", file.address(of: 3)))
        file.objects[0].append(.hard("outside", 1 << 50))
        let found = try hierarchy(file)
        #expect(found.nodes.count == 6)
        #expect(found.issues.map(\.object) == ["/broken", "/outside", "/z"])
    }

    @Test func namesAreComparedByBytes() throws {
        var file = TinyFile()
        // An accent composed and decomposed: one character, two names.
        file.objects = [
            [
                .linkInfo, .hard("\u{E9}", file.address(of: 1)), .hard("e\u{301}", file.address(of: 1)),
                .soft("s", "e\u{301}"),
            ],
            [.linkInfo],
        ]
        let found = try hierarchy(file)
        #expect(found.nodes.map { $0.name.utf8.count } == [0, 3, 1, 2])
        #expect(found.issues.isEmpty)
    }

    @Test func namesThatJoinTheSlashBeforeThemAreLeftOut() throws {
        var file = TinyFile()
        file.objects = [
            [.linkInfo, .hard("\u{301}v", file.address(of: 1)), .hard("w", file.address(of: 1))], [.linkInfo],
        ]
        let found = try hierarchy(file)
        #expect(found.nodes.map(\.name) == ["", "w"])
        #expect(found.issues.count == 1)
    }

    @Test func unknownMessageThatMustBeUnderstoodRefusesItsObject() throws {
        var file = linked
        file.objects[2].append(TinyFile.Message(type: 0x40, flags: 0x80, body: []))
        let found = try hierarchy(file)
        #expect(found.nodes.map(\.path) == ["/", "/a"])
        file.objects[2][file.objects[2].count - 1] = TinyFile.Message(type: 0x40, body: [])
        #expect(try hierarchy(file).nodes.count == 6)
    }

    // MARK: Round trips

    @Test func readsFollowTheDepthNotTheNumberOfObjects() throws {
        func batches(members: Int, depth: Int) throws -> Int {
            var file = TinyFile(slot: 16384)
            var next = 1
            for level in 0..<depth {
                let group = level == 0 ? 0 : next - 1
                if level == 0 { file.objects.append([]) }
                var links: [TinyFile.Message] = [.linkInfo]
                for member in 0..<members {
                    links.append(.hard("m\(member)", file.address(of: next)))
                    file.objects.append(member == members - 1 ? [.linkInfo] : TinyFile.Message.scalar)
                    next += 1
                }
                file.objects[group] = links
            }
            let source = CountingSource(MemorySource(file.bytes))
            let found = try HDF5File.open(source).hierarchy()
            #expect(found.nodes.count == members * depth + 1)
            return source.batches
        }
        // The superblock; the root; each level of members.
        #expect(try batches(members: 2, depth: 1) == 3)
        // Headers of 400 links are longer than the first read: one more read a level.
        #expect(try batches(members: 400, depth: 1) == 4)
        #expect(try batches(members: 2, depth: 10) == 12)
    }

    // MARK: External links

    private func external(_ files: [String: TinyFile], from url: String) throws -> Hierarchy {
        let context = ScanContext(openNamed: { url in
            guard let file = files[url] else { throw KerchunkError(.notFound, "no such file", url: url) }
            return MemorySource(file.bytes, url: url)
        })
        let root = try #require(files[url])
        return try HDF5File.open(MemorySource(root.bytes, url: url)).hierarchy(in: context)
    }

    @Test func externalLinksLeadIntoOtherFiles() throws {
        var one = TinyFile()
        one.objects = [
            [
                .linkInfo, .external("e", "two.h5", "/d"), .external("g", "/else/two.h5", "/"),
                .external("n", "no.h5", "/"),
            ]
        ]
        var two = TinyFile()
        two.objects = [
            [
                .linkInfo, .hard("d", two.address(of: 1)), .external("back", "one.h5", "/"),
                .external("me", "two.h5", "/d"),
            ],
            TinyFile.Message.scalar,
        ]
        let found = try external(["/data/one.h5": one, "/data/two.h5": two], from: "/data/one.h5")
        #expect(found.nodes.map(\.path) == ["/", "/e", "/g", "/g/d", "/g/me"])
        #expect(found.nodes.map { $0.file == nil } == [true, false, false, false, false])
        #expect(found.issues.map(\.object) == ["/g/back", "/n"])
    }

    @Test func filesThatLinkToEachOtherEnd() throws {
        var files: [String: TinyFile] = [:]
        for index in 0..<40 {
            var file = TinyFile()
            file.objects = [[.linkInfo, .external("next", "\(index + 1).h5", "/")]]
            files["/\(index).h5"] = file
        }
        let found = try external(files, from: "/0.h5")
        #expect(found.nodes.count == 17)
        #expect(found.issues.count == 1)
        var pair = TinyFile()
        pair.objects = [[.linkInfo, .external("x", "b.h5", "/x")]]
        var other = TinyFile()
        other.objects = [[.linkInfo, .external("x", "a.h5", "/x")]]
        #expect(try external(["/a.h5": pair, "/b.h5": other], from: "/a.h5").nodes.count == 1)
    }
}
