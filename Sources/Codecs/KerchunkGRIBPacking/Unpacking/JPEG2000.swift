// SPDX-License-Identifier: Apache-2.0
// Packed integers as an image in JPEG 2000, over the system's libopenjp2, which is opened at first use.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 5.40 and 7.40; ISO/IEC 15444-1.

import COpenJPEG
import KerchunkBytes
import KerchunkModel

enum JPEG2000 {
    /// Stay as long as the process.
    private static let functions = kerchunk_openjpeg_open()

    /// Puts the points of the image into the first `count` values, scaled.
    static func unpack(
        _ stored: Bytes, into values: ValueBuffer, count: Int, _ factors: Scaling.Factors
    ) throws(KerchunkError) {
        guard functions.is_open == 1 else {
            throw .unsupportedField("JPEG 2000 needs libopenjp2 (Debian: libopenjp2-7), which is not there")
        }
        guard stored.count >= 2, stored[0] == 0xFF, stored[1] == 0x4F else {
            throw .malformedField("section 7 is no JPEG 2000 code stream")
        }
        try checkTiles(stored, count: count)
        let status = unsafe stored.withUnsafeBytes { memory in
            var source = unsafe kerchunk_openjpeg_source(
                bytes: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: memory.count,
                position: 0)
            var image: UnsafeMutablePointer<opj_image_t>?
            // SAFETY: the code stream outlives the call, which reads no byte behind its end; an image that comes back
            // has `count` points in one component, and is ours.
            let status = unsafe withUnsafePointer(to: functions) { functions in
                unsafe kerchunk_openjpeg_decode(functions, &source, UInt64(count), &image)
            }
            guard status == 0, let image = unsafe image else { return status == 0 ? 3 : status }
            let component = unsafe image.pointee.comps[0]
            let precision = unsafe min(component.prec, 32)
            let mask = precision == 32 ? UInt32.max : UInt32(1) << precision - 1
            let out = unsafe values.reals(0..<count)
            if let points = unsafe component.data {
                for index in 0..<count {
                    unsafe out[index] = factors.value(Double(UInt32(bitPattern: points[index]) & mask))
                }
            }
            unsafe functions.image_destroy(image)
            return 0
        }
        switch status {
        case 0: return
        case 2: throw .malformedField("the JPEG 2000 image is not one component of \(count) points")
        default: throw .malformedField("libopenjp2 cannot decode section 7")
        }
    }

    /// The library takes kilobytes for each tile before it decodes any, and few bytes may claim very many.
    private static func checkTiles(_ stored: Bytes, count: Int) throws(KerchunkError) {
        guard stored.count >= 40, stored[2] == 0xFF, stored[3] == 0x51 else {
            throw .malformedField("the JPEG 2000 code stream does not begin with its size")
        }
        func number(_ place: Int) -> UInt64 { (0..<4).reduce(0) { $0 << 8 | UInt64(stored[place + $1]) } }
        // Of both axes: the end of the image, the size of a tile, and where the first one begins.
        var tiles: UInt64 = 1
        for axis in [0, 4] {
            let (end, size, start) = (number(8 + axis), number(24 + axis), number(32 + axis))
            guard size > 0, start <= end else { throw .malformedField("a JPEG 2000 image of empty tiles") }
            tiles *= (end - start).dividedRoundingUp(by: size)
        }
        guard tiles <= UInt64(1 + count / 1024) else {
            throw .malformedField("a JPEG 2000 image of \(tiles) tiles for \(count) values")
        }
    }
}
