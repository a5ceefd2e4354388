// SPDX-License-Identifier: Apache-2.0
// The codec `bz2`, over the system's libbz2, which is opened at first use.
// Spec: bzlib.h of bzip2 1.0.8; settings as numcodecs' BZ2; HDF5's filter 307 writes what it reads.

import CBzip2
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Bzip2: Codec {
    static let entry = CodecEntry.numcodecs("bz2", .bytesToBytes, encodingSettings: .all) {
        settings throws(KerchunkError) in try Bzip2(settings)
    }

    /// 1 to 9. Of no account when decoding.
    let level: Int

    init(_ configuration: JSONObject) throws(KerchunkError) {
        level = min(max(1, try CodecSettings("bz2", configuration).integer("level", else: 1)), 9)
    }

    /// Streams behind each other; what follows the last one and is no stream is ignored, as Python does.
    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        let library = try Bzip2.library()
        var output = BoundedOutput(
            expecting: min(limit, max(4096, stored.count.multiplied(by: 8) ?? limit)), limit: limit,
            codec: "bz2")
        var position = 0
        repeat {
            try unsafe decodeStream(stored, &position, &output, library)
        } while stored[position..<min(position + 3, stored.count)] == Bytes("BZh")
        return try output.finish()
    }

    /// Decodes the stream at `position`, and moves behind it.
    @unsafe private func decodeStream(
        _ stored: Bytes, _ position: inout Int, _ output: inout BoundedOutput, _ library: kerchunk_bzip2
    ) throws(KerchunkError) {
        // SAFETY: libbz2 keeps the structure's address, so it lies in memory of its own until `decompress_end`; it is
        // zero, as libbz2 demands.
        let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: bz_stream())
        defer { unsafe stream.deallocate() }
        guard unsafe library.decompress_init(stream, 0, 0) == BZ_OK else {
            throw .undecodable("bz2", "libbz2 could not be started")
        }
        defer { _ = unsafe library.decompress_end(stream) }
        while true {
            try output.ensureRoom()
            let start = output.used
            let from = position
            let available = UInt32(clamping: stored.count - position)
            let free = UInt32(clamping: output.room.count - start)
            let status = unsafe stored.withUnsafeBytes { input in
                unsafe output.room.withUnsafeMutableBytes { room in
                    // SAFETY: `available` and `free` bytes lie inside their buffers, which outlive the call;
                    // libbz2 does not write through `next_in`.
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress?.advanced(by: from).assumingMemoryBound(to: CChar.self))
                    unsafe stream.pointee.avail_in = available
                    unsafe stream.pointee.next_out = room.baseAddress?.advanced(by: start)
                        .assumingMemoryBound(
                            to: CChar.self)
                    unsafe stream.pointee.avail_out = free
                    return unsafe library.decompress(stream)
                }
            }
            position += unsafe Int(available - stream.pointee.avail_in)
            output.used += unsafe Int(free - stream.pointee.avail_out)
            if status == BZ_STREAM_END { return }
            guard status == BZ_OK else { throw .undecodable("bz2", "invalid data at byte \(position)") }
            if position == stored.count, output.used < output.room.count {
                throw .undecodable("bz2", "the \(stored.count) stored bytes are truncated")
            }
        }
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        let library = try Bzip2.library()
        guard decoded.count <= Int(UInt32.max) / 2 else {
            throw .unencodable("bz2", "\(decoded.count) bytes are more than 2 GiB")
        }
        // SAFETY: as in `decodeStream`.
        let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: bz_stream())
        defer { unsafe stream.deallocate() }
        guard unsafe library.compress_init(stream, Int32(level), 0, 0) == BZ_OK else {
            throw .unencodable("bz2", "libbz2 could not be started")
        }
        defer { _ = unsafe library.compress_end(stream) }
        var status = BZ_OK
        // The bound that bzip2's manual gives, and some.
        let encoded = unsafe Bytes(capacity: decoded.count + decoded.count / 50 + 1024) { room in
            unsafe decoded.withUnsafeBytes { input in
                // SAFETY: both buffers outlive the calls and are as long as said; 32 bits were checked above.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: CChar.self)
                unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
                status = unsafe library.compress(stream, BZ_FINISH)
                return unsafe room.count - Int(stream.pointee.avail_out)
            }
        }
        guard status == BZ_STREAM_END else { throw .unencodable("bz2", "libbz2 failed") }
        return encoded
    }

    private static func library() throws(KerchunkError) -> kerchunk_bzip2 {
        let library = kerchunk_bzip2_open()
        guard library.is_open == 1 else {
            throw KerchunkError(
                .unsupported, "the codec \"bz2\" needs libbz2, which is not installed (Debian: libbz2-1.0)")
        }
        return library
    }
}
