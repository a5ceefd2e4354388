// SPDX-License-Identifier: Apache-2.0
// Columns into the bodies of pages, not yet compressed, and numbers back. The one file of this module that touches raw memory.
// Spec: parquet-format 2.10, README "Data Pages", Encodings.md "Plain", "Dictionary Encoding".

import KerchunkBytes

enum PageEncoding {
    /// Eight bytes a number.
    static func plain(_ values: ArraySlice<UInt64>) -> Bytes {
        unsafe Bytes(capacity: 8 * values.count) { room in
            // SAFETY: the room is as long as the numbers, and both live during the call.
            unsafe values.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
            for index in 0..<(UInt64(1).littleEndian == 1 ? 0 : values.count) {
                let value = unsafe room.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
                unsafe room.storeBytes(of: value.littleEndian, toByteOffset: 8 * index, as: UInt64.self)
            }
            return 8 * values.count
        }
    }

    /// The first `count` numbers of eight bytes in `page`; nil where it has fewer.
    static func integers(_ page: Bytes, count: Int) -> [Int64]? {
        guard count <= page.count / 8 else { return nil }
        // An empty array is one for the whole process, and must not be written to.
        if count == 0 { return [] }
        return unsafe [Int64](unsafeUninitializedCapacity: count) { room, initialized in
            // SAFETY: the page holds `count` numbers, as checked; integers have no invalid bit patterns.
            unsafe page.withUnsafeBytes { source in
                for index in 0..<count {
                    let value = unsafe source.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
                    unsafe (room.baseAddress.unsafelyUnwrapped + index).initialize(
                        to: Int64(littleEndian: value))
                }
            }
            initialized = count
        }
    }

    /// `head`, then the length and the bytes of each value.
    static func plain(_ values: some Sequence<Bytes>, size: Int, after head: [UInt8] = []) -> Bytes {
        let total = head.count + size
        return unsafe Bytes(capacity: total) { room in
            unsafe room.copyBytes(from: head)
            var position = head.count
            for value in values {
                // SAFETY: each length and value is checked against the room before it is written.
                precondition(total - position >= 4 + value.count)
                unsafe room.storeBytes(
                    of: UInt32(value.count).littleEndian, toByteOffset: position, as: UInt32.self)
                unsafe value.withUnsafeBytes { source in
                    unsafe UnsafeMutableRawBufferPointer(
                        rebasing: room[(position + 4)..<(position + 4 + source.count)]
                    )
                    .copyMemory(from: source)
                }
                position += 4 + value.count
            }
            return position
        }
    }

    /// Bytes that `value` takes in a plain page.
    static func plainSize(_ value: Bytes) -> Int { 4 + value.count }

    /// Which of `codes` are not null, as version 1 pages have it: a length, and levels of one bit.
    static func levels(_ codes: ArraySlice<UInt32>) -> [UInt8] {
        var levels: [UInt8] = []
        RunLength.encode(codes.lazy.map { $0 == 0 ? 0 : 1 }, bitWidth: 1, to: &levels)
        let size = UInt32(levels.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: size >> UInt32(8 * $0)) } + levels
    }

    /// Levels, and indices in a dictionary of `count` entries.
    static func indices(_ codes: ArraySlice<UInt32>, in count: Int) -> [UInt8] {
        var body = levels(codes)
        // One bit at least: readers differ on numbers without bits.
        let width = max(1, RunLength.bitWidth(upTo: UInt32(max(count, 1) - 1)))
        body.append(UInt8(width))
        if codes.contains(0) {
            RunLength.encode(codes.filter { $0 != 0 }.map { $0 - 1 }, bitWidth: width, to: &body)
        } else {
            RunLength.encode(codes.lazy.map { $0 - 1 }, bitWidth: width, to: &body)
        }
        return body
    }
}
