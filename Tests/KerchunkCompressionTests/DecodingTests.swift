// SPDX-License-Identifier: Apache-2.0
// What single codecs do beyond the contract of all.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkTestKit
import Testing

let directory = CodecDirectory(BuiltinCompression.entries)

/// The kind of error that decoding ends in; nil where it succeeds.
func errorKind(_ codec: any Codec, _ stored: Bytes, limit: Int) -> KerchunkError.Kind? {
    do {
        _ = try codec.decode(stored, limit: limit)
        return nil
    } catch {
        return error.kind
    }
}

@Suite struct DecodingTests {
    @Test func fixturesAreThere() { #expect(StoredChunk.all.count > 400) }

    /// Streams behind each other are one content, as in Python; what follows the last is passed over where Python does.
    @Test(arguments: [("gzip", [0, 0, 0]), ("bz2", [1, 2]), ("zstd", [])] as [(String, [UInt8])])
    func streamsJoin(_ id: String, _ rest: [UInt8]) throws {
        let codec = try directory.codec(CodecSpec(id))
        let one = try codec.encode(Bytes("first ")).array
        let two = try codec.encode(Bytes("second")).array
        #expect(try codec.decode(Bytes(one + two + rest), limit: 12) == Bytes("first second"))
        #expect(errorKind(codec, Bytes(one + two + rest), limit: 11) == .limit)
    }

    @Test func settingsOutOfBoundsAreErrors() {
        let specs = [
            CodecSpec("zlib", ["level": "high"]),
            CodecSpec("swift_kerchunk.szip"), CodecSpec("swift_kerchunk.nbit", ["elements": 3]),
            CodecSpec("swift_kerchunk.bitshuffle", ["elementsize": 4, "blocksize": 7]),
            CodecSpec(
                "swift_kerchunk.scaleoffset",
                ["kind": "integer", "byteorder": "little", "size": 3, "elements": 1]),
            CodecSpec(
                "swift_kerchunk.nbit",
                [
                    "elements": 3,
                    "type": ["size": 4, "precision": 20, "offset": 13, "byteorder": "little"],
                ]),
            CodecSpec("unheard-of"),
        ]
        for spec in specs { #expect(throws: KerchunkError.self) { try directory.codec(spec) } }
    }

    @Test func textsComeOutOfTheirContainer() throws {
        for chunk in StoredChunk.all {
            guard let texts = chunk.texts else { continue }
            #expect(try TextContainer.texts(in: chunk.stored) == texts)
            #expect(try TextContainer.bytes(of: texts) == chunk.stored)
        }
    }
}
