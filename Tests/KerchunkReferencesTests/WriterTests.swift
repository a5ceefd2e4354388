// SPDX-License-Identifier: Apache-2.0
import KerchunkBytes
import KerchunkModel
import KerchunkReferences
import KerchunkStorage
import Testing

@Suite struct WriterTests {
    @Test func versionComesFirstAndDocumentsBeforeChunks() throws {
        let text = try written(dataset([2]) { $0.set(1, source: firstSource, offset: 10, length: 7) })
        #expect(
            text == #"""
                {"version":1,"refs":{".zmetadata":"{\"metadata\":{\".zgroup\":{\"zarr_format\":2},\".zattrs\":{},\#
                \"a/.zarray\":{\"chunks\":[1],\"compressor\":null,\"dtype\":\"<f8\",\"fill_value\":null,\"filters\":null,\#
                \"order\":\"C\",\"shape\":[2],\"zarr_format\":2},\"a/.zattrs\":{}},\"zarr_consolidated_format\":1}",\#
                ".zgroup":"{\"zarr_format\":2}",".zattrs":"{}",\#
                "a/.zarray":"{\"chunks\":[1],\"compressor\":null,\"dtype\":\"<f8\",\"fill_value\":null,\"filters\":null,\#
                \"order\":\"C\",\"shape\":[2],\"zarr_format\":2}","a/.zattrs":"{}",\#
                "a/1":["/f.nc",10,7]},"sources":{"/f.nc":{}}}
                """#)
    }

    @Test func prettyOutputSaysTheSame() throws {
        let sample = try dataset([3, 2]) {
            $0.set(1, source: firstSource, offset: 10, length: 7)
            $0.set(4, .inline([0x41]))
            $0.set(5, .wholeFile(firstSource))
        }
        let pretty = try written(sample) { $0.isPretty = true }
        #expect(pretty.contains("\n    \"a/0.1\": [\"/f.nc\", 10, 7],\n    \"a/2.0\": \"A\",\n"))
        #expect(try JSONScanner.parse(Bytes(pretty)) == JSONScanner.parse(Bytes(written(sample))))
    }

    @Test func keysCountInCOrder() throws {
        let shape: [UInt64] = [2, 3, 2, 1]
        let references = try references(
            dataset(shape) {
                for position in 0..<UInt64(12) {
                    $0.set(position, source: firstSource, offset: position, length: 1)
                }
            })
        var position: UInt64 = 0
        for first in 0..<2 {
            for second in 0..<3 {
                for third in 0..<2 {
                    #expect(
                        references["a/\(first).\(second).\(third).0"] == ["/f.nc", .integer(position), 1])
                    position += 1
                }
            }
        }
    }

    @Test func keysAreRightWhereLinesAreSkipped() throws {
        let references = try references(
            dataset([20, 30, 40]) {
                for position in [UInt64(0), 39, 40, 1_200, 1_239, 1_240, 23_999] {
                    $0.set(position, source: firstSource, offset: position, length: 1)
                }
            })
        let keys = references.names.filter { $0.hasPrefix("a/") && !$0.contains(".z") }
        #expect(keys == ["a/0.0.0", "a/0.0.39", "a/0.1.0", "a/1.0.0", "a/1.0.39", "a/1.1.0", "a/19.29.39"])
    }

    @Test func scalarHasTheKeyZero() throws {
        let references = try references(dataset([]) { $0.set(0, source: firstSource, offset: 8, length: 8) })
        #expect(references["a/0"] == ["/f.nc", 8, 8])
    }

    @Test func sparseGridsNameOnlyWhatExists() throws {
        let references = try references(
            dataset([1 << 20, 1 << 20]) { $0.set(1 << 39 | 5, source: firstSource, offset: 1, length: 2) })
        #expect(references["a/524288.5"] == ["/f.nc", 1, 2])
    }

    @Test(
        arguments: [0, 9, 10, 99, 100, 9_999, 10_000, 12_345_678, 99_999_999, 100_000_000, .max - 1]
            as [UInt64])
    func numbersAreWrittenInFull(number: UInt64) throws {
        let text = try written(dataset([1]) { $0.set(0, source: firstSource, offset: number, length: 1) })
        #expect(text.contains("\"a/0\":[\"/f.nc\",\(number),1]"))
    }

    @Test func namesAndURLsAreEscaped() throws {
        let name = "q\"\\\u{1}é"
        let references = try references(
            dataset(named: name, [1], urls: ["/d\"\n/ü.nc"]) {
                $0.set(0, source: firstSource, offset: 1, length: 2)
            })
        #expect(references[name + "/0"] == ["/d\"\n/ü.nc", 1, 2])
    }

    @Test func inlineBytesAreTextWhereTheyAreASCII() throws {
        let references = try references(
            dataset([5]) {
                $0.set(0, .inline(Bytes("plain \"text\"\u{0}\u{7F}")))
                $0.set(1, .inline([0x80, 0x41]))
                $0.set(2, .inline(Bytes("base64:QQ==")))
                $0.set(3, .inline(Bytes()))
            })
        #expect(references["a/0"] == "plain \"text\"\u{0}\u{7F}")
        #expect(references["a/1"] == "base64:gEE=")
        #expect(references["a/2"] == "base64:YmFzZTY0OlFRPT0=")
        #expect(references["a/3"] == "")
        #expect(references["a/4"] == nil)
    }

    @Test func chunksOfSeveralSourcesKeepTheirURLs() throws {
        let references = try references(
            dataset([2, 2], urls: ["/f.nc", "s3://b/g.nc"]) {
                for position in 0..<UInt64(4) {
                    $0.set(
                        position, source: SourceIndex(row: UInt32(position % 2)), offset: position, length: 1)
                }
            })
        #expect(references["a/1.0"] == ["/f.nc", 2, 1])
        #expect(references["a/1.1"] == ["s3://b/g.nc", 3, 1])
    }

    @Test func sourcesCarryTheirStamps() throws {
        let sample = try dataset([1], urls: []) { _ in }
        _ = sample.sources.intern(
            "/f.nc", stamp: SourceStamp(size: 5, eTag: "\"x\"", modificationTime: 1_700_000_000_000_000_001))
        let document = try JSONScanner.parse(Bytes(written(sample)))
        #expect(
            document.object?["sources"] == [
                "/f.nc": ["size": 5, "etag": "\"x\"", "mtime": 1_700_000_000_000_000_001]
            ])
        #expect(try !written(sample) { $0.recordsSources = false }.contains("sources"))
    }

    @Test func longTextsPassThroughTheBuffer() throws {
        let large = [UInt8](repeating: 0x42, count: 3 << 20)
        let references = try references(
            dataset(named: "n" + String(repeating: "x", count: 2000), [1500]) {
                for position in 0..<UInt64(1500) {
                    $0.set(position, source: firstSource, offset: position, length: 1)
                }
                $0.set(7, .inline(Bytes(large)))
            })
        #expect(references["n" + String(repeating: "x", count: 2000) + "/1499"] == ["/f.nc", 1499, 1])
        #expect(
            references["n" + String(repeating: "x", count: 2000) + "/7"]?.string?.utf8.count == large.count)
    }

    @Test func aURLTooLongForTheBufferIsAnError() throws {
        let sample = try dataset([1], urls: ["/" + String(repeating: "u", count: 2 << 20)]) {
            $0.set(0, source: firstSource, offset: 0, length: 1)
        }
        #expect(throws: KerchunkError.self) { try written(sample) }
    }

    @Test func cancellationStopsTheWriting() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let sample = try dataset([1]) { $0.set(0, source: firstSource, offset: 0, length: 1) }
        #expect(throws: KerchunkError.self) {
            try JSONReferenceWriter().write(sample, to: MemoryOutput(), cancellation: cancellation)
        }
    }
}
