// SPDX-License-Identifier: Apache-2.0
// What is read until a format is known, and no more.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage
import KerchunkTestKit
import Testing

/// Knows its files by what `answer` says of a probe.
private struct StubFormat: FormatScanner {
    let format: Format
    let answer: @Sendable (Probe) -> Recognition

    init(_ id: String, folders: Bool = false, _ answer: @escaping @Sendable (Probe) -> Recognition) {
        format = Format(id, name: id, endings: [id], takesFolders: folders)
        self.answer = answer
    }

    func recognizes(_ probe: Probe) -> Recognition { answer(probe) }

    func tree(of target: Target, in context: ScanContext) -> ScannedTree { ScannedTree(in: context) }
}

private let mark = Array("MARK".utf8)
private let far = StubFormat("far") { $0.find(mark, at: [0, 512, 1 << 20, 2 << 20]) }
private let near = StubFormat("near") { Recognition($0.starts(with: [1, 2, 3])) }

private func file(
    _ size: Int, _ url: String, filler: UInt8 = 7, marks: [Int] = [], start: [UInt8] = []
) -> CountingSource {
    var bytes = [UInt8](repeating: filler, count: size)
    bytes.replaceSubrange(0..<start.count, with: start)
    for place in marks { bytes.replaceSubrange(place..<place + 4, with: mark) }
    return CountingSource(MemorySource(Bytes(bytes), url: url))
}

private func recognized(_ source: CountingSource, _ scanners: [any FormatScanner]) throws -> String? {
    var probe = try Probe(.file(source))
    return try probe.recognized(among: scanners)?.format.id
}

@Suite struct ProbeTests {
    private let size = 3 << 20

    @Test func whatIsKnownByItsStartCostsOneRead() throws {
        let source = file(size, "/a", start: [1, 2, 3])
        #expect(try recognized(source, [far, near]) == "near")
        #expect(source.batches == 1 && source.bytes == Probe.length)
    }

    @Test(arguments: [0, 512, 1 << 20, 2 << 20]) func marksAreFoundInOneFurtherBatch(_ place: Int) throws {
        let source = file(size, "/a", marks: [place])
        #expect(try recognized(source, [far, near]) == "far")
        #expect(source.batches == (place < 1 << 16 ? 1 : 2))
    }

    @Test func whatSeveralFormatsNeedIsOneBatch() throws {
        let other = StubFormat("other") { $0.find(mark, at: [1 << 20, 3_000_000]) }
        let source = file(size, "/a", marks: [3_000_000])
        #expect(try recognized(source, [far, near, other]) == "other")
        // The place that both name is read once.
        #expect(source.batches == 2 && source.ranges == 4)
    }

    /// Servers are asked for more only where that is likely to help.
    @Test(arguments: [
        ("http://h/unknown.bin", UInt8(7), 1), ("http://h/a.far", 7, 2), ("http://h/a.FAR?token=1", 7, 2),
        ("http://h/blank.bin", 0, 2), ("http://h/afar", 7, 1), ("/local.bin", 7, 2),
    ])
    func unknownRemoteFilesCostNoFurtherRequests(_ url: String, _ filler: UInt8, _ batches: Int) throws {
        let source = file(size, url, filler: filler)
        #expect(try recognized(source, [far, near]) == nil)
        #expect(source.batches == batches)
    }

    @Test func whatComesWithAServersFirstAnswerIsLookedAt() throws {
        let close = StubFormat("close") { $0.find(mark, at: [100_000, 1 << 20]) }
        let source = file(size, "http://h/a.bin", marks: [100_000])
        #expect(try recognized(source, [close]) == "close")
        #expect(source.ranges == 2)
    }

    @Test func nothingIsReadWhereAFurtherLookIsRefused() throws {
        let source = file(size, "/a")
        var probe = try Probe(.file(source))
        #expect(throws: KerchunkError.self) {
            try probe.recognized(among: [far]) { throw KerchunkError(.unsupported, "this is known") }
        }
        #expect(source.batches == 1)
    }

    @Test func formatsThatNeverHaveEnoughAreLeft() throws {
        let greedy = StubFormat("greedy") { probe in
            var offset: UInt64 = 1 << 16
            while probe.bytes(ByteRange(offset..<offset + 1)) != nil { offset += 1 }
            return .needs([.bytes(ByteRange(offset..<offset + 1))])
        }
        let source = file(size, "/a")
        #expect(try recognized(source, [greedy]) == nil)
        #expect(source.batches < 10)
    }

    @Test(arguments: [(70_000, true), (99_990, true), (99_997, false), (10, true), (200_000, false)])
    func signaturesAreSoughtUpToALimit(_ place: Int, _ isFound: Bool) throws {
        let seeking = StubFormat("seeking") { $0.search(for: mark, within: 100_000) }
        let source = file(size, "/a", marks: [place])
        #expect(try recognized(source, [seeking]) == (isFound ? "seeking" : nil))
    }

    @Test(arguments: [0, 3, 4, 515, 516, 65_536, 1 << 20 + 3]) func shortFilesAreNoTrouble(_ size: Int) throws
    {
        let seeking = StubFormat("seeking") { $0.search(for: mark, within: 1 << 20) }
        #expect(try recognized(file(size, "/a"), [far, near, seeking]) == nil)
        guard size >= 4, size <= 1 << 20 else { return }
        #expect(try recognized(file(size, "/a", marks: [size - 4]), [seeking]) == "seeking")
    }

    @Test func aScannerIsGivenWhatWasRead() throws {
        let source = file(size, "/a", marks: [2 << 20])
        var probe = try Probe(.file(source))
        #expect(try probe.recognized(among: [far]) != nil)
        let (before, target) = (source.batches, try probe.targetOfScan.file())
        let place = ByteRange(UInt64(2 << 20)..<(2 << 20) + 4)
        #expect(try target.read([place]) == [Bytes(mark)])
        #expect(source.batches == before)
        let other = ByteRange(UInt64(9)..<12)
        #expect(
            try target.read([other, place, other]) == [Bytes([7, 7, 7]), Bytes(mark), Bytes([7, 7, 7])])
        #expect(source.ranges == 1 + 2 + 2 && target.name == "/a")
    }

    @Test func foldersAreKnownByTheirFiles() throws {
        let store = MemoryStore()
        for (name, text) in [("set/zarr.json", "{}"), ("set/c/0", "x"), ("set/a.txt", "y")] {
            let upload = try store.begin("memory://" + name)
            try upload.write(Array(text.utf8))
            try upload.commit()
        }
        let target = Target.folder(StoreFolder("memory://set", in: store), name: "memory://set")
        var probe = try Probe(target)
        let zarr = StubFormat("zarr", folders: true) { probe in
            guard probe.findFile([".zgroup", "zarr.json"]) == .yes else {
                return probe.findFile([".zgroup", "zarr.json"])
            }
            return Recognition(probe.file("zarr.json") == Bytes("{}"))
        }
        #expect(try probe.recognized(among: [far, near, zarr])?.format.id == "zarr")
        let listing = StubFormat("listing", folders: true) { probe in
            guard let names = probe.names else { return .needs([.listing]) }
            return Recognition(names.sorted() == ["a.txt", "c/", "zarr.json"])
        }
        probe = try Probe(target)
        #expect(try probe.recognized(among: [listing])?.format.id == "listing")
        // Formats of files are not asked about folders.
        probe = try Probe(target)
        #expect(try probe.recognized(among: [StubFormat("all") { _ in .yes }]) == nil)
    }
}

@Suite struct DeclaredOptionTests {
    private enum Colour: String, CaseIterable, Sendable { case red, green }
    private let flag = TypedOption<Bool>("flag", true, "A flag.")
    private let colour = TypedOption<Colour>("colour", .red, "A colour.")
    private let count = TypedOption<UInt64>("count", 3, in: 1...9, "A number.")

    @Test func standardValuesAreNotKept() throws {
        var values = OptionValues()
        #expect(values[flag] && values[colour] == .red && values[count] == 3)
        values[colour] = .green
        try values.set(count, .integer(4))
        #expect(values[colour] == .green && values[count] == 4)
        #expect("\(values)" == "colour=\"green\" count=4")
        values[colour] = .red
        try values.set(count, .integer(3))
        try values.set(flag, .bool(true))
        #expect(values == OptionValues() && "\(values)".isEmpty)
        #expect(values.text(of: [flag, colour]) == "flag=true colour=\"red\"")
    }

    @Test func whatIsNoValueIsRefused() {
        var values = OptionValues()
        let refused: [(any DeclaredOption, JSONValue, String)] = [
            (flag, .integer(1), "\"flag\" must be true or false, not 1"),
            (colour, .string("blue"), "\"colour\" must be one of \"red\", \"green\", not \"blue\""),
            (count, .integer(10), "\"count\" must be a whole number from 1 to 9, not 10"),
        ]
        for (option, value, message) in refused {
            let error = #expect(throws: KerchunkError.self) { try values.set(option, value) }
            #expect(error?.message == message && error?.kind == .usage)
        }
        #expect(values == OptionValues())
    }

    @Test func interfacesLearnWhatThereIs() {
        #expect(
            colour.json == [
                "name": "colour", "type": "choice", "default": "red", "summary": "A colour.",
                "choices": ["red", "green"],
            ])
        #expect(count.json.object?["maximum"] == .integer(9))
    }
}
