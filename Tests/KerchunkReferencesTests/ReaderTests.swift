// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

private func read(_ text: String) throws -> Opened { try JSONReferenceReader().read(Bytes(text)) }

private let arrayDocument =
    #"{\"shape\":[4,2],\"chunks\":[2,1],\"dtype\":\"<f8\",\"fill_value\":\"NaN\",\"filters\":null,\"compressor\":null,\"order\":\"C\",\"zarr_format\":2}"#

private func chunks(_ references: Opened, _ name: String = "a") throws -> ChunkManifest {
    guard case .array(let array) = references.dataset.root[name] else {
        throw KerchunkError(.usage, "no array")
    }
    return try array.chunks.rows(0..<array.chunks.grid.count)
}

@Suite struct ReaderTests {
    @Test func whatIsWrittenIsReadBack() throws {
        var sample = try dataset(named: "tas", [3, 4], urls: ["/f.nc", "/g \"h\".nc"]) {
            for position in 0..<UInt64(9) {
                $0.set(position, source: firstSource, offset: 100 * position, length: 100)
            }
            $0.set(9, source: SourceIndex(row: 1), offset: 7, length: 0)
            $0.set(10, .inline([0, 200, 7]))
            $0.set(2, .wholeFile(SourceIndex(row: 1)))
        }
        sample.sources.setStamp(SourceStamp(size: 9, modificationTime: -5), of: firstSource)
        var group = VirtualGroup(attributes: [
            "title": "é", "large": .number(.unsigned(.max)), "none": .real(.nan),
        ])
        var inner = try array([]) { $0.set(0, source: firstSource, offset: 1, length: 8) }
        inner.dimensionNames = []
        inner.codecs = [CodecSpec("shuffle", ["elementsize": 8]), CodecSpec("zlib", ["level": 4])]
        inner.missing = .masking(.element([0, 0, 0, 0, 0, 0, 0xF8, 0x7F]))
        group["x y"] = .array(inner)
        sample.root["deep"] = .group(group)
        let loaded = try read(try written(sample))
        #expect(loaded.issues.isEmpty)
        #expect(try written(loaded.dataset) == written(sample))
        let third = try written(sample) { $0.zarrFormat = 3 }
        #expect(try written(try read(third).dataset) { $0.zarrFormat = 3 } == third)
    }

    @Test func versionZeroIsFlat() throws {
        let loaded = try read(
            #"{"a/0.0":["/f",0,5],"a/.zarray":"\#(arrayDocument)","a/.zattrs":{"_ARRAY_DIMENSIONS":["y","x"]},".zgroup":{"zarr_format":2}}"#
        )
        #expect(loaded.issues.isEmpty)
        #expect(try chunks(loaded)[0] == .range(firstSource, ByteRange(0..<5)))
        guard case .array(let array) = loaded.dataset.root["a"] else {
            throw KerchunkError(.usage, "no array")
        }
        #expect(array.dimensionNames == ["y", "x"])
        #expect(array.attributes.isEmpty)
    }

    @Test func chunksMayComeBeforeTheirDocuments() throws {
        let loaded = try read(
            #"{"refs":{"a/1.1":["/f",3,5],"a/0.1":"base64:AAE=","a/.zarray":"\#(arrayDocument)"},"version":1}"#
        )
        #expect(try chunks(loaded)[3] == .range(firstSource, ByteRange(3..<8)))
        #expect(try chunks(loaded)[1] == .inline([0, 1]))
        #expect(try chunks(loaded)[0] == .missing)
    }

    @Test func keysMayBeEscapedInDifferentWays() throws {
        let loaded = try read(
            #"{"version":1,"refs":{"\u00e9/.zarray":"\#(arrayDocument)","\u00e9/0.0":["/f",0,1],"é/0.1":["\/f",1,1],"\u00e9\/1.0":["/f",2,1]}}"#
        )
        #expect(loaded.issues.isEmpty)
        let manifest = try chunks(loaded, "é")
        #expect(manifest[0] == .range(firstSource, ByteRange(0..<1)))
        #expect(manifest[1] == .range(firstSource, ByteRange(1..<2)))
        #expect(manifest[2] == .range(firstSource, ByteRange(2..<3)))
        #expect(loaded.dataset.sources.count == 1)
    }

    @Test func consolidatedMetadataStandInForMissingDocuments() throws {
        let loaded = try read(
            #"{"version":1,"refs":{".zmetadata":"{\"metadata\":{\"a/.zarray\":\#(arrayDocument.replacing(#"\""#, with: #"\""#))}}","a/0.0":["/f"]}}"#
        )
        #expect(try chunks(loaded)[0] == .wholeFile(firstSource))
    }

    @Test func keysOfNoArrayAreKept() throws {
        let loaded = try read(
            #"{"version":1,"refs":{"a/.zarray":"\#(arrayDocument)","a/2.0":["/f",0,1],"b/0":"x","a/00.1":"y"}}"#
        )
        #expect(loaded.issues.isEmpty)
        let keys = try #require(loaded.dataset.looseKeys)
        #expect(keys.names == ["a/2.0", "b/0", "a/00.1"])
        var values: [ChunkLocation] = []
        try keys.forEachKey { values.append($1) }
        #expect(
            values == [
                .range(firstSource, ByteRange(0..<1)), .inline(Bytes("x")), .inline(Bytes("y")),
            ])
    }

    @Test func whatHasNoDocumentAtAllIsAnIssue() throws {
        let loaded = try read(#"{"no":"references"}"#)
        #expect(loaded.issues.map(\.reason) == ["this key belongs to no array, and there is none"])
    }

    @Test func keysOfNoArrayThatAreNoReferencesAreAnIssue() throws {
        let loaded = try read(#"{"version":1,"refs":{".zgroup":"{}","a":5,"b":["/f",1],"c":"x"}}"#)
        #expect(loaded.dataset.looseKeys?.names == ["c"])
        #expect(loaded.issues.map(\.object) == ["/a"])
        #expect(
            loaded.issues[0].reason.hasPrefix("this key and 1 more belong to no array and are left out: "))
    }

    @Test func anArrayMayBeTheRoot() throws {
        let loaded = try read(
            #"{".zarray":"\#(arrayDocument)","0.0":["/f",0,1],"1.1":["/f",1,1],"README":"text","/.zarray":"{}"}"#
        )
        let array = try #require(loaded.dataset.root.rootArray)
        #expect(try array.chunks.rows(0..<4)[0] == .range(firstSource, ByteRange(0..<1)))
        #expect(try array.chunks.rows(0..<4)[3] == .range(firstSource, ByteRange(1..<2)))
        #expect(loaded.dataset.looseKeys?.names.sorted() == ["/.zarray", "README"])
        #expect(loaded.issues.isEmpty)
    }

    @Test(arguments: [128, 129, 130])
    func attributesHaveOneBoundOnNesting(levels: Int) throws {
        // The attributes themselves are the first level.
        let nested = String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
        let document = #"{\"a\":"# + nested + "}"
        let text = #"{".zgroup":"{\"zarr_format\":2}",".zattrs":"\#(document)"}"#
        if levels - 1 > Nesting.limit {
            #expect(throws: KerchunkError.self) { try read(text) }
        } else {
            _ = try read(text)
        }
    }

    /// VirtualiZarr writes them so.
    @Test func theChunkOfAScalarMayHaveNoIndex() throws {
        let scalar = arrayDocument.replacing("[4,2]", with: "[]").replacing("[2,1]", with: "[]")
        let loaded = try read(
            #"{"version":1,"refs":{"a/":["/f",3,8],"a/.zarray":"\#(scalar)","b/.zarray":"\#(arrayDocument)","b/":"x"}}"#
        )
        #expect(try chunks(loaded)[0] == .range(firstSource, ByteRange(3..<11)))
        #expect(loaded.issues.isEmpty)
        #expect(
            loaded.dataset.looseKeys?.names == ["b/"], "a key without an index is of no array of two axes")
    }

    @Test func anArrayThatMakesNoSenseIsAnIssue() throws {
        let loaded = try read(
            #"{"version":1,"refs":{"a/.zarray":{"shape":[4],"chunks":[2],"dtype":"<q8"},"a/0":"x"}}"#)
        #expect(loaded.issues.first?.object == "/a")
        #expect(loaded.issues.first?.reason == "\"<q8\" is not a data type of Zarr v2")
    }

    @Test func aNullURLMeansTheTarget() throws {
        let text = #"{"version":1,"refs":{"a/.zarray":"\#(arrayDocument)","a/0.0":[null,0,1]}}"#
        #expect(throws: KerchunkError.self) { try read(text) }
        let loaded = try JSONReferenceReader(target: "/t.nc").read(Bytes(text))
        #expect(loaded.dataset.sources.sources.map(\.url) == ["/t.nc"])
    }

    @Test(arguments: [
        ("", "the text ends"), ("[]", "object of a reference set"), ("{", "string in quotation marks"),
        (#"{"version":2,"refs":{}}"#, "version 2"), (#"{"version":1}"#, "no \"refs\""),
        (#"{"version":1,"refs":[]}"#, "object of references"),
        (#"{"version":1,"refs":{}} x"#, "text after the end"),
        (#"{"version":1,"refs":{},"templates":["u"]}"#, "templates"),
        (#"{"version":1,"refs":{},"gen":[{"key":"x"}]}"#, "needs \"key\" and \"url\""),
        (#"{"version":1,"refs":{"a/.zarray":["/f"]}}"#, "not in the reference set itself"),
        (#"{"version":1,"refs":{"a/.zarray":"{"}}"#, "is not JSON"),
    ])
    func whatIsNoReferenceSetSaysWhy(text: String, reason: String) throws {
        let error = try #require(throws: KerchunkError.self) { try read(text) }
        #expect(text.isEmpty || error.message.contains(reason), "\(error.message)")
    }

    @Test(arguments: [
        #"["/f",1]"#, #"["/f",-1,2]"#, #"["/f",1.5,2]"#, #"["/f",1,2,3]"#, "null", "17", "[]", #"[7,1,2]"#,
        #"["/f",18446744073709551615,2]"#, #"["/f",1,18446744073709551615]"#,
        #"["/f",99999999999999999999,2]"#,
        #""base64:A""#, "true", #"["/f",1e3,4]"#,
    ])
    func malformedReferencesAreErrorsWithTheirPlace(value: String) throws {
        let text = #"{"version":1,"refs":{"a/.zarray":"\#(arrayDocument)","a/0.0":\#(value)}}"#
        let error = try #require(throws: KerchunkError.self) { try read(text) }
        #expect(error.kind == .malformed)
        #expect(error.offset.map { $0 > 150 } == true)
    }

    @Test func everyPrefixThrows() throws {
        let sample = try dataset(named: "a\"é", [2, 2]) {
            $0.set(0, source: firstSource, offset: 10, length: 7)
            $0.set(1, .inline([0x80]))
            $0.set(2, .wholeFile(firstSource))
        }
        let text = Bytes(try written(sample))
        for length in 0..<text.count {
            #expect(throws: KerchunkError.self) { try JSONReferenceReader().read(text[0..<length]) }
        }
    }

    @Test func changedBytesNeverTrap() throws {
        var sample = try dataset([2, 2]) { $0.set(0, source: firstSource, offset: 10, length: 7) }
        sample.root["b"] = .array(try array([3]) { $0.set(1, .inline([0x80])) })
        for format in [2, 3] {
            let text = Array(try written(sample) { $0.zarrFormat = format }.utf8)
            for position in text.indices {
                for byte in [
                    UInt8(ascii: "\""), UInt8(ascii: "9"), UInt8(ascii: "{"), UInt8(ascii: "]"), 0xFF, 0,
                ] {
                    var changed = text
                    changed[position] = byte
                    _ = try? JSONReferenceReader().read(Bytes(changed))
                }
            }
        }
    }

    @Test func deepNestingIsAnError() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: KerchunkError.self) { try read(#"{"version":1,"refs":{"x/.zattrs":\#(deep)"#) }
        #expect(throws: KerchunkError.self) { try read(#"{"version":1,"refs":{"x/0":\#(deep)"#) }
    }
}
