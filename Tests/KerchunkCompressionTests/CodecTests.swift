// SPDX-License-Identifier: Apache-2.0
// Every codec keeps its contract on bytes that HDF5, its plugins, numcodecs and zipfile wrote, and the suite sees codecs that
// do not.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkTestKit
import Synchronization
import Testing

/// Codecs behind each other as one.
private struct Pipeline: Codec {
    let pipeline: CodecPipeline

    func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        try pipeline.decode(stored, limit: limit)
    }
    func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes { try pipeline.encode(decoded) }
}

@Suite struct CodecTests {
    @Test(arguments: StoredChunk.all) func theContractIsKept(_ chunk: StoredChunk) throws {
        let pipeline = try CodecPipeline(chunk.specs, from: directory)
        let isSingle = pipeline.codecs.count == 1
        let codec: any Codec = isSingle ? pipeline.codecs[0] : Pipeline(pipeline: pipeline)
        #expect(checkCodec(codec, on: chunk.vector, isExact: isSingle) == [])
    }

    /// Of those that the libraries of the fixtures do not write: as their specifications say.
    private static let literals: [(spec: CodecSpec, stored: [UInt8], decoded: [UInt8])] = [
        // google/snappy's format_description.txt: a literal, then a copy of four bytes from four bytes before.
        (CodecSpec("snappy"), [8, 3 << 2, 1, 2, 3, 4, 0 << 5 | 0 << 2 | 1, 4], [1, 2, 3, 4, 1, 2, 3, 4]),
        // LZ4's block format: a token of nine literals.
        (CodecSpec("lz4_raw"), [0x90, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        // Bits 4 to 11 of two bytes, with a sign: 0xFF is -1, 0x12 is 18.
        (
            CodecSpec(
                "swift_kerchunk.integer",
                ["size": 2, "offset": 4, "precision": 8, "signed": true, "byteorder": "little"]),
            [0xF0, 0x0F, 0x20, 0x01], [0xFF, 0xFF, 18, 0]
        ),
        // An id that is known and one that is not; numcodecs.VLenUTF8 encodes "hé" and "" so.
        (
            CodecSpec("swift_kerchunk.heap_strings", ["size": 4, "strings": ["01000000": "hé"]]),
            [1, 0, 0, 0, 9, 9, 9, 9], [2, 0, 0, 0, 3, 0, 0, 0, 0x68, 0xC3, 0xA9, 0, 0, 0, 0]
        ),
    ]

    @Test(arguments: literals.indices) func theContractIsKeptOnLiterals(_ index: Int) throws {
        let (spec, stored, decoded) = Self.literals[index]
        let vector = CodecVector(spec.id, stored: stored, decoded: decoded)
        // A raw block does not tell its size.
        let found = checkCodec(try directory.codec(spec), on: vector, knowsSize: spec.id != "lz4_raw")
        #expect(found == [])
        #expect(checkCodecSettings(spec.id, spec.configuration, in: directory, stored: vector.stored) == [])
    }

    /// A member that Python's zipfile made.
    @Test func theContractIsKeptOnMembersOfArchives() throws {
        let archive = fixture("archives/refused.zip")
        let next = (1..<archive.count - 4).first { archive[$0..<$0 + 4] == Bytes([0x50, 0x4B, 3, 4]) }
        let vector = CodecVector("deflate", stored: archive[0..<(next ?? 0)], decodedSize: 700) {
            $0.count == 700 && $0.array.starts(with: Array("deflated.nc: ".utf8))
        }
        #expect(checkCodec(try directory.codec(CodecSpec("deflate")), on: vector) == [])
    }

    @Test func everyCodecIsTried() {
        let tried = Set(StoredChunk.all.flatMap(\.specs).map(\.id)).union(Self.literals.map(\.spec.id))
            .union(["deflate"])
        #expect(tried == Set(directory.ids))
    }

    /// All others can be written, too.
    @Test func fewCodecsOnlyDecode() throws {
        let decoders = ["szip", "nbit", "scaleoffset"].map { "swift_kerchunk." + $0 }
        for chunk in StoredChunk.all {
            let pipeline = try CodecPipeline(chunk.specs, from: directory)
            let decoded = try pipeline.decode(chunk.stored, limit: 1 << 27)
            let canEncode = (try? pipeline.encode(decoded)) != nil
            #expect(canEncode != chunk.specs.contains { decoders.contains($0.id) }, "\(chunk.name)")
        }
    }

    /// One chunk for each set of names of settings.
    private static let configurations: [StoredChunk] = {
        var known: Set<String> = []
        return StoredChunk.all.filter { chunk in
            chunk.specs.count == 1
                && known.insert(chunk.specs.map { "\($0.id) \($0.configuration.names)" }.joined()).inserted
        }
    }()

    @Test(arguments: configurations) func settingsThatMakeNoSenseAreErrors(_ chunk: StoredChunk) {
        for spec in chunk.specs {
            let found = checkCodecSettings(spec.id, spec.configuration, in: directory, stored: chunk.stored)
            #expect(found == [])
        }
    }

    @Test(arguments: ["zlib", "gzip", "zstd", "bz2", "lz4", "deflate"]) func bombsStopAtTheLimit(
        _ id: String
    ) throws {
        #expect(checkBomb(try directory.codec(CodecSpec(id)), named: id) == [])
    }

    // MARK: Faults

    /// zlib with a fault.
    private struct FaultyCodec: StreamingCodec {
        enum Fault: CaseIterable {
            case passesLimits, callsLimitsMalformed, remembers, reverses, refusesToEncode, stopsEarly
        }
        let fault: Fault
        private let base: any StreamingCodec
        private let calls = Calls()

        init(_ fault: Fault) throws {
            self.fault = fault
            base = try directory.streaming("zlib")
        }

        func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
            if fault == .remembers, calls.next() > 1 { return Bytes([1]) }
            do {
                return try base.decode(stored, limit: fault == .passesLimits ? 1 << 24 : limit)
            } catch {
                if fault == .callsLimitsMalformed { throw KerchunkError(.malformed, error.message) }
                throw error
            }
        }

        func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes {
            if fault == .refusesToEncode { throw KerchunkError(.malformed, "no") }
            return try base.encode(fault == .reverses ? Bytes(decoded.array.reversed()) : decoded)
        }

        func streamDecoder() throws(KerchunkError) -> any StreamDecoder {
            let decoder = try base.streamDecoder()
            return fault == .stopsEarly ? HastyDecoder(decoder) : decoder
        }
        func streamEncoder() throws(KerchunkError) -> any StreamEncoder { try base.streamEncoder() }
    }

    private final class Calls: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }

    /// Throws away what does not fit.
    private final class HastyDecoder: StreamDecoder {
        private let base: any StreamDecoder
        init(_ base: any StreamDecoder) { self.base = base }
        var isComplete: Bool { base.isComplete }
        func decode(_ stored: inout Bytes, limit: Int) throws(KerchunkError) -> Bytes {
            let piece = try base.decode(&stored, limit: limit)
            return piece.count == limit ? piece.dropping(1) : piece
        }
    }

    @Test(
        arguments: [
            (.passesLimits, "a limit of 999 of 1000 bytes: no error"),
            (.callsLimitsMalformed, "a limit of 999 of 1000 bytes: an error of kind malformed"),
            (.remembers, "it decodes to something else (attempt 2)"),
            (.reverses, "what was encoded decodes to something else"), (.refusesToEncode, "encoding throws"),
            (.stopsEarly, "bytes at a time decode to"),
        ] as [(FaultyCodec.Fault, String)])
    private func faultsAreSeen(_ fault: FaultyCodec.Fault, _ sentence: String) throws {
        let decoded = (0..<1000).map { UInt8($0 / 7 % 250) }
        let stored = try directory.codec(CodecSpec("zlib")).encode(Bytes(decoded)).array
        let vector = CodecVector("zlib", stored: stored, decoded: decoded)
        #expect(checkCodec(try directory.codec(CodecSpec("zlib")), on: vector) == [])
        let found = checkCodec(try FaultyCodec(fault), on: vector)
        #expect(found.contains { $0.contains(sentence) }, "\(found)")
        if fault == .passesLimits {
            let found = checkBomb(try FaultyCodec(fault), named: "zlib")
            #expect(found.contains("zlib: a limit of 1000: no error"))
        }
    }

    @Test func settingsThatAreNotReadAreSeen() {
        let careless = CodecDirectory([
            "x": { settings throws(KerchunkError) in
                guard settings["level"]?.number != nil else { throw KerchunkError(.malformed, "no level") }
                return OddCodec()
            }
        ])
        let found = checkCodecSettings("x", ["level": 1], in: careless, stored: [1, 2, 3])
        #expect(found.contains { $0.contains("beyond the limit") })
    }

    /// Gives more than its limit.
    private struct OddCodec: Codec {
        func decode(_ stored: Bytes, limit: Int) -> Bytes { Bytes(repeatElement(0, count: limit + 1)) }
        func encode(_ decoded: Bytes) -> Bytes { decoded }
    }
}
