// SPDX-License-Identifier: Apache-2.0
// Zstandard a window at a time, over libzstd. Spec: RFC 8878; zstd.h of zstd 1.5, "Streaming".

import CZstd
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

extension Zstandard: StreamingCodec {
    func streamDecoder() throws(KerchunkError) -> any StreamDecoder { try ZstandardStreamDecoder() }
    func streamEncoder() throws(KerchunkError) -> any StreamEncoder {
        try ZstandardStreamEncoder(level: level, hasChecksum: hasChecksum)
    }
}

/// Frames behind each other. libzstd refuses windows of more than 128 MiB by itself.
// SAFETY: the context is made in `init`, freed in `deinit`, and never leaves this class.
@safe private final class ZstandardStreamDecoder: StreamDecoder {
    private let context: OpaquePointer
    private(set) var isComplete = false

    init() throws(KerchunkError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .undecodable("zstd", "not enough memory") }
        unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    func decode(_ stored: inout Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        var used = 0
        var status = 0
        let decoded = unsafe Bytes(uninitializedCapacity: max(0, limit)) { room in
            unsafe stored.withUnsafeBytes { source in
                // SAFETY: both buffers outlive the calls, which read and write at most their counts.
                var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var output = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                while unsafe output.pos < output.size {
                    let (before, made) = unsafe (input.pos, output.pos)
                    status = unsafe ZSTD_decompressStream(context, &output, &input)
                    if ZSTD_isError(status) != 0 { break }
                    // Without input it may still hand out what it holds.
                    if unsafe input.pos == before, unsafe output.pos == made { break }
                    isComplete = status == 0
                }
                used = unsafe input.pos
                return unsafe output.pos
            }
        }
        guard ZSTD_isError(status) == 0 else {
            // SAFETY: the name is a constant C string.
            throw .undecodable("zstd", unsafe String(cString: ZSTD_getErrorName(status)).lowercasedASCII)
        }
        stored = stored.dropping(used)
        return decoded
    }
}

/// One frame.
// SAFETY: the context is made in `init`, freed in `deinit`, and never leaves this class.
@safe private final class ZstandardStreamEncoder: StreamEncoder {
    private let context: OpaquePointer

    init(level: Int, hasChecksum: Bool) throws(KerchunkError) {
        guard let context = unsafe ZSTD_createCCtx() else { throw .unencodable("zstd", "not enough memory") }
        unsafe self.context = context
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level))
        _ = unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, hasChecksum ? 1 : 0)
    }

    deinit { unsafe ZSTD_freeCCtx(context) }

    func encode(_ decoded: RawSpan) throws(KerchunkError) -> Bytes { try run(decoded, ZSTD_e_continue) }
    func finish() throws(KerchunkError) -> Bytes { try run(RawSpan(), ZSTD_e_end) }

    private func run(_ decoded: RawSpan, _ directive: ZSTD_EndDirective) throws(KerchunkError) -> Bytes {
        var encoded: [UInt8] = []
        var isRight = true
        unsafe decoded.withUnsafeBytes { source in
            unsafe withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { room in
                // SAFETY: both buffers outlive the calls, which read and write at most their counts.
                var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
                var left = 1
                while unsafe isRight && (directive == ZSTD_e_end ? left != 0 : input.pos < input.size) {
                    var output = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                    left = unsafe ZSTD_compressStream2(context, &output, &input, directive)
                    isRight = ZSTD_isError(left) == 0
                    unsafe encoded.append(contentsOf: room[..<output.pos])
                }
            }
        }
        guard isRight else { throw .unencodable("zstd", "libzstd failed") }
        return Bytes(encoded)
    }
}
