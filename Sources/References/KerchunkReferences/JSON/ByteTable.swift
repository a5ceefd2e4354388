// SPDX-License-Identifier: Apache-2.0
// Numbers by byte strings, looked up without a string being made.

import KerchunkBytes

/// A hash table of byte strings, which it keeps behind each other.
struct ByteTable {
    private struct Entry {
        let hash: UInt64
        let start: Int
        let count: Int
        let value: UInt32
    }

    private var entries: [Entry] = []
    private var text: [UInt8] = []
    /// Index of an entry + 1; 0 where free.
    private var slots = [UInt32](repeating: 0, count: 64)

    var count: Int { entries.count }
    /// Bytes of all strings.
    var textCount: Int { text.count }

    /// The value of the bytes `range` of `key`.
    func value(of key: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        let hash = Self.hash(key, range)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[Int(slots[slot]) - 1]
            if entry.hash == hash, entry.count == range.count, isEqual(entry, key, range) {
                return entry.value
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isEqual(_ entry: Entry, _ key: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for place in 0..<entry.count where text[entry.start + place] != key[range.lowerBound + place] {
            return false
        }
        return true
    }

    /// Adds a string that is not there.
    mutating func add(_ key: Span<UInt8>, _ range: Range<Int>, _ value: UInt32) {
        let entry = Entry(hash: Self.hash(key, range), start: text.count, count: range.count, value: value)
        for place in range { text.append(key[place]) }
        entries.append(entry)
        if entries.count * 2 > slots.count {
            slots = [UInt32](repeating: 0, count: slots.count * 2)
            for (index, entry) in entries.enumerated() { occupy(entry, index) }
        } else {
            occupy(entry, entries.count - 1)
        }
    }

    private mutating func occupy(_ entry: Entry, _ index: Int) {
        var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(index) + 1
    }

    mutating func removeAll() { self = ByteTable() }

    /// Seeded by the process, so that nobody can prepare keys that collide.
    private static let seed = UInt64.random(in: .min ... .max) | 1

    private static func hash(_ key: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        var hash = seed ^ UInt64(range.count)
        var place = range.lowerBound
        // Wrapping arithmetic mixes bits.
        while place + 8 <= range.upperBound {
            var word: UInt64 = 0
            for byte in 0..<8 { word |= UInt64(key[place + byte]) << UInt64(8 * byte) }
            hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            place += 8
        }
        while place < range.upperBound {
            hash = (hash ^ UInt64(key[place])) &* 0x9E37_79B9_7F4A_7C15
            hash ^= hash >> 29
            place += 1
        }
        hash = (hash ^ seed) &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 32
    }
}
