// SPDX-License-Identifier: Apache-2.0
// Every codec against bytes that HDF5, its plugins and numcodecs wrote.

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

    @Test(arguments: StoredChunk.all) func decodesWhatOthersWrote(_ chunk: StoredChunk) throws {
        let pipeline = try CodecPipeline(chunk.specs, from: directory)
        let decoded = try pipeline.decode(chunk.stored, limit: 1 << 27)
        #expect(chunk.expects(decoded))
    }

    /// A limit of exactly the decoded size must do: callers know it.
    @Test(arguments: StoredChunk.all) func theExactLimitSuffices(_ chunk: StoredChunk) throws {
        guard chunk.specs.count == 1, let spec = chunk.specs.first else { return }
        let codec = try directory.codec(spec)
        #expect(chunk.expects(try codec.decode(chunk.stored, limit: chunk.decodedSize)))
    }

    @Test(arguments: StoredChunk.all) func oneByteLessIsBeyondTheLimit(_ chunk: StoredChunk) throws {
        guard chunk.specs.count == 1, let spec = chunk.specs.first, chunk.decodedSize > 0 else { return }
        let codec = try directory.codec(spec)
        #expect(errorKind(codec, chunk.stored, limit: chunk.decodedSize - 1) == .limit)
    }

    /// What is encoded here decodes to the same; codecs that only decode say so.
    @Test(arguments: StoredChunk.all) func encodingReverses(_ chunk: StoredChunk) throws {
        let pipeline = try CodecPipeline(chunk.specs, from: directory)
        let decoded = try pipeline.decode(chunk.stored, limit: 1 << 27)
        do {
            let encoded = try pipeline.encode(decoded)
            #expect(try pipeline.decode(encoded, limit: 1 << 27) == decoded)
        } catch {
            #expect(error.kind == .unsupported)
            #expect(
                chunk.specs.contains {
                    ["szip", "nbit", "scaleoffset"].map { "swift_kerchunk." + $0 }.contains($0.id)
                })
        }
    }

    /// Streams behind each other are one content, as in Python; what follows the last is passed over where Python does.
    @Test(arguments: [("gzip", [0, 0, 0]), ("bz2", [1, 2]), ("zstd", [])] as [(String, [UInt8])])
    func streamsJoin(_ id: String, _ rest: [UInt8]) throws {
        let codec = try directory.codec(CodecSpec(id))
        let one = try codec.encode(Bytes("first ")).array
        let two = try codec.encode(Bytes("second")).array
        #expect(try codec.decode(Bytes(one + two + rest), limit: 12) == Bytes("first second"))
        #expect(errorKind(codec, Bytes(one + two + rest), limit: 11) == .limit)
    }

    @Test func textsComeOutOfTheirContainer() throws {
        for chunk in StoredChunk.all {
            guard let texts = chunk.texts else { continue }
            #expect(try TextContainer.texts(in: chunk.stored) == texts)
            #expect(try TextContainer.bytes(of: texts) == chunk.stored)
        }
    }
}
