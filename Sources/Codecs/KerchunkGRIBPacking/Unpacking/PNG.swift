// SPDX-License-Identifier: Apache-2.0
// Packed integers as an image in PNG, over zlib.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 5.41 and 7.41; PNG, second edition (ISO/IEC 15948).

import CZlib
import KerchunkBytes
import KerchunkModel

/// An image whose pixels are integers, whatever their channels are for others.
struct PNGImage {
    let width, height: Int
    /// 1, 2, 4, 8, 16, 24, 32, 48, 64: of all channels.
    let bitsPerPixel: Int
    /// The rows behind each other, each filled up to a whole byte.
    let rows: Bytes
    let rowSize: Int

    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Parameter count: pixels that the image must have; no memory is taken before this is known.
    init(_ stored: Bytes, count: Int) throws(KerchunkError) {
        guard stored.count >= 33, Array(stored.array.prefix(8)) == PNGImage.signature else {
            throw .malformedField("section 7 is no PNG image")
        }
        var width = 0, height = 0, bits = 0
        var streams: [Bytes] = []
        var position = 8
        var isAtEnd = false
        while !isAtEnd, position + 12 <= stored.count {
            let length = PNGImage.number(stored, position)
            guard length <= stored.count - position - 12 else {
                throw .malformedField(
                    "a PNG chunk of \(length) bytes, \(stored.count - position - 12) are left")
            }
            let content = stored[position + 8..<position + 8 + length]
            switch String(decoding: stored[position + 4..<position + 8].array, as: UTF8.self) {
            case "IHDR":
                guard length == 13 else { throw .malformedField("a PNG header of \(length) bytes") }
                (width, height) = (PNGImage.number(content, 0), PNGImage.number(content, 4))
                let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][content[9]]
                guard let channels, [1, 2, 4, 8, 16].contains(content[8]), content[8] >= 8 || channels == 1
                else {
                    throw .malformedField("a PNG image of \(content[8]) bits and color type \(content[9])")
                }
                guard content[10] == 0, content[11] == 0, content[12] == 0 else {
                    throw .unsupportedField("a PNG image that is interlaced, or compressed in an unknown way")
                }
                bits = channels * Int(content[8])
            case "IDAT": streams.append(content)
            case "IEND": isAtEnd = true
            default: break
            }
            position += length + 12
        }
        guard width > 0, height > 0, width == count / height, count % height == 0 else {
            throw .malformedField("a PNG image of \(width) × \(height) for \(count) values")
        }
        guard let rowBits = width.multiplied(by: bits)?.adding(7),
            let size = (rowBits / 8 + 1).multiplied(by: height)
        else { throw .malformedField("a PNG image of \(width) × \(height)") }
        self.width = width
        self.height = height
        bitsPerPixel = bits
        rowSize = rowBits / 8
        rows = try PNGImage.unfiltered(
            try PNGImage.inflated(streams, size: size), rowSize: rowBits / 8, height: height,
            pixelSize: max(1, bits / 8))
    }

    private static func number(_ bytes: Bytes, _ position: Int) -> Int {
        (0..<4).reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
    }

    /// The zlib stream in `parts`, which must have `size` bytes.
    private static func inflated(_ parts: [Bytes], size: Int) throws(KerchunkError) -> Bytes {
        // Deflate makes at most 1032 bytes of one.
        let stored = parts.reduce(0) { $0 + $1.count }
        guard size / 1032 <= stored else {
            throw .malformedField("a PNG stream of \(stored) bytes cannot hold \(size)")
        }
        var failure: Int32 = Z_OK
        // SAFETY: zlib keeps the structure's address, so it lies in memory of its own until `inflateEnd`.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        defer { unsafe stream.deallocate() }
        guard unsafe inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .malformedField("zlib could not start")
        }
        defer { _ = unsafe inflateEnd(stream) }
        // SAFETY: zlib reads and writes inside the buffers whose sizes it is given, which outlive the calls, and does
        // not write through `next_in`.
        let bytes = unsafe Bytes(uninitializedCapacity: size) { room in
            var filled = 0
            for part in parts {
                unsafe part.withUnsafeBytes { input in
                    unsafe stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
                    unsafe stream.pointee.avail_in = UInt32(clamping: input.count)
                    while failure == Z_OK, filled < size, unsafe stream.pointee.avail_in > 0 {
                        let free = UInt32(clamping: size - filled)
                        unsafe stream.pointee.next_out = room.baseAddress?.advanced(by: filled)
                            .assumingMemoryBound(to: UInt8.self)
                        unsafe stream.pointee.avail_out = free
                        failure = unsafe inflate(stream, Z_NO_FLUSH)
                        filled += Int(free - (unsafe stream.pointee.avail_out))
                    }
                }
            }
            return filled
        }
        guard bytes.count == size else {
            throw .malformedField("a PNG image of \(bytes.count) bytes, expected \(size)")
        }
        return bytes
    }

    /// Undoes the filter that each row names in its first byte.
    private static func unfiltered(
        _ filtered: Bytes, rowSize: Int, height: Int, pixelSize: Int
    ) throws(KerchunkError) -> Bytes {
        var unknown: UInt8?
        // SAFETY: rows have `rowSize` bytes here and one more there; places before a row's start are not read.
        let rows = unsafe Bytes(capacity: rowSize * height) { room in
            unsafe filtered.withUnsafeBytes { source in
                for row in 0..<height {
                    let from = row * (rowSize + 1) + 1
                    let to = row * rowSize
                    let filter = unsafe source[from - 1]
                    guard filter <= 4 else {
                        unknown = filter
                        return
                    }
                    for place in 0..<rowSize {
                        let left = place >= pixelSize ? unsafe room[to + place - pixelSize] : 0
                        let above = row > 0 ? unsafe room[to + place - rowSize] : 0
                        let predicted: UInt8
                        switch filter {
                        case 0: predicted = 0
                        case 1: predicted = left
                        case 2: predicted = above
                        case 3: predicted = UInt8((Int(left) + Int(above)) / 2)
                        default:
                            let corner =
                                row > 0 && place >= pixelSize
                                ? unsafe room[to + place - rowSize - pixelSize] : 0
                            predicted = paeth(Int(left), Int(above), Int(corner))
                        }
                        unsafe room[to + place] = source[from + place] &+ predicted
                    }
                }
            }
            return rowSize * height
        }
        if let unknown { throw .malformedField("a PNG row with the filter \(unknown)") }
        return rows
    }

    private static func paeth(_ left: Int, _ above: Int, _ corner: Int) -> UInt8 {
        let guess = left + above - corner
        let (a, b, c) = (abs(guess - left), abs(guess - above), abs(guess - corner))
        return UInt8(a <= b && a <= c ? left : b <= c ? above : corner)
    }

    /// Puts the pixels into the first values, scaled.
    func unpack(into values: ValueBuffer, _ factors: Scaling.Factors) throws(KerchunkError) {
        if width * bitsPerPixel == rowSize * 8 {
            try PackedIntegers(rows, from: 0, width: bitsPerPixel, count: width * height, of: "pixels")
                .scale(factors, into: values)
            return
        }
        for row in 0..<height {
            try PackedIntegers(rows, from: row * rowSize * 8, width: bitsPerPixel, count: width, of: "pixels")
                .scale(factors, into: values, from: row * width)
        }
    }
}
