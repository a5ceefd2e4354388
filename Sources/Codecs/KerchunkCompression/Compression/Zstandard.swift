// SPDX-License-Identifier: Apache-2.0
// The codec `zstd`, over libzstd.
// Spec: RFC 8878; settings as numcodecs' Zstd; HDF5's filter 32015 writes what it reads.

import CZstd
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Zstandard: Codec {
    let level: Int
    let hasChecksum: Bool

    init(level: Int = 1, hasChecksum: Bool = false) {
        self.level = level
        self.hasChecksum = hasChecksum
    }

    init(_ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings("zstd", configuration)
        self.init(
            level: try settings.integer("level", in: -131_072...22, else: 1),
            hasChecksum: configuration["checksum"] == true)
    }

    /// Frames behind each other, with or without their content's size.
    func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        guard !stored.isEmpty else { throw .undecodable("zstd", "there are no bytes") }
        guard let context = unsafe ZSTD_createDCtx() else { throw .undecodable("zstd", "there is no memory") }
        // SAFETY: made above, freed once.
        defer { unsafe ZSTD_freeDCtx(context) }
        // SAFETY: the calls read at most `count` bytes.
        let declared = unsafe stored.withUnsafeBytes { unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        let frame = unsafe stored.withUnsafeBytes { unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
        // The two highest values say "unknown" and "no frame".
        let isDeclared = declared < UInt64.max - 1
        if isDeclared, declared > UInt64(max(0, limit)) { throw .beyond(limit, "zstd") }
        if isDeclared, frame == stored.count {
            return try unsafe decodeFrame(context, stored, size: Int(declared))
        }
        let guess = min(limit, max(4096, stored.count.multiplied(by: 8) ?? limit))
        var output = BoundedOutput(expecting: guess, limit: limit, codec: "zstd")
        var position = 0
        while true {
            let status = unsafe step(context, stored, &position, &output)
            guard ZSTD_isError(status) == 0 else { throw unsafe failure(status) }
            if position == stored.count, status == 0 { return try output.finish() }
            if output.used < output.room.count, position == stored.count {
                throw .undecodable("zstd", "the \(stored.count) stored bytes end too early")
            }
            try output.ensureRoom()
        }
    }

    /// One frame that says how much it holds: the usual case, and the fastest.
    @unsafe private func decodeFrame(
        _ context: OpaquePointer, _ stored: Bytes, size: Int
    ) throws(KerchunkError) -> Bytes {
        var status = 0
        let decoded = unsafe Bytes(capacity: size) { room in
            unsafe stored.withUnsafeBytes { input in
                // SAFETY: libzstd reads and writes at most the counts; both buffers outlive the call.
                status = unsafe ZSTD_decompressDCtx(
                    context, room.baseAddress, room.count, input.baseAddress, input.count)
                return ZSTD_isError(status) == 0 ? min(status, room.count) : 0
            }
        }
        guard ZSTD_isError(status) == 0 else { throw unsafe failure(status) }
        return decoded
    }

    @unsafe private func failure(_ status: Int) -> KerchunkError {
        // SAFETY: the name is a constant C string.
        .undecodable("zstd", unsafe String(cString: ZSTD_getErrorName(status)).lowercasedASCII)
    }

    /// Decodes from `position` into the free room; moves both. Gives what libzstd returned.
    @unsafe private func step(
        _ context: OpaquePointer, _ stored: Bytes, _ position: inout Int, _ output: inout BoundedOutput
    ) -> Int {
        let start = output.used
        var consumed = position
        var written = start
        let status = unsafe stored.withUnsafeBytes { source in
            unsafe output.room.withUnsafeMutableBytes { room in
                // SAFETY: both buffers outlive the call, and positions lie inside them.
                var input = unsafe ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: consumed)
                var target = unsafe ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: start)
                let status = unsafe ZSTD_decompressStream(context, &target, &input)
                consumed = unsafe input.pos
                written = unsafe target.pos
                return status
            }
        }
        position = consumed
        output.used = written
        return status
    }

    func encode(_ decoded: Bytes) throws(KerchunkError) -> Bytes {
        guard let context = unsafe ZSTD_createCCtx() else { throw .unencodable("zstd", "there is no memory") }
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
        guard isRight else { throw .unencodable("zstd", "libzstd gave up") }
        return encoded
    }
}

extension String {
    /// The same with A to Z made small.
    var lowercasedASCII: String {
        String(decoding: utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
