// SPDX-License-Identifier: Apache-2.0
// Files that are cut off, damaged, or lie.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import KerchunkStorage
import KerchunkTestKit
import Testing

@Suite struct HostileTests {
    @Test(arguments: [
        "arrow_delta.parq", "arrow_plain_v2_zstd.parq", "fastparquet_category.parq",
        "arrow_dictionary_snappy.parq",
    ])
    func everyPrefixThrows(name: String) throws {
        let bytes = try ParquetFixtures.bytes(name)
        for length in 0..<bytes.count {
            #expect(throws: KerchunkError.self) { try ParquetFixtures.decode(bytes[0..<length]) }
        }
    }

    /// Damage gives other rows, or an error; never a trap.
    @Test(arguments: ParquetFixtures.names) func flippedBitsDoNoHarm(name: String) throws {
        let bytes = try ParquetFixtures.bytes(name)
        for seed in 0..<UInt64(150) {
            let damaged = flippingBits(of: bytes, count: 1 + Int(seed % 3), seed: seed)
            do {
                let rows = try ParquetFixtures.decode(damaged)
                #expect(rows.count <= 1000)
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    /// The metadata alone, so that most flips hit what is believed first.
    @Test(arguments: ["arrow_row_groups.parq", "fastparquet_plain_zstd.parq", "arrow_small_pages.parq"])
    func flippedBitsOfMetadataDoNoHarm(name: String) throws {
        let bytes = try ParquetFixtures.bytes(name)
        let trailer = bytes.dropping(bytes.count - 8)
        let size = Int(trailer[0]) | Int(trailer[1]) << 8
        let start = bytes.count - 8 - size
        for seed in 1000..<UInt64(1600) {
            let damaged = flippingBits(of: bytes[start..<bytes.count - 8], count: 2, seed: seed)
            let whole = Bytes(bytes[0..<start].array + damaged.array + trailer.array)
            _ = try? ParquetFixtures.decode(whole)
        }
    }

    @Test func aFileThatIsNoneIsRefused() {
        for text in [
            "", "PAR1", "PAR1PAR1", "PAR1\0\0\0\0PAR1", "PAR1\u{7F}\0\0\0PAR1",
            "\u{FF}\u{FF}\u{FF}\u{7F}PAR1PAR1",
        ] {
            #expect(throws: KerchunkError.self) { try ParquetFixtures.decode(Bytes(text)) }
        }
    }

    @Test func encryptedFilesAreNamed() {
        do {
            _ = try ParquetFixtures.decode(Bytes("PARE12345678" + "\u{4}\0\0\0PARE"))
            Issue.record("it was read")
        } catch {
            #expect(error.message.contains("encrypted"))
        }
    }

    /// A page that says it decodes to more than its bytes can ever give is refused before memory is taken.
    @Test func pagesThatClaimTooMuchAreRefused() throws {
        let codec = try ParquetFixtures.codecs.codec(CodecSpec("zstd"))
        let writer = ParquetFileWriter(compression: .zstd, codec: Bomb(codec: codec), createdBy: "a liar")
        let pieces = try writer.file([OutputColumn("offset", .integers([1, 2, 3]))])
        let file = Bytes(pieces.flatMap(\.array))
        #expect(throws: KerchunkError.self) { try ParquetFixtures.decode(file) }
    }
}

/// Puts zeros in place of a page: a million of them, in a frame that says so.
private struct Bomb: Codec {
    let codec: any Codec

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        try codec.decode(stored, limit: limit)
    }
    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        try codec.encode(Bytes([UInt8](repeating: 0, count: 1_000_000)))
    }
}
