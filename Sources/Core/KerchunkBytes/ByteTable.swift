// SPDX-License-Identifier: Apache-2.0
// Byte strings, each once, in as little memory as they need: looked up without a string being made.

import Glibc

/// A hash table of byte strings, which lie behind each other and are numbered in the order of their coming.
// SAFETY: `text` is owned by this value alone, which cannot be copied; `textCapacity` bytes are allocated, the first
// `textCount` written; `slots` has as many as `slotBits` says. Ranges of keys are checked against their spans before a
// pointer is used.
@safe package struct ByteTable: ~Copyable {
    private var text: UnsafeMutablePointer<UInt8>?
    private var textCapacity = 0
    /// Bytes of all strings.
    package private(set) var textCount = 0
    /// Where in `text` each string ends.
    private var ends: [Int] = []
    /// The upper half of a string's hash, and below it the string's number + 1; 0 where free. The first bits of the hash
    /// are the slot where the search starts, so that the order of slots stays when the table grows.
    private var slots: UnsafeMutablePointer<UInt64>
    private var slotBits: Int

    private static let fewestBits = 6
    /// Strings that the numbers have room for.
    private static let largestCount = Int(UInt32.max) - 1

    package init() {
        slotBits = Self.fewestBits
        unsafe slots = zeroedMemory(1 << Self.fewestBits, inLargePages: false)
    }

    deinit {
        unsafe free(text)
        unsafe free(slots)
    }

    private var slotCount: Int { 1 << slotBits }

    package var count: Int { ends.count }

    /// The number of the bytes `range` of `key`; nil where they are not there.
    package func number(of key: Span<UInt8>, _ range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= key.count)
        return unsafe key.withUnsafeBytes { key in
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: key[range])
            return unsafe find(bytes, hash: ByteHash.of(bytes)).number
        }
    }

    /// The number of the bytes `range` of `key`, which are added where they are new.
    package mutating func add(_ key: Span<UInt8>, _ range: Range<Int>) -> Int {
        precondition(range.lowerBound >= 0 && range.upperBound <= key.count)
        return unsafe key.withUnsafeBytes { key in
            let bytes = unsafe UnsafeRawBufferPointer(rebasing: key[range])
            let hash = unsafe ByteHash.of(bytes)
            let (known, slot) = unsafe find(bytes, hash: hash)
            if let known { return known }
            precondition(ends.count < Self.largestCount)
            unsafe append(bytes)
            unsafe slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(ends.count)
            if ends.count > slotCount / 4 * 3 { grow() }
            return ends.count - 1
        }
    }

    /// The string that has `number`, which must be one of those given.
    package func string(_ number: Int) -> String {
        let range = range(number)
        // SAFETY: the range was written when its string came.
        return unsafe String(decoding: UnsafeBufferPointer(rebasing: written[range]), as: UTF8.self)
    }

    package mutating func removeAll() { self = ByteTable() }

    private func range(_ number: Int) -> Range<Int> { (number == 0 ? 0 : ends[number - 1])..<ends[number] }

    private var written: UnsafeBufferPointer<UInt8> {
        unsafe UnsafeBufferPointer(start: text, count: textCount)
    }

    /// - Returns: the number of `key`, or the free slot where it belongs.
    @unsafe private func find(_ key: UnsafeRawBufferPointer, hash: UInt64) -> (number: Int?, slot: Int) {
        let mask = slotCount - 1
        // SAFETY: a slot is made of as many bits as there are slots for.
        var slot = Int(truncatingIfNeeded: hash >> UInt64(64 - slotBits))
        while true {
            let entry = unsafe slots[slot]
            if entry == 0 { return (nil, slot) }
            if entry >> 32 == hash >> 32 {
                let number = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if unsafe isEqual(range(number), key) { return (number, slot) }
            }
            slot = (slot + 1) & mask
        }
    }

    @unsafe private func isEqual(_ range: Range<Int>, _ key: UnsafeRawBufferPointer) -> Bool {
        guard range.count == key.count else { return false }
        guard let text = unsafe text, let start = key.baseAddress else { return true }
        return unsafe memcmp(text + range.lowerBound, start, range.count) == 0
    }

    @unsafe private mutating func append(_ key: UnsafeRawBufferPointer) {
        let end = textCount + key.count
        if end > textCapacity {
            // What is not written yet costs no memory, and large blocks are moved without being copied.
            textCapacity = max(1024, end + end / 2)
            guard let moved = unsafe realloc(text, textCapacity) else {
                preconditionFailure("not enough memory for \(textCapacity) bytes of names")
            }
            unsafe text = moved.bindMemory(to: UInt8.self, capacity: textCapacity)
        }
        if let text = unsafe text, let start = key.baseAddress {
            unsafe memcpy(text + textCount, start, key.count)
        }
        textCount = end
        ends.append(end)
    }

    /// Doubles the slots.
    private mutating func grow() {
        let full = slotCount
        slotBits += 1
        precondition(slotBits <= 32, "the slot is found by the upper half of the hash")
        let grown: UnsafeMutablePointer<UInt64> = unsafe zeroedMemory(slotCount, inLargePages: true)
        let mask = slotCount - 1
        // SAFETY: `full` slots are there, and twice as many are new.
        for old in 0..<full {
            let entry = unsafe slots[old]
            if entry == 0 { continue }
            var slot = Int(truncatingIfNeeded: entry >> UInt64(64 - slotBits))
            while unsafe grown[slot] != 0 { slot = (slot + 1) & mask }
            unsafe grown[slot] = entry
        }
        unsafe free(slots)
        unsafe slots = grown
    }
}

/// Hashes of byte strings, seeded by the process, so that nobody can prepare strings that collide.
private enum ByteHash {
    private static let seeds = (seed(), seed(), seed())

    private static func seed() -> UInt64 { .random(in: .min ... .max) }

    static func of(_ key: UnsafeRawBufferPointer) -> UInt64 {
        let (first, second, third) = seeds
        var hash = third ^ UInt64(key.count)
        var place = 0
        // SAFETY: each block that is loaded lies inside `key`.
        while place + 16 <= key.count {
            hash = fold(
                unsafe key.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ first,
                unsafe key.loadUnaligned(fromByteOffset: place + 8, as: UInt64.self) ^ hash)
            place += 16
        }
        var low: UInt64 = 0
        var high: UInt64 = 0
        if place + 8 <= key.count {
            low = unsafe key.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            place += 8
        }
        while place < key.count {
            high = unsafe high << 8 | UInt64(key[place])
            place += 1
        }
        hash = fold(low ^ second, high ^ hash)
        return fold(hash ^ first, third)
    }

    /// Both halves of the product, mixed.
    @inline(__always)
    private static func fold(_ one: UInt64, _ other: UInt64) -> UInt64 {
        let product = one.multipliedFullWidth(by: other)
        return product.high ^ product.low
    }
}
