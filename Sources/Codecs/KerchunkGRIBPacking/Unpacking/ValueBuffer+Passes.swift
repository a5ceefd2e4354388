// SPDX-License-Identifier: Apache-2.0
// Passes over all values: differences summed up, integers scaled, values put where a bitmap says.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB edition 2, template 7.3 and regulations 92.9.4 and 92.8.

import KerchunkBytes
import KerchunkModel

extension ValueBuffer {
    /// The values that the integers of `range` stand for, NaN where one is missing.
    func scale(_ range: Range<Int>, _ factors: Scaling.Factors, hasMissing: Bool) {
        // SAFETY: both check the range, which is the same memory: each word is read before it is written.
        let integers = unsafe integers(range)
        let values = unsafe reals(range)
        if hasMissing {
            for index in 0..<range.count {
                let integer = unsafe integers[index]
                unsafe values[index] =
                    integer == GroupedIntegers.missing ? .nan : factors.value(Double(integer))
            }
        } else {
            for index in 0..<range.count {
                unsafe values[index] = factors.value(Double(integers[index]))
            }
        }
    }

    /// Undoes spatial differencing: the first integers that are not missing become `first`, and each further one becomes
    /// `bias` and itself on top of those before it.
    func sumUp(_ range: Range<Int>, first: [Int], bias: Int, hasMissing: Bool) {
        // SAFETY: checks the range.
        let integers = unsafe integers(range)
        let bias = Int64(bias)
        var index = 0
        var last: (Int64, Int64, Int64) = (0, 0, 0)  // the values before, the nearest one first
        var taken = 0
        while taken < first.count, index < integers.count {
            defer { index += 1 }
            if hasMissing, unsafe integers[index] == GroupedIntegers.missing { continue }
            let value = Int64(first[taken])
            unsafe integers[index] = value
            last = (value, last.0, last.1)
            taken += 1
        }
        // Sums of hostile integers wrap around.
        switch first.count {
        case 1:
            var value = last.0
            for index in index..<integers.count {
                let integer = unsafe integers[index]
                if hasMissing, integer == GroupedIntegers.missing { continue }
                value = value &+ (integer &+ bias)
                unsafe integers[index] = value
            }
        case 2:
            var value = last.0
            var slope = last.0 &- last.1
            for index in index..<integers.count {
                let integer = unsafe integers[index]
                if hasMissing, integer == GroupedIntegers.missing { continue }
                slope = slope &+ (integer &+ bias)
                value = value &+ slope
                unsafe integers[index] = value
            }
        default:
            var value = last.0
            var slope = last.0 &- last.1
            var bend = slope &- (last.1 &- last.2)
            for index in index..<integers.count {
                let integer = unsafe integers[index]
                if hasMissing, integer == GroupedIntegers.missing { continue }
                bend = bend &+ (integer &+ bias)
                slope = slope &+ bend
                value = value &+ slope
                unsafe integers[index] = value
            }
        }
    }

    /// Puts the first `present` values where `bitmap` has ones, and NaN elsewhere.
    /// - Parameter bitmap: a bit for each value, `present` of which are set.
    func spread(_ bitmap: Bitmap, present: Int) {
        // SAFETY: checks the range.
        let values = unsafe reals(0..<count)
        var next = present
        // From the end on, so that no value is overwritten before it is moved: `next` is at most `index`.
        for index in stride(from: count - 1, through: 0, by: -1) {
            if bitmap[index] {
                next -= 1
                unsafe values[index] = values[next]
            } else {
                unsafe values[index] = .nan
            }
        }
    }

    /// Reals as they lie in `bytes` from `start` on, big-endian, of `width` 4 or 8 bytes.
    func copyReals(_ bytes: Bytes, from start: Int, width: Int, count: Int) throws(KerchunkError) {
        guard let size = count.multiplied(by: width), start >= 0, size <= bytes.count - start else {
            throw .malformedField(
                "\(count) reals of \(width) bytes do not fit into \(max(0, bytes.count - start)) bytes")
        }
        // SAFETY: both ranges were checked; all bits are a real.
        let values = unsafe reals(0..<count)
        unsafe bytes.withUnsafeBytes { memory in
            for index in 0..<count {
                let place = start + index * width
                unsafe values[index] =
                    width == 8
                    ? Double(
                        bitPattern: memory.loadUnaligned(fromByteOffset: place, as: UInt64.self).bigEndian)
                    : Double(
                        Float(
                            bitPattern: memory.loadUnaligned(fromByteOffset: place, as: UInt32.self).bigEndian
                        )
                    )
            }
        }
    }
}

/// Which points have a value: a bit each, the highest of a byte first.
struct Bitmap {
    let bytes: Bytes
    let count: Int
    /// How many bits are set.
    let present: Int

    /// - Parameter bytes: at least `count` bits.
    init(_ bytes: Bytes, count: Int) throws(KerchunkError) {
        guard count <= bytes.count * 8 else {
            throw .malformedField("a bitmap of \(bytes.count) bytes for \(count) points")
        }
        self.bytes = bytes
        self.count = count
        // SAFETY: whole words before `count` bits, and then whole bytes.
        present = unsafe bytes.withUnsafeBytes { memory in
            var present = 0
            var byte = 0
            while byte + 8 <= count / 8 {
                present += unsafe memory.loadUnaligned(fromByteOffset: byte, as: UInt64.self).nonzeroBitCount
                byte += 8
            }
            while byte < count / 8 {
                present += unsafe memory[byte].nonzeroBitCount
                byte += 1
            }
            if count % 8 > 0 { present += unsafe (memory[byte] >> UInt8(8 - count % 8)).nonzeroBitCount }
            return present
        }
    }

    @inline(__always) subscript(index: Int) -> Bool { bytes[index >> 3] & (0x80 >> UInt8(index & 7)) != 0 }
}
