// SPDX-License-Identifier: Apache-2.0
// The codecs `zlib` and `gzip`, over zlib.
// Spec: RFC 1950, RFC 1952; settings as numcodecs' Zlib and GZip; HDF5's filter 1 writes what `zlib` reads.

import CZlib
import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

struct Deflate: Codec {
    static let zlib = CodecEntry.numcodecs("zlib", .bytesToBytes, encodingSettings: .all) {
        settings throws(KerchunkError) in try Deflate(.zlib, settings)
    }
    static let gzip = CodecEntry.numcodecs("gzip", .bytesToBytes, v3Name: v3Gzip, encodingSettings: .all) {
        settings throws(KerchunkError) in try Deflate(.gzip, settings)
    }

    /// Zarr's core has a codec of this name, of which the level is 0 to 9.
    private static let v3Gzip = CodecEntry.V3Name.translated(
        to: { settings in
            let isCore = settings["level"]?.number?.uint64.map { $0 <= 9 } == true
            return V3Codec(isCore ? "gzip" : "numcodecs.gzip", settings)
        }, from: ["gzip": { $0 }, "numcodecs.gzip": { $0 }])

    enum Wrapping: String {
        case zlib, gzip
        /// Nothing around it. Spec: RFC 1951.
        case raw = "deflate"
    }

    let wrapping: Wrapping
    /// 0 to 9, or -1 for zlib's own choice. Of no account when decoding.
    let level: Int

    init(_ wrapping: Wrapping, level: Int) {
        self.wrapping = wrapping
        self.level = min(max(-1, level), 9)
    }

    init(_ wrapping: Wrapping, _ configuration: JSONObject) throws(KerchunkError) {
        let settings = CodecSettings(wrapping.rawValue, configuration)
        self.init(wrapping, level: try settings.integer("level", else: 1))
    }

    var windowBits: Int32 {
        switch wrapping {
        case .zlib: 15
        case .gzip: 15 + 16
        case .raw: -15
        }
    }

    func decode(_ stored: Bytes, as _: ChunkForm?, limit: Int) throws(KerchunkError) -> Bytes {
        // SAFETY: zlib keeps the structure's address, so it lies in memory of its own until `inflateEnd`; it is zero, as
        // zlib demands.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        guard
            unsafe inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
                == Z_OK
        else { throw .undecodable(wrapping.rawValue, "zlib could not be started") }
        defer { unsafe inflateEnd(stream) }
        var output = BoundedOutput(
            expecting: min(limit, max(4096, stored.count.multiplied(by: 8) ?? limit)), limit: limit,
            codec: wrapping.rawValue)
        var position = 0
        while true {
            try output.ensureRoom()
            let status = unsafe step(stream, stored, &position, &output)
            if status == Z_STREAM_END {
                guard wrapping == .gzip, findMember(in: stored, from: &position) else {
                    return try output.finish()
                }
                guard unsafe inflateReset(stream) == Z_OK else {
                    throw .undecodable(wrapping.rawValue, "zlib could not continue")
                }
                continue
            }
            guard status == Z_OK || status == Z_BUF_ERROR else {
                let problem =
                    status == Z_NEED_DICT ? "it needs a dictionary" : "invalid data at byte \(position)"
                throw .undecodable(wrapping.rawValue, problem)
            }
            if status == Z_BUF_ERROR || (position == stored.count && output.used < output.room.count) {
                throw .undecodable(wrapping.rawValue, "the \(stored.count) stored bytes are truncated")
            }
        }
    }

    /// Whether another gzip member follows; moves to it over NULs, which Python allows between members.
    private func findMember(in stored: Bytes, from position: inout Int) -> Bool {
        while position < stored.count, stored[position] == 0 { position += 1 }
        return position < stored.count
    }

    /// Inflates from `position` into the free room; moves both.
    @unsafe private func step(
        _ stream: UnsafeMutablePointer<z_stream>, _ stored: Bytes, _ position: inout Int,
        _ output: inout BoundedOutput
    ) -> Int32 {
        let (start, from) = (output.used, position)
        let (status, used, made) = unsafe stored.withUnsafeBytes { input in
            unsafe output.room.withUnsafeMutableBytes { room in
                unsafe inflateStep(stream, input, from: from, room, at: start)
            }
        }
        position += used
        output.used += made
        return status
    }

    func encode(_ decoded: Bytes, as _: ChunkForm?) throws(KerchunkError) -> Bytes {
        guard decoded.count <= Int(UInt32.max) / 2 else {
            throw .unencodable(wrapping.rawValue, "\(decoded.count) bytes are more than 2 GiB")
        }
        // SAFETY: as in `decode`.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        guard
            unsafe deflateInit2_(
                stream, Int32(level), Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .unencodable(wrapping.rawValue, "zlib could not be started") }
        defer { unsafe deflateEnd(stream) }
        let bound = unsafe Int(deflateBound(stream, UInt(decoded.count)))
        var status = Z_OK
        let encoded = unsafe Bytes(capacity: bound) { room in
            unsafe decoded.withUnsafeBytes { input in
                // SAFETY: both buffers outlive the call and are as long as said; 32 bits were checked above.
                unsafe stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = UInt32(input.count)
                unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
                status = unsafe deflate(stream, Z_FINISH)
                return unsafe room.count - Int(stream.pointee.avail_out)
            }
        }
        guard status == Z_STREAM_END else { throw .unencodable(wrapping.rawValue, "zlib failed") }
        return encoded
    }
}

/// Decodes from byte `from` of `input` to byte `place` of `room`, as far as zlib gets.
/// - Returns: zlib's status, and how many bytes were read and written.
@unsafe func inflateStep(
    _ stream: UnsafeMutablePointer<z_stream>, _ input: UnsafeRawBufferPointer, from: Int,
    _ room: UnsafeMutableRawBufferPointer, at place: Int
) -> (status: Int32, used: Int, made: Int) {
    let available = UInt32(clamping: input.count - from)
    let free = UInt32(clamping: room.count - place)
    // SAFETY: `available` and `free` bytes lie inside their buffers, which outlive the call; zlib does not write through
    // `next_in`.
    unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress?.advanced(by: from).assumingMemoryBound(to: UInt8.self))
    unsafe stream.pointee.avail_in = available
    unsafe stream.pointee.next_out = room.baseAddress?.advanced(by: place).assumingMemoryBound(
        to: UInt8.self)
    unsafe stream.pointee.avail_out = free
    let status = unsafe inflate(stream, Z_NO_FLUSH)
    return unsafe (
        status, Int(available - stream.pointee.avail_in), Int(free - stream.pointee.avail_out)
    )
}
