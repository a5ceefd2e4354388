// SPDX-License-Identifier: Apache-2.0
// Memory for the values of one field, which are first integers and then reals in the same place.

import Glibc
import KerchunkBytes

/// A fixed number of 64-bit words.
// A class because it owns memory that becomes the chunk's without a copy.
// SAFETY: the memory is written by one thread, before `bytes` gives it away.
@safe final class ValueBuffer: @unchecked Sendable {
    let count: Int
    let words: UnsafeMutablePointer<UInt64>

    /// Words without meaning; nil where there is no memory for them.
    /// - Important: `count` has been found to fit the caller's limit.
    init?(count: Int) {
        guard let size = max(count, 1).multiplied(by: 8) else { return nil }
        let largePage = 2 << 20
        var memory: UnsafeMutableRawPointer?
        // The system's allocator keeps smaller blocks, so that the next field has its memory at once.
        if size >= 32 * largePage, unsafe posix_memalign(&memory, largePage, size) == 0,
            let memory = unsafe memory
        {
            // SAFETY: `size` bytes were allocated; the advice changes only how they are mapped.
            unsafe madvise(memory, size, Int32(MADV_HUGEPAGE))
        } else {
            unsafe memory = malloc(size)
        }
        guard let memory = unsafe memory else { return nil }
        self.count = count
        unsafe words = memory.bindMemory(to: UInt64.self, capacity: max(count, 1))
    }

    deinit { unsafe free(words) }

    subscript(index: Int) -> Double {
        @inline(__always) get { Double(bitPattern: self[bits: index]) }
        @inline(__always) set { self[bits: index] = newValue.bitPattern }
    }

    subscript(integer index: Int) -> Int64 {
        @inline(__always) get { Int64(bitPattern: self[bits: index]) }
        @inline(__always) set { self[bits: index] = UInt64(bitPattern: newValue) }
    }

    private subscript(bits index: Int) -> UInt64 {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            return unsafe words[index]
        }
        @inline(__always) set {
            precondition(index >= 0 && index < count)
            unsafe words[index] = newValue
        }
    }

    /// Where the reals of `range` go.
    /// - Important: use it only while the buffer is kept.
    @unsafe func reals(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Double> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // SAFETY: checked above; a word is as large as a real, and all bits are a real.
        return unsafe UnsafeMutableBufferPointer(
            start: UnsafeMutableRawPointer(words + range.lowerBound).assumingMemoryBound(to: Double.self),
            count: range.count)
    }

    /// Where the integers of `range` go.
    /// - Important: use it only while the buffer is kept.
    @unsafe func integers(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Int64> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        // SAFETY: checked above; a word is as large as an integer, and all bits are an integer.
        return unsafe UnsafeMutableBufferPointer(
            start: UnsafeMutableRawPointer(words + range.lowerBound).assumingMemoryBound(to: Int64.self),
            count: range.count)
    }

    func fill(_ range: Range<Int>, with value: Double) {
        unsafe reals(range).update(repeating: value)
    }

    /// Turns the order of the values in `range`.
    func reverse(_ range: Range<Int>) {
        var values = unsafe reals(range)
        unsafe values.reverse()
    }

    /// The reals as elements of 8 or 4 bytes.
    /// - Important: the buffer may not be written afterwards.
    func bytes(width: Int, isBigEndian: Bool) -> Bytes {
        if width == 8 {
            if isBigEndian != (1.bigEndian == 1) {
                for index in 0..<count { unsafe words[index] = words[index].byteSwapped }
            }
            // SAFETY: the closure keeps the buffer, and so the memory, as long as there are windows on it.
            return unsafe Bytes(
                borrowing: UnsafeRawBufferPointer(start: words, count: count * 8),
                release: { withExtendedLifetime(self) {} })
        }
        // SAFETY: the room has 4 bytes for each value, all of which are written.
        return unsafe Bytes(uninitializedCapacity: count * 4) { room in
            for index in 0..<count {
                let bits = unsafe Float(Double(bitPattern: words[index])).bitPattern
                unsafe room.storeBytes(
                    of: isBigEndian ? bits.bigEndian : bits.littleEndian, toByteOffset: index * 4,
                    as: UInt32.self)
            }
            return count * 4
        }
    }
}
