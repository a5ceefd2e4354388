// SPDX-License-Identifier: Apache-2.0
// What formats have in common: from facts about a file to a dataset.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkStorage
import KerchunkTestKit
import Testing

@testable import KerchunkScanning

/// A format whose tree a test writes.
private struct TreeFormat: FormatScanner {
    let format = Format("tree", name: "Tree", endings: [])
    let fill: @Sendable (inout ScannedTree, SourceIndex, any ByteSource) throws -> Void

    func recognizes(_ probe: Probe) -> Recognition { .yes }

    func tree(of target: Target, in context: ScanContext) throws -> ScannedTree {
        var tree = ScannedTree(in: context)
        let source = try target.file()
        try fill(&tree, tree.sources.add(source), source)
        return tree
    }
}

/// Bytes 0, 1, 2, …
private func file(_ size: Int) -> MemorySource {
    MemorySource(Bytes((0..<size).map { UInt8(truncatingIfNeeded: $0) }), url: "/data/f")
}

private func scan(
    _ source: any ByteSource = file(256), _ change: (inout ScanContext) -> Void = { _ in },
    _ fill: @escaping @Sendable (inout ScannedTree, SourceIndex, any ByteSource) throws -> Void
) throws -> ScanResult {
    var context = ScanContext(codecs: CodecDirectory(BuiltinCompression.entries))
    context.options.inlineThreshold = 0
    change(&context)
    return try TreeFormat(fill: fill).scan(.file(source), in: context)
}

private func bytes(
    _ shape: [UInt64], _ data: ScannedData, type: DataType = .integer(isSigned: false, width: 1, .little)
) -> ScannedArray { ScannedArray(shape: shape, dataType: type, data: data) }

private func chunks(
    _ array: String, _ result: ScanResult, _ names: [String] = []
) throws -> [String] {
    guard case .array(let array) = result.dataset.root[array] else { return ["no array"] }
    var found: [String] = []
    try array.chunks.forEachRun { _, manifest in
        for position in 0..<manifest.positionCount {
            switch manifest[position] {
            case .missing: found.append("-")
            case .inline(let bytes): found.append("\(bytes.array)")
            case .range(_, let range): found.append("\(range.offset)+\(range.count)")
            case .wholeFile: found.append("all")
            }
        }
    }
    return found
}

@Suite struct NameTests {
    @Test func namesThatNoReaderOpensAreEscaped() {
        let names = [
            "a/b": "a%2Fb", "a\\b": "a%5Cb", ".": "%2E", "..": "%2E%2E", ".zattrs": "%2Ezattrs",
            "zarr.json": "zarr%2Ejson", "...": "...", "a.b": "a.b", "": "", "ä b": "ä b",
        ]
        for (name, readable) in names { #expect(Names.readable(name) == readable) }
    }

    @Test func groupsVariablesAndDimensionsAreRenamedAlike() throws {
        let result = try scan { tree, source, _ in
            let group = tree.addGroup("g/h", attributes: ["a": 1]) ?? .root
            try tree.addArray("v\\w", in: group) {
                var array = bytes([4], .raw(RawData(in: source, at: 0)))
                array.dimensionNames = ["v\\w"]
                return array
            }
        }
        #expect(result.dataset.root.arrayPaths == ["/g%2Fh/v%5Cw"])
        result.dataset.root.forEachArray { #expect($1.dimensionNames == ["v%5Cw"]) }
        #expect(
            result.issues.map { "\($0.object): \($0.reason)" } == [
                "/g/h: its name contains a slash, which zarr cannot open; it is called \"g%2Fh\" here",
                "/g/h/v\\w: its name contains a backslash, which zarr cannot open; it is called \"v%5Cw\" here",
            ])
    }

    @Test func whatHasNoNameOfItsOwnIsLeftOutAndTold() throws {
        let result = try scan { tree, source, _ in
            for name: FileText in ["a%2Fb", "a/b", "", FileText("é", isUTF8: false)] {
                try tree.addArray(name) { bytes([1], .raw(RawData(in: source, at: 0))) }
            }
            let nameless = tree.addGroup("")
            #expect(nameless == nil)
        }
        #expect(result.dataset.root.names == ["a%2Fb", "é"])
        #expect(
            result.issues.map(\.reason) == [
                "its name contains a slash, which zarr cannot open; it is called \"a%2Fb\" here",
                "left out: another variable has the same name",
                "left out: a variable without a name cannot be opened",
                "its name is not UTF-8; its bytes are shown as Latin-1",
                "left out: a group without a name cannot be opened",
            ])
    }

    @Test func whatIsNotWantedIsNotTranslated() throws {
        let result = try scan(file(8), { $0.options.included = ["b"] }) { tree, source, _ in
            let empty = tree.addGroup("empty") ?? .root
            _ = tree.addGroup("inside", in: empty)
            for name: FileText in ["g", "h"] {
                let group = tree.addGroup(name) ?? .root
                try tree.addArray("a", in: group) {
                    Testing.Issue.record("a is translated")
                    return bytes([1], .raw(RawData(in: source, at: 0)))
                }
                if name == "g" {
                    try tree.addArray("b", in: group) { bytes([1], .raw(RawData(in: source, at: 0))) }
                }
            }
        }
        // A group goes where all in it is unwanted, not where there was nothing.
        #expect(result.dataset.root.names == ["empty", "g"])
        #expect(result.dataset.root.arrayPaths == ["/g/b"])
    }
}

@Suite struct TroubleTests {
    @Test func troubleInOneVariableLeavesTheOthersAlone() throws {
        let result = try scan { tree, source, _ in
            try tree.addArray("a") { throw LeftOut("it is odd", remedy: "make it even") }
            try tree.addArray("b") { throw ParseError("needs 8 bytes", in: "index", at: 12) }
            try tree.addArray("c") { bytes([1 << 20], .values(Bytes([1]))) }
            try tree.addArray("d") { bytes([2], .raw(RawData(in: source, at: 3))) }
        }
        #expect(result.dataset.root.names == ["d"])
        #expect(result.issues.map(\.object) == ["/a", "/b", "/c"])
        #expect(result.issues[0].reason == "left out: it is odd" && result.issues[0].remedy == "make it even")
        #expect(result.issues[1].reason.contains("needs 8 bytes (byte 12)") && result.issues[1].isDamage)
        #expect(result.issues[2].reason == "left out: its values have 1 byte, not 1048576")
    }

    @Test func whatSaysNothingOfAVariableEndsTheScan() {
        for error in [
            KerchunkError(.cancelled, "stopped"), KerchunkError(.network, "gone", isTransient: true),
        ] {
            #expect(throws: KerchunkError.self) {
                try scan { tree, _, _ in try tree.addArray("a") { throw error } }
            }
        }
    }

    @Test func aFileThatChangesMeanwhileIsRefused() {
        let source = Changing(base: file(8))
        let error = #expect(throws: KerchunkError.self) {
            try scan(source) { tree, index, _ in
                try tree.addArray("a") { bytes([1], .raw(RawData(in: index, at: 0))) }
            }
        }
        #expect(error?.kind == .changed)
    }

    private struct Changing: ByteSource {
        let base: MemorySource
        var placement: Placement? { base.placement }
        var stamp: SourceStamp { SourceStamp(size: 8, modificationTime: 1) }
        var currentStamp: SourceStamp { SourceStamp(size: 8, modificationTime: 2) }
        func size() -> UInt64 { base.size() }
        func read(_ ranges: [ByteRange]) throws -> [Bytes] { try base.read(ranges) }
    }

    @Test func lostChunksReadAsMissing() throws {
        let number = DataType.integer(isSigned: true, width: 2, .little)
        let result = try scan(file(10), { $0.options.maximumChunkSize = 4 }) { tree, source, _ in
            try tree.addArray("a") { bytes([6], .raw(RawData(in: source, at: 2)), type: number) }
            try tree.addArray("b") { bytes([12], .raw(RawData(in: source, at: 2))) }
        }
        #expect(try chunks("a", result) == ["2+4", "6+4", "-"])
        #expect(
            result.issues.map(\.reason) == [
                "1 of its 3 chunks are beyond the end of the file; they are missing, and read as -32767, netCDF's default fill value, which becomes its _FillValue here, so that it decodes as floats",
                "left out: 1 of its 3 chunks are beyond the end of the file; \(LostChunks.unmarkable)",
            ])
        #expect(result.issues.allSatisfy { $0.isDamage && $0.remedy == "get the complete file" })
    }
}

@Suite struct EmbeddingTests {
    /// Adds 1 to each byte.
    private struct Increment: ChunkConversion {
        var remedy: String? { "add it yourself" }
        func limit(_ limits: ScanLimits) -> UInt64 { limits.converted }
        func convert(_ array: inout ScannedArray, _ chunks: [DecodedChunk]) throws {
            guard let grid = ChunkGrid(shape: [UInt64(chunks.count)]) else { return }
            var builder = ManifestBuilder(grid: grid)
            for chunk in chunks {
                builder.set(chunk.position, .inline(Bytes(chunk.bytes.array.map { $0 + 1 })))
            }
            array.data = .chunks(
                ScannedChunks(shape: [array.shape[0] / grid.count], manifest: builder.finish()))
            array.codecs = []
        }
    }

    private func manifest(_ ranges: [Range<UInt64>], _ source: SourceIndex) throws -> MemoryManifest {
        var builder = ManifestBuilder(grid: try #require(ChunkGrid(shape: [UInt64(ranges.count)])))
        for (position, range) in ranges.enumerated() {
            builder.set(UInt64(position), .range(source, ByteRange(range)))
        }
        return builder.finish()
    }

    @Test func conversionsAreReadAndEmbeddedUpToOneBound() throws {
        func scanned(_ bound: UInt64) throws -> ScanResult {
            try scan(file(64), { $0.limits.converted = bound }) { tree, source, _ in
                try tree.addArray("a") {
                    var array = bytes([4], .raw(RawData(in: source, at: 5)))
                    array.conversion = Increment()
                    return array
                }
            }
        }
        #expect(try chunks("a", scanned(4)) == ["[6, 7, 8, 9]"])
        let refused = try scanned(3)
        #expect(refused.dataset.root.names == [])
        #expect(
            refused.issues.map(\.reason)
                == ["left out: its 4 bytes would have to be converted and embedded; the limit is 3"])
        #expect(refused.issues.map(\.remedy) == ["add it yourself"])
    }

    @Test func aShortChunkAndOneInPiecesAreEmbeddedLikeTheOthers() throws {
        let result = try scan(file(64)) { tree, source, _ in
            let manifest = try manifest([0..<4, 4..<8, 8..<10], source)
            try tree.addArray("a") {
                var chunks = ScannedChunks(shape: [4], manifest: manifest)
                chunks.others = [
                    OtherChunk(
                        at: 1, codecs: [],
                        pieces: [.range(source, ByteRange(20..<22)), .range(source, ByteRange(30..<32))]),
                    OtherChunk(at: 2, codecs: [], decodedSize: 2),
                ]
                return bytes([12], .chunks(chunks))
            }
        }
        #expect(try chunks("a", result) == ["0+4", "[20, 21, 30, 31]", "[8, 9, 0, 0]"])
    }

    @Test func valuesThatStandInNoFileAreEmbedded() throws {
        let result = try scan { tree, _, _ in
            try tree.addArray("latitude") { bytes([3], .values([7, 8, 9])) }
        }
        #expect(try chunks("latitude", result) == ["[7, 8, 9]"])
    }

    @Test func smallChunksAreEmbeddedWhereTheyAreNotTooMany() throws {
        for (most, expected) in [(3, ["[1]", "[3]", "[5]"]), (2, ["1+1", "3+1", "5+1"])] {
            let result = try scan(
                file(64),
                {
                    $0.options.inlineThreshold = 2
                    $0.limits.smallChunks = most
                }
            ) { tree, source, _ in
                try tree.addArray("a") { bytes([3], .raw(RawData(in: source, at: 1, stride: 2))) }
            }
            #expect(try chunks("a", result) == expected)
        }
    }

    @Test func referencesLieInTheOuterFile() throws {
        let member = SubrangeSource(file(64), window: ByteRange(10..<40))
        let result = try scan(member, { $0.options.maximumChunkSize = 2 }) { tree, source, _ in
            try tree.addArray("a") { bytes([4], .raw(RawData(in: source, at: 5))) }
            try tree.addArray("b") {
                var array = bytes([4], .raw(RawData(in: source, at: 5)))
                array.conversion = Increment()
                return array
            }
        }
        #expect(try chunks("a", result) == ["15+2", "17+2"])
        // What is read is read in the file as it was opened.
        #expect(try chunks("b", result) == ["[16, 17, 18, 19]"])
    }
}
