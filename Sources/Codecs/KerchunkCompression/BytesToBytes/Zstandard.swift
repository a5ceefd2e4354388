// SPDX-License-Identifier: Apache-2.0
// The codec `zstd`, over libzstd.
// Spec: RFC 8878; settings as numcodecs' Zstd; HDF5's filter 32015 writes what it reads.

import CZstd
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import Synchronization

struct Zstandard: Codec {
    /// Zarr's core has it under its own name, too.
    private static let v3Name = CodecEntry.V3Name.translated(
        to: { V3Codec("numcodecs.zstd", $0) }, from: ["zstd": { $0 }, "numcodecs.zstd": { $0 }])

    static let entry = CodecEntry.numcodecs("zstd", .bytesToBytes, v3Name: v3Name, encodingSettings: .all) {
        settings throws(KerchunkError) in try Zstandard(settings)
    }

    /// Of no account when decoding.
    let level: Int
    let hasChecksum: Bool
    private let decoders = IdleDecoders()

    init(level: Int = 1, hasChecksum: Bool = false) {
        self.level = min(max(-131_072, level), 22)
        self.hasChecksum = hasChecksum
    }

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings("zstd", configuration)
        self.init(
            level: try settings.integer("level", else: 1),
            hasChecksum: configuration["checksum"] == true)
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let decoder: ZstandardDecoder
        if let idle = decoders.take() { decoder = idle } else { decoder = try ZstandardDecoder() }
        defer { decoders.give(back: decoder) }
        return try decoder.decode(stored, limit: limit)
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard let context = unsafe ZSTD_createCCtx() else { throw .unencodable("zstd", "not enough memory") }
        // SAFETY: made above, freed once.
        defer { unsafe ZSTD_freeCCtx(context) }
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, hasChecksum ? 1 : 0)
        var isRight = true
        let encoded = unsafe Bytes(capacity: ZSTD_compressBound(decoded.count)) { room in
            unsafe decoded.withUnsafeBytes { input in
                // SAFETY: both buffers outlive the call and are as long as said.
                let size = unsafe ZSTD_compress2(
                    context, room.baseAddress, room.count, input.baseAddress, input.count)
                isRight = ZSTD_isError(size) == 0
                return isRight ? size : 0
            }
        }
        guard isRight else { throw .unencodable("zstd", "libzstd failed") }
        return encoded
    }
}

/// Decoders that are not in use: to make one costs more than a small frame.
// A class because copies of the codec share it.
// SAFETY: the lock guards the list, and a decoder is in it or in the hands of one thread.
private final class IdleDecoders: @unchecked Sendable {
    private let lock = Mutex(())
    private var decoders: [ZstandardDecoder] = []
    private static let limit = 8

    func take() -> ZstandardDecoder? { lock.withLock { _ in decoders.popLast() } }

    func give(back decoder: ZstandardDecoder) {
        lock.withLock { _ in
            if decoders.count < Self.limit { decoders.append(decoder) }
        }
    }
}
