// SPDX-License-Identifier: Apache-2.0
// zlib and gzip a window at a time, over zlib. Spec: RFC 1950, RFC 1952; zlib.h of zlib 1.2.13.

import CZlib
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

extension Deflate: StreamingCodec {
    func streamDecoder() throws(KerchunkError) -> any StreamDecoder { try DeflateStreamDecoder(self) }
    func streamEncoder() throws(KerchunkError) -> any StreamEncoder { try DeflateStreamEncoder(self) }
}

/// zlib's state, at an address of its own, which zlib keeps.
private func makeStream() -> UnsafeMutablePointer<z_stream> {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())  // zero, as zlib demands
    return unsafe stream
}

/// gzip members behind each other, with NULs between them as Python allows; or one zlib stream.
// SAFETY: the stream is made in `init`, ended and freed in `deinit`, and never leaves this class.
@safe private final class DeflateStreamDecoder: StreamDecoder {
    private let stream: UnsafeMutablePointer<z_stream>
    private let wrapping: Deflate.Wrapping
    private(set) var isComplete = false

    init(_ codec: Deflate) throws(KerchunkError) {
        wrapping = codec.wrapping
        unsafe stream = makeStream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        guard unsafe inflateInit2_(stream, codec.windowBits, ZLIB_VERSION, size) == Z_OK else {
            throw .undecodable(wrapping.rawValue, "zlib could not be started")
        }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    func decode(_ stored: inout Bytes, limit: Int) throws(KerchunkError) -> Bytes {
        var used = 0
        var problem: String?
        let decoded = unsafe Bytes(uninitializedCapacity: max(0, limit)) { room in
            unsafe stored.withUnsafeBytes { source in
                var made = 0
                while made < room.count {
                    if isComplete {
                        while used < source.count, unsafe source[used] == 0 { used += 1 }
                        if used == source.count { break }
                        guard wrapping == .gzip, unsafe inflateReset(stream) == Z_OK else {
                            problem = "bytes after the end of the stream"
                            break
                        }
                        isComplete = false
                    }
                    let step = unsafe inflateStep(stream, source, from: used, room, at: made)
                    let status = step.status
                    used += step.used
                    made += step.made
                    if status == Z_STREAM_END { isComplete = true }
                    if status == Z_BUF_ERROR { break }  // all that came is used
                    guard status == Z_OK || status == Z_STREAM_END else {
                        problem =
                            status == Z_NEED_DICT ? "it needs a dictionary" : "these are not deflated data"
                        break
                    }
                }
                return made
            }
        }
        if let problem { throw .undecodable(wrapping.rawValue, problem) }
        stored = stored.dropping(used)
        return decoded
    }
}

/// One gzip member, or one zlib stream.
// SAFETY: the stream is made in `init`, ended and freed in `deinit`, and never leaves this class.
@safe private final class DeflateStreamEncoder: StreamEncoder {
    private let stream: UnsafeMutablePointer<z_stream>
    private let wrapping: Deflate.Wrapping

    init(_ codec: Deflate) throws(KerchunkError) {
        wrapping = codec.wrapping
        unsafe stream = makeStream()
        let size = unsafe Int32(MemoryLayout<z_stream>.size)
        let status = unsafe deflateInit2_(
            stream, Int32(codec.level), Z_DEFLATED, codec.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            size)
        guard status == Z_OK else { throw .unencodable(wrapping.rawValue, "zlib could not be started") }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func encode(_ decoded: RawSpan) throws(KerchunkError) -> Bytes {
        var encoded: [UInt8] = []
        var start = 0
        while start < decoded.byteCount {
            let end = min(decoded.byteCount, start + 1 << 30)
            try run(decoded.extracting(start..<end), Z_NO_FLUSH, &encoded)
            start = end
        }
        return Bytes(encoded)
    }

    func finish() throws(KerchunkError) -> Bytes {
        var encoded: [UInt8] = []
        try run(RawSpan(), Z_FINISH, &encoded)
        return Bytes(encoded)
    }

    private func run(_ decoded: RawSpan, _ flush: Int32, _ encoded: inout [UInt8]) throws(KerchunkError) {
        var status = Z_OK
        unsafe decoded.withUnsafeBytes { input in
            unsafe withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { room in
                // SAFETY: the input is at most 1 GiB; both buffers outlive the calls and are as long as said.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
                repeat {
                    unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
                    status = unsafe deflate(stream, flush)
                    let made = unsafe room.count - Int(stream.pointee.avail_out)
                    unsafe encoded.append(contentsOf: room[..<made])
                } while unsafe status == Z_OK && stream.pointee.avail_out == 0
            }
        }
        let isRight = flush == Z_FINISH ? status == Z_STREAM_END : status == Z_OK || status == Z_BUF_ERROR
        guard isRight else { throw .unencodable(wrapping.rawValue, "zlib failed") }
    }
}
