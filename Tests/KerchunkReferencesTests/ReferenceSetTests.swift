// SPDX-License-Identifier: Apache-2.0
// Sets of Fixtures/references, against what fsspec makes of them.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import KerchunkTestKit
import Testing

let compressionCodecs = CodecDirectory(BuiltinCompression.entries)

/// The array that the chunk `key` belongs to, and the chunk's coordinates.
private func chunk(_ key: String, in dataset: VirtualDataset) -> (array: VirtualArray, coordinates: [UInt64])?
{
    var found: (array: VirtualArray, coordinates: [UInt64])?
    dataset.root.forEachArray { path, array in
        guard key.hasPrefix(path + "/") else { return }
        let indices = key.dropFirst(path.count + 1).split { $0 == "/" || $0 == "." }.filter { $0 != "c" }
        found = (array, array.shape.isEmpty ? [] : indices.compactMap { UInt64($0) })
    }
    return found
}

private func describe(_ location: ChunkLocation, _ sources: SourceTable) -> JSONValue {
    switch location {
    case .missing: .null
    case .inline(let bytes): ["inline", .string(base64(bytes))]
    case .wholeFile(let source): ["file", .string(sources[source].url)]
    case .range(let source, let range):
        ["range", .string(sources[source].url), .integer(range.offset), .integer(range.count)]
    }
}

private func check(_ dataset: VirtualDataset, against expected: JSONObject) throws {
    for (key, value) in expected {
        let (array, coordinates) = try #require(chunk(key, in: dataset), "\(key)")
        let position = array.chunks.grid.position(of: coordinates)
        let location = try array.chunks.rows(position..<position + 1)[0]
        #expect(describe(location, dataset.sources) == value, "\(key)")
    }
    var count = 0
    try dataset.root.forEachArray { _, array in
        count += try array.chunks.rows(0..<array.chunks.grid.count).presentCount
    }
    #expect(count == expected.count)
}

@Suite struct ReferenceSetTests {
    static let names = [
        "v0", "v1", "specification", "templates", "gen", "v3", "order", "python", "kerchunk_single",
        "kerchunk_combined", "virtualizarr",
    ]

    private func expected(_ name: String) throws -> JSONObject {
        try #require(try JSONScanner.parse(fixture("references/expected/\(name).json")).object)
    }

    @Test(arguments: names) func setsMeanWhatFsspecReads(name: String) throws {
        let loaded = try JSONReferenceReader().read(fixture("references/sets/\(name).json"))
        #expect(loaded.issues.isEmpty)
        try check(loaded.dataset, against: try expected(name))
    }

    @Test(arguments: names) func rewrittenSetsMeanTheSame(name: String) throws {
        let loaded = try JSONReferenceReader().read(fixture("references/sets/\(name).json"))
        for (usesTemplates, compression) in [(false, nil), (true, nil), (false, "zstd"), (true, "gzip")] {
            var options = JSONReferenceWriter.Options()
            options.usesTemplates = usesTemplates
            options.compression = compression
            options.isPretty = usesTemplates
            let output = MemoryOutput()
            try JSONReferenceWriter(options: options, codecs: compressionCodecs).write(
                loaded.dataset, to: output)
            #expect((output.text.first == UInt8(ascii: "{")) == (compression == nil))
            let again = try JSONReferenceReader(codecs: compressionCodecs).read(Bytes(output.text))
            #expect(again.issues.isEmpty)
            try check(again.dataset, against: try expected(name))
        }
    }

    @Test(arguments: ["zst", "gz"]) func compressedSetsAreRead(ending: String) throws {
        let stored = fixture("references/sets/compressed.json.\(ending)")
        let loaded = try JSONReferenceReader(codecs: compressionCodecs).read(stored)
        try check(loaded.dataset, against: try expected("kerchunk_combined"))
        for length in 4..<stored.count {
            #expect(throws: KerchunkError.self) {
                try JSONReferenceReader(codecs: compressionCodecs).read(stored[0..<length])
            }
        }
    }

    @Test func pythonsNumbersSurvive() throws {
        let loaded = try JSONReferenceReader().read(fixture("references/sets/python.json"))
        let (array, _) = try #require(chunk("a/0", in: loaded.dataset))
        // Attributes are standard JSON from here on.
        #expect(array.attributes["low"] == "-Infinity")
        #expect(array.attributes["none"] == "NaN")
        #expect(array.attributes["large"] == .number(.unsigned(.max)))
        #expect(array.attributes["exact"] == .integer(9_007_199_254_740_993))
    }

    @Test(arguments: names) func everyPrefixOfASetThrows(name: String) throws {
        let text = fixture("references/sets/\(name).json")
        for length in 0..<text.count {
            #expect(throws: KerchunkError.self) { try JSONReferenceReader().read(text[0..<length]) }
        }
    }

    @Test(arguments: names) func flippedBitsNeverTrap(name: String) {
        let text = fixture("references/sets/\(name).json")
        for seed in 1...400 as ClosedRange<UInt64> {
            let changed = flippingBits(of: text, count: 1 + Int(seed % 3), seed: seed)
            _ = try? JSONReferenceReader().read(changed)
        }
    }
}
