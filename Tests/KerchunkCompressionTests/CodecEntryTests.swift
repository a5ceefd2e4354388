// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import Testing

/// The codec of docs/adding-a-codec.md: rows with their last element first.
private struct Flip: Codec {
    static let entry = CodecEntry(
        "example.flip", .arrayToArray, "Rows with their last element first.", v3Name: .same("example.flip"),
        reader: .otherPackage("example", class: "Flip"), encodingSettings: .named(["author"])
    ) { _ in Flip() }

    func decode(_ stored: Bytes, as form: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        guard let form, form.byteCount == stored.count, stored.count <= limit else {
            throw KerchunkError(.malformed, "cannot decode example.flip: \(stored.count) bytes are no chunk")
        }
        let width = form.dataType.size
        let row = width * Int(form.shape.last ?? 1)
        var flipped = stored.array
        for (index, byte) in stored.array.enumerated() {
            let element = index % row / width
            flipped[index - index % row + row - (element + 1) * width + index % width] = byte
        }
        return Bytes(flipped)
    }

    func encode(_ decoded: Bytes, as form: ChunkForm?) throws(KerchunkError) -> Bytes {
        try decode(decoded, as: form, limit: decoded.count)
    }
}

@Suite struct CodecEntryTests {
    private let extended = CodecDirectory(BuiltinCompression.entries + [Flip.entry])
    private let specs = [CodecSpec("example.flip", ["author": "me"]), CodecSpec("zlib", ["level": 1])]

    private func array() throws -> VirtualArray {
        VirtualArray(
            shape: [2, 3], chunkShape: [2, 3], dataType: .integer(isSigned: false, width: 2, .big),
            codecs: specs,
            chunks: MemoryManifest.empty(try #require(ChunkGrid(shape: [1, 1]))))
    }

    @Test func aCodecKnowsTheFormOfWhatItDecodes() throws {
        let elements = Bytes([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6])
        let pipeline = try CodecPipeline(try array(), from: extended)
        let stored = try pipeline.encode(elements)
        let inflated = try directory.codec(CodecSpec("zlib")).decode(stored, limit: 12)
        #expect(inflated == Bytes([0, 3, 0, 2, 0, 1, 0, 6, 0, 5, 0, 4]))
        #expect(try pipeline.decode(stored, limit: 12) == elements)
        #expect(throws: KerchunkError.self, "nobody says the form") {
            try CodecPipeline(specs, from: extended).decode(stored, limit: 12)
        }
    }

    @Test func zarr3HasItInItsPlace() throws {
        let document = try V3Documents.array(try array(), codecs: extended)
        #expect(
            document["codecs"] == [
                ["name": "example.flip", "configuration": ["author": "me"]],
                ["name": "bytes", "configuration": ["endian": "big"]],
                ["name": "numcodecs.zlib", "configuration": ["level": 1]],
            ])
        #expect(try V3Documents.read(document, codecs: extended).array.codecs == specs)
        #expect(throws: KerchunkError.self, "not known") {
            try V3Documents.array(try array(), codecs: directory)
        }
        var wrong = try array()
        wrong.codecs = [specs[1], specs[0]]
        #expect(throws: KerchunkError.self, "elements behind bytes") {
            try V3Documents.array(wrong, codecs: extended)
        }
    }

    @Test func settingsOfEncodingDoNotCount() {
        #expect(extended.decodingPart(of: specs[0]) == CodecSpec("example.flip"))
        #expect(extended.decodingPart(of: specs[1]) == CodecSpec("zlib"))
        let shuffle = CodecSpec("shuffle", ["elementsize": 4])
        #expect(extended.decodingPart(of: shuffle) == shuffle)
        let unknown = CodecSpec("nobody", ["level": 1])
        #expect(extended.decodingPart(of: unknown) == unknown)
    }

    @Test func idsAndNamesAreThereOnce() {
        let entries = BuiltinCompression.entries
        #expect(Set(entries.map(\.id)).count == entries.count)
        for entry in entries {
            let isOurs = !entry.neededPackages.isEmpty
            #expect(entry.id.hasPrefix("swift_kerchunk.") || entry.id == "deflate" || !isOurs)
            #expect(!entry.summary.isEmpty)
            let spec = CodecSpec(entry.id)
            guard let name = extended.v3Codec(spec) else { continue }
            #expect(extended.spec(name) == spec, "\(entry.id) goes both ways")
        }
    }

    @Test func whatOnlyPythonDecodesSaysSo() {
        do {
            _ = try directory.codec(CodecSpec("swift_kerchunk.zfp"))
            Issue.record("the library has ZFP")
        } catch {
            #expect(error.kind == .unsupported && error.message.contains("imagecodecs"))
        }
    }

    /// Elements that are smaller than what is stored need room for that between the codecs.
    @Test func stepsMayBeLargerThanChunks() throws {
        let specs = [
            CodecSpec("astype", ["encode_dtype": "<f8", "decode_dtype": "<f4"]), CodecSpec("zlib"),
        ]
        let form = ChunkForm(shape: [2], dataType: .float(width: 4, .little))
        let doubles = Bytes([0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0])
        let stored = try directory.codec(CodecSpec("zlib")).encode(doubles)
        let decoded = try CodecPipeline(specs, from: directory, for: form).decode(stored, limit: 8)
        #expect(decoded == Bytes([0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]))
    }

    @Test func realsThatAreNoIntegersAreErrors() throws {
        let codec = try directory.codec(
            CodecSpec("astype", ["encode_dtype": "<f4", "decode_dtype": "|i1"]))
        #expect(try codec.decode(Bytes([0, 0, 0xFE, 0x42]), limit: 1) == Bytes([127]))
        for bits: [UInt8] in [[0, 0, 0, 0x43], [0, 0, 0xC0, 0x7F], [0, 0, 0x80, 0x7F]] {
            #expect(throws: KerchunkError.self) { try codec.decode(Bytes(bits), limit: 1) }
        }
        #expect(throws: KerchunkError.self, "half precision is numcodecs'") {
            try directory.codec(CodecSpec("astype", ["encode_dtype": "<f2", "decode_dtype": "<f4"]))
        }
    }

    @Test(arguments: [
        CodecSpec("fixedscaleoffset", ["scale": 10, "offset": 1, "dtype": "<f8", "astype": "<i2"]),
        CodecSpec("fixedscaleoffset", ["scale": 0, "offset": 1, "dtype": "<i4", "astype": "<f4"]),
        CodecSpec("delta", ["dtype": "<i8", "astype": "<i1"]), CodecSpec("delta", ["dtype": "<f4"]),
        CodecSpec("astype", ["encode_dtype": "<f8", "decode_dtype": "<u8"]),
        CodecSpec("quantize", ["digits": 2, "dtype": "<f8", "astype": "<f4"]), CodecSpec("packbits"),
        CodecSpec("bitround", ["keepbits": 2]), CodecSpec("crc32"), CodecSpec("crc32c"), CodecSpec("adler32"),
    ]) func hostileBytesNeverTrap(_ spec: CodecSpec) throws {
        let codec = try directory.codec(spec)
        var state: UInt64 = 88_172_645_463_325_252
        for length in 0..<200 {
            let bytes = Bytes(
                (0..<length % 70).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return UInt8(truncatingIfNeeded: length % 3 == 0 ? 0xFF : state)
                })
            if let decoded = try? codec.decode(bytes, limit: 100) { #expect(decoded.count <= 100) }
        }
    }
}
