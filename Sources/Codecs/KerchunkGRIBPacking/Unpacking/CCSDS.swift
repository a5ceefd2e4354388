// SPDX-License-Identifier: Apache-2.0
// Packed integers through CCSDS lossless compression, over libaec.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, templates 5.42 and 7.42; CCSDS 121.0-B-3.

import CAEC
import KerchunkBytes
import KerchunkModel

extension CCSDSPacking {
    /// Puts what is in `stored` into the first `count` values, scaled.
    func unpack(_ stored: Bytes, into values: ValueBuffer, count: Int) throws(KerchunkError) {
        let bits = scaling.bits
        guard bits <= 32 else { throw .malformedField("integers of \(bits) bits, CCSDS has 32 at most") }
        guard count > 0 else { return }
        // libaec takes any settings when it decodes, and reads elsewhere with those that no encoder has.
        let isFree = flags & Int(AEC_NOT_ENFORCE) != 0
        guard
            isFree
                ? (2...64).contains(blockSize) && blockSize % 2 == 0 : [8, 16, 32, 64].contains(blockSize),
            (1...4096).contains(interval), flags & Int(AEC_RESTRICTED) == 0 || bits <= 4
        else {
            throw .malformedField(
                "CCSDS with blocks of \(blockSize), intervals of \(interval), and flags \(flags)")
        }
        // libaec gives integers of 1, 2 or 4 bytes without the flag for 3.
        let size = bits > 16 ? 4 : bits > 8 ? 2 : 1
        var status = AEC_OK
        var decoded = 0
        // SAFETY: libaec reads at most `avail_in` bytes and writes at most `avail_out`, the last `count * size` bytes of
        // the first `count` words; both outlive the call. Its settings were checked.
        let words = unsafe UnsafeMutableRawBufferPointer(values.reals(0..<count))
        let start = count * (8 - size)
        unsafe stored.withUnsafeBytes { input in
            var stream = unsafe aec_stream()
            unsafe stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe stream.avail_in = input.count
            unsafe stream.next_out = words.baseAddress?.advanced(by: start).assumingMemoryBound(
                to: UInt8.self)
            unsafe stream.avail_out = count * size
            unsafe stream.bits_per_sample = UInt32(bits)
            unsafe stream.block_size = UInt32(blockSize)
            unsafe stream.rsi = UInt32(interval)
            let coded = UInt32(flags) & ~UInt32(AEC_DATA_3BYTE) & ~UInt32(AEC_DATA_MSB)
            unsafe stream.flags = coded | (1.bigEndian == 1 ? UInt32(AEC_DATA_MSB) : 0)
            status = unsafe aec_buffer_decode(&stream)
            decoded = unsafe stream.total_out
        }
        guard status == AEC_OK else { throw .malformedField("libaec reports \(status) for section 7") }
        guard decoded >= count * size else {
            throw .malformedField("section 7 holds \(decoded / size) values, expected \(count)")
        }
        let factors = scaling.factors
        // SAFETY: integer `index` lies at or behind word `index`, and all words before were made from integers before.
        for index in 0..<count {
            let integer: UInt32 =
                switch size {
                case 1: unsafe UInt32(words.load(fromByteOffset: start + index, as: UInt8.self))
                case 2: unsafe UInt32(words.loadUnaligned(fromByteOffset: start + 2 * index, as: UInt16.self))
                default: unsafe words.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                }
            unsafe words.storeBytes(
                of: factors.value(Double(integer)), toByteOffset: 8 * index, as: Double.self)
        }
    }
}
