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
}
