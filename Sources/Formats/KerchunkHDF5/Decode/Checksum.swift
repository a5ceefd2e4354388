// SPDX-License-Identifier: Apache-2.0
// The checksum of all metadata that has one.
// Spec: HDF5 File Format Specification 3.0: "Jenkins' lookup3 algorithm" (Bob Jenkins, hashlittle(), May 2006).

import KerchunkBytes

/// The lookup3 hash of `bytes`, with the start value 0 unless given.
func lookup3(_ bytes: Bytes, seed: UInt32 = 0) -> UInt32 {
    // The length enters modulo 2³², as it does in hashlittle().
    let start = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count) &+ seed
    var hash = Lookup3State(a: start, b: start, c: start)
    guard bytes.count > 0 else { return hash.c }
    // The last 1 to 12 bytes are mixed in another way than those before.
    let rounds = (bytes.count - 1) / 12
    let rest = bytes.count - 12 * rounds
    do {
        var cursor = ByteCursor(bytes.span, at: 0, in: "checksum")
        for _ in 0..<rounds {
            hash.a = try hash.a &+ cursor.uint32()
            hash.b = try hash.b &+ cursor.uint32()
            hash.c = try hash.c &+ cursor.uint32()
            hash.mix()
        }
        var words: (UInt32, UInt32, UInt32) = (0, 0, 0)
        for position in 0..<rest {
            let byte = UInt32(try cursor.uint8()) << UInt32(8 * (position % 4))
            switch position / 4 {
            case 0: words.0 |= byte
            case 1: words.1 |= byte
            default: words.2 |= byte
            }
        }
        hash.a = hash.a &+ words.0
        hash.b = hash.b &+ words.1
        hash.c = hash.c &+ words.2
    } catch {
        // Not reached: the counts above add up to the length.
    }
    hash.finish()
    return hash.c
}

/// Checks that the last four bytes are the checksum of those before.
func verifyChecksum(_ bytes: Bytes, at offset: UInt64, in structure: StaticString) throws(ParseError) {
    guard bytes.count >= 4 else {
        throw ParseError("there is no room for the checksum", in: structure.description, at: offset)
    }
    let covered = bytes.count - 4
    let stored = try bytes[covered..<bytes.count].parse(at: offset, in: structure) {
        cursor throws(ParseError) in
        try cursor.uint32()
    }
    try compareChecksum(stored, with: lookup3(bytes[0..<covered]), at: offset, in: structure)
}

/// - Throws: where the stored and the computed checksum differ.
func compareChecksum(
    _ stored: UInt32, with computed: UInt32, at offset: UInt64, in structure: StaticString
) throws(ParseError) {
    #if KERCHUNK_FUZZING
        // A fuzzer cannot guess checksums; what lies behind them must be safe all the same.
    #else
        guard stored == computed else {
            throw ParseError(
                "the stored checksum is \(stored), but that of the bytes is \(computed)",
                in: structure.description,
                at: offset)
        }
    #endif
}

/// The three words of the hash. All arithmetic is modulo 2³² by definition.
private struct Lookup3State {
    var a: UInt32
    var b: UInt32
    var c: UInt32

    @inline(__always) private func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value &<< count | value &>> (32 - count)
    }

    @inline(__always) mutating func mix() {
        a = a &- c
        a ^= rotated(c, 4)
        c = c &+ b
        b = b &- a
        b ^= rotated(a, 6)
        a = a &+ c
        c = c &- b
        c ^= rotated(b, 8)
        b = b &+ a
        a = a &- c
        a ^= rotated(c, 16)
        c = c &+ b
        b = b &- a
        b ^= rotated(a, 19)
        a = a &+ c
        c = c &- b
        c ^= rotated(b, 4)
        b = b &+ a
    }

    @inline(__always) mutating func finish() {
        c ^= b
        c = c &- rotated(b, 14)
        a ^= c
        a = a &- rotated(c, 11)
        b ^= a
        b = b &- rotated(a, 25)
        c ^= b
        c = c &- rotated(b, 16)
        a ^= c
        a = a &- rotated(c, 4)
        b ^= a
        b = b &- rotated(a, 14)
        c ^= b
        c = c &- rotated(b, 24)
    }
}
