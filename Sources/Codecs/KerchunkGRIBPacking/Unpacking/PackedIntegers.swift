// SPDX-License-Identifier: Apache-2.0
// Unsigned integers of a fixed number of bits, one behind the other, the highest bit first.
// Spec: WMO Manual on Codes I.2, FM 92 GRIB, regulation 92.9.4 (edition 2), section 4 (edition 1).

import KerchunkBytes
import KerchunkModel

/// `count` integers of `width` bits, from bit `start` of `bytes` on.
///
/// What `init` makes lies inside `bytes`, so that loops need no further checks.
struct PackedIntegers {
    /// More bits than any encoder uses for one number.
    static let widest = 56

    let bytes: Bytes
    /// The first bit.
    let start: Int
    /// 0 to 56: of none, all integers are 0.
    let width: Int
    let count: Int

    /// The bit behind the last integer.
    var end: Int { start + width * count }
    /// The byte behind the last integer; each list of complex packing is filled up to a whole byte.
    var endByte: Int { (end + 7) / 8 }

    /// - Throws: for integers that reach beyond the end of `bytes`.
    init(
        _ bytes: Bytes, from start: Int, width: Int, count: Int, of what: String
    ) throws(KerchunkError) {
        guard (0...PackedIntegers.widest).contains(width) else {
            throw .malformedField("\(what) of \(width) bits, at most \(PackedIntegers.widest) are possible")
        }
        guard start >= 0, count >= 0, let bits = count.multiplied(by: width), let end = bits.adding(start),
            end <= bytes.count * 8
        else {
            throw .malformedField("\(count) \(what) of \(width) bits do not fit into \(bytes.count) bytes")
        }
        self.bytes = bytes
        self.start = start
        self.width = width
        self.count = count
    }

    /// Integers that lie inside `bytes`, as the caller has found.
    init(checked bytes: Bytes, from start: Int, width: Int, count: Int) {
        precondition(width <= PackedIntegers.widest && count * width <= bytes.count * 8 - start)
        self.bytes = bytes
        self.start = start
        self.width = width
        self.count = count
    }

    /// The integer at `index`.
    subscript(index: Int) -> Int {
        precondition(index >= 0 && index < count)
        // SAFETY: all integers lie in `bytes`.
        return unsafe bytes.withUnsafeBytes { memory in
            let bit = start + index * width
            let integer =
                unsafe width > 0 && bit >> 3 <= memory.count - 8
                ? BitLoad.whole(memory, bit, width) : BitLoad.any(memory, bit, width)
            return Int(truncatingIfNeeded: integer)
        }
    }

    /// How many integers can be loaded with 8 whole bytes from the byte in which they begin.
    private var wholeLoads: Int {
        guard width > 0 else { return 0 }
        let lastByte = bytes.count - 8
        guard lastByte >= 0 else { return 0 }
        // an integer at bit b needs b / 8 <= lastByte
        let bits = (lastByte + 1) * 8 - start
        return bits <= 0 ? 0 : min(count, (bits + width - 1) / width)
    }

    // MARK: Whole lists

    /// The reals `(integer · binary + reference) · decimal`, in this order of operations, into `values` from `first` on.
    func scale(_ scaling: Scaling.Factors, into values: ValueBuffer, from first: Int = 0) {
        // SAFETY: `reals` checks that the range lies in the buffer, which is kept by the caller; all integers lie in
        // `bytes`.
        unsafe bytes.withUnsafeBytes { memory in
            let out = unsafe values.reals(first..<first + count)
            let (binary, reference, decimal) = (scaling.binary, scaling.reference, scaling.decimal)
            if start % 8 == 0, let source = unsafe memory.baseAddress?.advanced(by: start / 8) {
                switch width {
                case 8:
                    for index in 0..<count {
                        let integer = unsafe source.load(fromByteOffset: index, as: UInt8.self)
                        unsafe out[index] = (Double(integer) * binary + reference) * decimal
                    }
                    return
                case 16:
                    for index in 0..<count {
                        let integer = unsafe source.loadUnaligned(
                            fromByteOffset: 2 * index, as: UInt16.self
                        ).bigEndian
                        unsafe out[index] = (Double(integer) * binary + reference) * decimal
                    }
                    return
                case 12:
                    // two integers in three bytes
                    for pair in 0..<count / 2 {
                        let high = unsafe UInt32(source.load(fromByteOffset: 3 * pair, as: UInt8.self))
                        let low = unsafe UInt32(
                            source.loadUnaligned(fromByteOffset: 3 * pair + 1, as: UInt16.self).bigEndian)
                        unsafe out[2 * pair] = (Double(high << 4 | low >> 12) * binary + reference) * decimal
                        unsafe out[2 * pair + 1] = (Double(low & 0xFFF) * binary + reference) * decimal
                    }
                    if count % 2 == 1 {
                        let integer = unsafe BitLoad.any(memory, start + (count - 1) * 12, 12)
                        unsafe out[count - 1] = (Double(integer) * binary + reference) * decimal
                    }
                    return
                case 24:
                    for index in 0..<count {
                        let high = unsafe UInt32(source.load(fromByteOffset: 3 * index, as: UInt8.self))
                        let low = unsafe UInt32(
                            source.loadUnaligned(fromByteOffset: 3 * index + 1, as: UInt16.self).bigEndian)
                        unsafe out[index] = (Double(high << 16 | low) * binary + reference) * decimal
                    }
                    return
                case 32:
                    for index in 0..<count {
                        let integer = unsafe source.loadUnaligned(
                            fromByteOffset: 4 * index, as: UInt32.self
                        ).bigEndian
                        unsafe out[index] = (Double(integer) * binary + reference) * decimal
                    }
                    return
                default: break
                }
            }
            let whole = wholeLoads
            // An integer below 2⁵³ is the same real whether it was signed or not, and a processor converts signed ones.
            if width <= 32 {
                for index in 0..<whole {
                    let integer = unsafe BitLoad.whole(memory, start + index * width, width)
                    unsafe out[index] =
                        (Double(Int64(truncatingIfNeeded: integer)) * binary + reference) * decimal
                }
            } else {
                for index in 0..<whole {
                    let integer = unsafe BitLoad.whole(memory, start + index * width, width)
                    unsafe out[index] = (Double(integer) * binary + reference) * decimal
                }
            }
            for index in whole..<count {
                let integer = unsafe BitLoad.any(memory, start + index * width, width)
                unsafe out[index] = (Double(integer) * binary + reference) * decimal
            }
        }
    }

    /// The integers with `addend` added, into `values` from `first` on.
    func unpack(adding addend: Int64, into values: ValueBuffer, from first: Int) {
        // SAFETY: as in `scale`.
        unsafe bytes.withUnsafeBytes { memory in
            let out = unsafe values.integers(first..<first + count)
            let whole = wholeLoads
            for index in 0..<whole {
                unsafe out[index] =
                    Int64(truncatingIfNeeded: BitLoad.whole(memory, start + index * width, width)) &+ addend
            }
            for index in whole..<count {
                unsafe out[index] =
                    Int64(truncatingIfNeeded: BitLoad.any(memory, start + index * width, width)) &+ addend
            }
        }
    }
}

/// Loads of one integer.
private enum BitLoad {
    /// - Important: the 8 bytes from bit / 8 on lie inside `memory`, and `width` is 1 to 56.
    @inline(__always) @unsafe static func whole(
        _ memory: UnsafeRawBufferPointer, _ bit: Int, _ width: Int
    ) -> UInt64 {
        // SAFETY: the caller keeps 8 bytes there.
        let word = unsafe memory.baseAddress.unsafelyUnwrapped.loadUnaligned(
            fromByteOffset: bit >> 3, as: UInt64.self
        ).bigEndian
        return (word &<< UInt64(bit & 7)) &>> UInt64(64 &- width)
    }

    /// - Important: the bits lie inside `memory`, and `width` is at most 56.
    @unsafe static func any(_ memory: UnsafeRawBufferPointer, _ bit: Int, _ width: Int) -> UInt64 {
        var value: UInt64 = 0
        guard width > 0 else { return 0 }
        let last = (bit + width - 1) >> 3
        for byte in bit >> 3...last { value = value << 8 | UInt64(unsafe memory[byte]) }
        let unused = UInt64(8 * (last + 1) - bit - width)
        return value >> unused & (UInt64.max >> UInt64(64 - width))
    }
}
