// SPDX-License-Identifier: Apache-2.0
// Frames of Zstandard decoded over libzstd. Spec: RFC 8878; zstd.h of zstd 1.5.

import CZstd
import KerchunkBytes
import KerchunkModel

/// Decodes as many inputs as are given to it; its making costs more than a small frame.
// A class because it owns a context of libzstd's, which is freed once.
// SAFETY: the context is made in `init`, freed in `deinit`, and never leaves this file.
@safe final class ZstandardDecoder {
    private let context: OpaquePointer

    init() throws(KerchunkError) {
        guard let context = unsafe ZSTD_createDCtx() else { throw .undecodable("zstd", "not enough memory") }
        unsafe self.context = context
    }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Frames behind each other, with or without their content's size.
    func decode(_ stored: Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        guard !stored.isEmpty else { throw .undecodable("zstd", "the input is empty") }
        // SAFETY: the context is ours alone.
        _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        // SAFETY: the calls read at most `count` bytes.
        let declared = unsafe stored.withUnsafeBytes {
            unsafe ZSTD_getFrameContentSize($0.baseAddress, $0.count)
        }
        let frame = unsafe stored.withUnsafeBytes {
            unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
        }
        // The two highest values say "unknown" and "no frame".
        let isDeclared = declared < UInt64.max - 1
        if isDeclared, declared > UInt64(max(0, limit)) { throw .beyond(limit, "zstd") }
        if isDeclared, frame == stored.count {
            return try unsafe decodeFrame(stored, size: Int(declared))
        }
        let guess = min(limit, max(4096, stored.count.multiplied(by: 8) ?? limit))
        var output = BoundedOutput(expecting: guess, limit: limit, codec: "zstd")
        var position = 0
        while true {
            let status = unsafe step(stored, &position, &output)
            guard ZSTD_isError(status) == 0 else { throw unsafe failure(status) }
            if position == stored.count, status == 0 { return try output.finish() }
            if output.used < output.room.count, position == stored.count {
                throw .undecodable("zstd", "the \(stored.count) stored bytes are truncated")
            }
            try output.ensureRoom()
        }
    }

    /// One frame that says how much it holds: the usual case, and the fastest.
    @unsafe private func decodeFrame(
        _ stored: Bytes, size: Int
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
        _ stored: Bytes, _ position: inout Int, _ output: inout BoundedOutput
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
}

extension String {
    /// The same with A to Z made small.
    var lowercasedASCII: String {
        String(decoding: utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
    }
}
