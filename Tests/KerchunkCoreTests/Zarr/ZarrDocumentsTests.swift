// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import Testing

private let codecs = CodecDirectory(BuiltinCompression.entries)

private func sample() throws -> VirtualArray {
    let grid = try #require(ChunkGrid(shape: [2, 1]))
    return VirtualArray(
        shape: [3, 2], chunkShape: [2, 2], dataType: .float(width: 4, .big),
        missing: .masking(.element([0x7F, 0xC0, 0, 0])),
        codecs: [CodecSpec("shuffle", ["elementsize": 4]), CodecSpec("zlib", ["level": 4])],
        hasCompressor: true, attributes: ["units": "K", "_FillValue": .real(.nan)],
        dimensionNames: ["y", "x"], chunks: MemoryManifest.empty(grid))
}

@Suite struct ZarrDocumentsTests {
    @Test func arraysOfZarr2() throws {
        #expect(
            JSONValue.object(V2Documents.array(try sample())).serialized()
                == #"{"chunks":[2,2],"compressor":{"id":"zlib","level":4},"dtype":">f4","fill_value":"NaN","#
                + #""filters":[{"id":"shuffle","elementsize":4}],"order":"C","shape":[3,2],"zarr_format":2}"#)
        #expect(
            JSONValue.object(V2Documents.attributes(try sample())).serialized()
                == #"{"units":"K","_ARRAY_DIMENSIONS":["y","x"]}"#,
            "NaN is masked anyway, and no standard JSON")
    }

    @Test func arraysOfZarr3() throws {
        #expect(
            JSONValue.object(try V3Documents.array(try sample(), codecs: codecs)).serialized()
                == #"{"zarr_format":3,"node_type":"array","shape":[3,2],"data_type":"float32","#
                + #""chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,2]}},"#
                + #""chunk_key_encoding":{"name":"v2","configuration":{"separator":"."}},"fill_value":"NaN","#
                + #""codecs":[{"name":"bytes","configuration":{"endian":"big"}},"#
                + #"{"name":"numcodecs.shuffle","configuration":{"elementsize":4}},"#
                + #"{"name":"numcodecs.zlib","configuration":{"level":4}}],"#
                + #""attributes":{"units":"K","_FillValue":"AAAAAAAA+H8="},"dimension_names":["y","x"],"storage_transformers":[]}"#
        )
    }

    @Test func documentsAreReadBack() throws {
        let array = try sample()
        let second = try V2Documents.read(V2Documents.array(array), attributes: V2Documents.attributes(array))
            .array
        #expect(V2Documents.array(second) == V2Documents.array(array))
        #expect(second.attributes == ["units": "K"])
        #expect(second.dimensionNames == array.dimensionNames)
        let third = try V3Documents.read(V3Documents.array(array, codecs: codecs), codecs: codecs).array
        #expect(try V3Documents.array(third, codecs: codecs) == V3Documents.array(array, codecs: codecs))
        #expect(third.attributes == array.attributes)
    }

    @Test func codecsThatZarr3LacksAreErrors() throws {
        var array = try sample()
        array.codecs = [CodecSpec("fill_hdf_strings")]
        #expect(throws: KerchunkError.self) { try V3Documents.array(array, codecs: codecs) }
        array.codecs = [CodecSpec("zlib"), CodecSpec("delta", ["dtype": "<f4"])]
        #expect(throws: KerchunkError.self) { try V3Documents.array(array, codecs: codecs) }
        array.codecs = [CodecSpec("swift_kerchunk.lzf")]
        #expect(
            try V3Documents.array(array, codecs: codecs)["codecs"]?.array?[1] == [
                "name": "swift_kerchunk.lzf", "configuration": [:],
            ])
    }

    @Test func codecsOfZarr3sCoreAreThoseOfNumcodecs() throws {
        var document = try V3Documents.array(try sample(), codecs: codecs)
        document["codecs"] = [
            ["name": "bytes", "configuration": ["endian": "big"]],
            [
                "name": "blosc",
                "configuration": [
                    "cname": "zstd", "clevel": 5, "shuffle": "bitshuffle", "typesize": 4, "blocksize": 0,
                ],
            ],
            ["name": "zstd", "configuration": ["level": 0, "checksum": false]], ["name": "crc32c"],
            ["name": "numcodecs.lzma", "configuration": ["preset": 1]],
            ["name": "numcodecs.nobody", "configuration": [:]],
        ]
        let array = try V3Documents.read(document, codecs: codecs).array
        #expect(
            array.codecs == [
                CodecSpec("blosc", ["cname": "zstd", "clevel": 5, "shuffle": 2, "blocksize": 0]),
                CodecSpec("zstd", ["level": 0, "checksum": false]), CodecSpec("crc32c"),
                CodecSpec("lzma", ["preset": 1]), CodecSpec("nobody"),
            ])
        #expect(array.dataType == .float(width: 4, .big))
    }

    @Test func otherCodecsHaveNoCompressorByThemselves() throws {
        var array = try sample()
        array.codecs = [CodecSpec("zlib")]
        #expect(V2Documents.array(array)["compressor"] == .null)
        #expect(V2Documents.array(array)["filters"] == [["id": "zlib"]])
        array.hasCompressor = true
        #expect(V2Documents.array(array)["compressor"] == ["id": "zlib"])
        #expect(V2Documents.array(array)["filters"] == .null)
        array.codecs = []
        #expect(V2Documents.array(array)["compressor"] == .null)
    }

    @Test func keysGoBothWays() throws {
        let grid = try #require(ChunkGrid(shape: [3, 1, 20]))
        let encodings: [(ChunkKeyEncoding, String)] = [
            (.dots, "2.0.13"), (ChunkKeyEncoding(separator: UInt8(ascii: "/")), "2/0/13"),
            (ChunkKeyEncoding(hasPrefix: true, separator: UInt8(ascii: "/")), "c/2/0/13"),
        ]
        for (encoding, key) in encodings {
            #expect(encoding.key([2, 0, 13]) == key)
            #expect(encoding.position(of: Array(key.utf8).span, on: grid) == 53)
        }
    }

    @Test(arguments: [
        "", "2", "2.0", "2.0.13.0", "3.0.0", "2.1.0", "2.0.20", "02.0.1", "2.0.x", "2..1", "-1.0.0",
        "c/2/0/1",
        "2.0.99999999999999999999",
    ])
    func otherKeysHaveNoPosition(key: String) throws {
        let grid = try #require(ChunkGrid(shape: [3, 1, 20]))
        #expect(ChunkKeyEncoding.dots.position(of: Array(key.utf8).span, on: grid) == nil)
    }

    @Test func scalarsHaveOneKey() throws {
        let grid = try #require(ChunkGrid(shape: []))
        #expect(ChunkKeyEncoding.dots.key([]) == "0")
        #expect(ChunkKeyEncoding.dots.position(of: Array("0".utf8).span, on: grid) == 0)
        #expect(ChunkKeyEncoding.dots.position(of: Array("1".utf8).span, on: grid) == nil)
        #expect(ChunkKeyEncoding(hasPrefix: true).key([]) == "c")
    }
}
