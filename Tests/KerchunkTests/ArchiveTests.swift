// SPDX-License-Identifier: Apache-2.0
// Members of archives through the facade: by name, by pattern, and as what old references point to.

import Kerchunk
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct ArchiveTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    /// A TAR archive of texts; its checksums are right.
    private func tar(_ name: String, _ members: [(name: String, text: String)]) throws -> String {
        var bytes: [UInt8] = []
        for (member, text) in members {
            var block = Array(member.utf8) + [UInt8](repeating: 0, count: 512 - member.utf8.count)
            func put(_ text: String, at position: Int) {
                block.replaceSubrange(position..<position + text.utf8.count, with: Array(text.utf8))
            }
            let size = String(text.utf8.count, radix: 8)
            put(String(repeating: "0", count: 11 - size.count) + size, at: 124)
            put("0", at: 156)
            put("ustar\u{0}00", at: 257)
            put("        ", at: 148)
            put(String(block.reduce(0) { $0 + Int($1) }, radix: 8) + "\u{0}", at: 148)
            bytes += block + Array(text.utf8)
            bytes += [UInt8](repeating: 0, count: (512 - text.utf8.count % 512) % 512)
        }
        let path = directory.path + "/" + name
        let file = try AtomicFile(path, overwrite: true)
        try file.write(bytes + [UInt8](repeating: 0, count: 1024))
        try file.commit()
        return path
    }

    private func scan(_ location: String, _ session: Session = fakeSession) throws
        -> ScanResult
    {
        try Kerchunk.scan(location, session: session)
    }

    @Test func aMemberIsScannedAndItsReferencesNameTheArchive() throws {
        let path = try tar("a.tar", [("x.nc", "other"), ("d/y.nc", "FAKE\narray tas\n")])
        let result = try scan("tar://d/y.nc::" + path)
        #expect(result.dataset.sources.sources.map(\.url) == [path])
        #expect(result.dataset.sources.sources[0].stamp.size == 512 * 4 + 1024)
        #expect(result.dataset.root.names == ["tas"])
    }

    @Test func errorsNameTheMember() throws {
        let path = try tar("a.tar", [("x.nc", "hello"), ("y.nc", "FAKE\nfail /tas\n")])
        let unknown = try #require(throws: KerchunkError.self) { try scan("tar://x.nc::" + path) }
        #expect(unknown.kind == .unrecognized && unknown.url == "tar://x.nc::" + path)
        let failed = try #require(throws: KerchunkError.self) { try scan("tar://y.nc::" + path) }
        #expect(failed.url == "tar://y.nc::" + path && failed.object == "/tas")
        let gone = try #require(throws: KerchunkError.self) { try scan("tar://z.nc::" + path) }
        #expect(gone.kind == .notFound && gone.message.contains("\"x.nc\", \"y.nc\""))
        let nowhere = try #require(throws: KerchunkError.self) {
            try scan("tar://z.nc::" + directory.path + "/none.tar")
        }
        #expect(nowhere.kind == .notFound)
    }

    @Test func aMemberNamesNoOtherFiles() throws {
        let raw = try directory.write("raw.bin", "x")
        let path = try tar("a.tar", [("x.nc", "FAKE\nopen raw.bin\n"), ("y.nc", "FAKE\nopen \(raw)\n")])
        for member in ["x.nc", "y.nc"] {
            for follows in [false, true] {
                var options = ScanOptions()
                options.followsExternal = follows
                let error = try #require(throws: KerchunkError.self) {
                    try Kerchunk.scan(
                        "tar://\(member)::\(path)", options: options, session: fakeSession)
                }
                #expect(error.kind == .permission && error.message.hasPrefix("the member of an archive"))
            }
        }
        let cached = try directory.write("f", "FAKE\nopen raw.bin\n")
        #expect(throws: Never.self) { try scan("simplecache::" + cached) }
    }

    @Test func patternsGiveTheMembersOfAllArchives() throws {
        let one = try tar("1.tar", [("b.nc", ""), ("a.nc", ""), ("d/c.nc", ""), ("x", "")])
        let two = try tar("2.tar", [("e.nc", "")])
        let match = { (text: String) in try Kerchunk.members(matching: text) }
        #expect(try match("tar://*.nc::" + one) == ["tar://a.nc::\(one)", "tar://b.nc::\(one)"])
        #expect(
            try match("tar://**/*.nc::\(directory.path)/*.tar") == [
                "tar://a.nc::\(one)", "tar://b.nc::\(one)", "tar://d/c.nc::\(one)", "tar://e.nc::\(two)",
            ])
        #expect(try match("tar://*.h5::" + one) == [])
        #expect(try match("tar://a.nc::" + one) == nil)
        #expect(try match(directory.path + "/*.tar") == nil)
        let odd = try tar("odd.tar", [("a::b.nc", ""), ("[x]", "")])
        #expect(try match("tar://[x]::" + odd) == nil)
        let error = try #require(throws: KerchunkError.self) { try match("tar://*.nc::" + odd) }
        #expect(error.message.contains("cannot be part of a chain"))
    }

    @Test func anArchiveIsListedAnewWhenItChanges() throws {
        let session = fakeSession
        let path = try tar("a.tar", [("x.nc", "FAKE\narray one\n")])
        #expect(try scan("tar://x.nc::" + path, session).dataset.root.names == ["one"])
        _ = try tar("a.tar", [("before", "more"), ("x.nc", "FAKE\narray two\n")])
        #expect(try scan("tar://x.nc::" + path, session).dataset.root.names == ["two"])
    }

    @Test func manyThreadsReadMoreArchivesThanAreKept() throws {
        let chains = try (0..<20).flatMap { number in
            let path = try tar("\(number).tar", (0..<5).map { ("\($0)", "FAKE\narray a\(number)_\($0)\n") })
            return (0..<5).map { (chain: "tar://\($0)::\(path)", name: "a\(number)_\($0)") }
        }
        let session = fakeSession
        let found: [String?] = WorkerPool(width: 8).map(chains.count) { index in
            try? Kerchunk.scan(chains[index].chain, session: session).dataset.root.names.first
        }
        #expect(found == chains.map(\.name))
    }

    @Test func archivesByThemselvesAreRefused() throws {
        let path = try tar("a.tar", [("d/x.nc", "FAKE\narray one\n")])
        for name in [path, "tar://::" + path, "simplecache::" + path] {
            let error = try #require(throws: KerchunkError.self) { try scan(name) }
            #expect(
                error.message.contains("tar://d/x.nc::\(path)") && error.message.contains("tar://**/*.nc::"))
        }
        #expect(throws: KerchunkError.self) { try Kerchunk.openReferences(path) }
    }

    private func chunks(_ dataset: VirtualDataset) throws -> [String] {
        var texts: [String] = []
        try dataset.root.forEachArray { _, array in
            try array.chunks.forEachRun { _, manifest in
                manifest.forEachPresent { _, location in
                    switch location {
                    case .range(let source, let range):
                        texts.append("\(dataset.sources[source].url) \(range.offset) \(range.count)")
                    case .wholeFile(let source): texts.append(dataset.sources[source].url)
                    case .inline, .missing: texts.append("inline")
                    }
                }
            }
        }
        return texts
    }

    @Test func oldReferencesPointToTheArchive() throws {
        let inner = try tar("inner.tar", [("x", "0123456789")])
        let bytes = try LocalFile(inner).read(ByteRange(0..<2048))
        let path = try tar("a.tar", [("y", "abc"), ("in.tar", String(decoding: bytes.array, as: UTF8.self))])
        var dataset = VirtualDataset()
        let member = dataset.sources.intern("tar://y::file://" + path)
        let nested = dataset.sources.intern("tar://x::tar://in.tar::" + path)
        let other = dataset.sources.intern("s3://b/a::b", stamp: SourceStamp(size: 9))
        let grid = try #require(ChunkGrid(shape: [6]))
        var builder = ManifestBuilder(grid: grid)
        builder.set(0, source: member, offset: 1, length: 2)
        builder.set(1, .wholeFile(member))
        builder.set(2, source: nested, offset: 4, length: 6)
        builder.set(3, source: other, offset: 4, length: 5)
        builder.set(4, .inline(Bytes([1])))
        dataset.root["a"] = .array(
            VirtualArray(
                shape: [6], chunkShape: [1], dataType: .integer(isSigned: false, width: 1, .little),
                chunks: builder.finish()))
        let plain = try Kerchunk.dereference(dataset)
        #expect(
            try chunks(plain) == [
                "\(path) 513 2", "\(path) 512 3", "\(path) \(1024 + 512 + 512 + 4) 6", "s3://b/a::b 4 5",
                "inline",
            ])
        #expect(plain.sources.sources.map(\.stamp.size) == [UInt64(1024 + 512 + 2048 + 1024), 9])
        builder = ManifestBuilder(grid: grid)
        builder.set(0, source: member, offset: 1, length: 3)
        dataset.root["b"] = .array(
            VirtualArray(
                shape: [6], chunkShape: [1], dataType: .integer(isSigned: false, width: 1, .little),
                chunks: builder.finish()))
        let error = try #require(throws: KerchunkError.self) { try Kerchunk.dereference(dataset) }
        #expect(
            error.kind == .malformed && error.object == "/b" && error.message.contains("the member at byte 3")
        )
    }
}
