// SPDX-License-Identifier: Apache-2.0
// Reads the headers of a TAR archive with few requests, though each is known only from the one before.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// What was read of the archive last, and how much to read next.
///
/// Where members are small, their headers lie in blocks that are read whole. Where they are large, only what a header
/// may take is read, and where two members in a row took the same room, also where the next headers would be if that
/// goes on: a wrong guess costs bytes, but nothing is believed that the headers do not say.
struct HeaderWindow {
    private let source: any ByteSource
    let size: UInt64
    private var pieces: [(offset: UInt64, bytes: Bytes)] = []
    private var block: UInt64 = 64 << 10
    private var guesses: UInt64 = 4
    /// The first header of the member that is read, and how far it lies behind that of the member before.
    private var member: (offset: UInt64, distance: UInt64)?
    private var isRegular = false

    private static let largestBlock: UInt64 = 1 << 20
    /// Members at most this far from each other are read in blocks.
    private static let near: UInt64 = 128 << 10
    /// Enough for extended headers.
    private static let headerRoom: UInt64 = 4 << 10
    private static let mostGuesses: UInt64 = 64

    init(_ source: any ByteSource) throws {
        self.source = source
        size = try source.size()
    }

    /// Says that a member starts at `offset`.
    mutating func enter(_ offset: UInt64) {
        let distance = offset - (member?.offset ?? 0)
        isRegular = member != nil && distance == member?.distance
        member = (offset, distance)
    }

    /// - Parameters:
    ///   - offset, count: lie inside the archive.
    mutating func read(_ offset: UInt64, count: UInt64) throws -> Bytes {
        if let known = known(offset, count) { return known }
        var ranges: [ByteRange] = []
        let distance = member?.distance ?? 0
        if distance <= Self.near {
            ranges.append(range(offset, max(count, block)))
            block = min(block * 2, Self.largestBlock)
        } else {
            ranges.append(range(offset, max(count, Self.headerRoom)))
            block = Self.headerRoom
            if isRegular {
                var next = offset
                for _ in 0..<guesses {
                    guard let place = next.adding(distance), place < size else { break }
                    ranges.append(range(place, Self.headerRoom))
                    next = place
                }
                guesses = min(guesses * 2, Self.mostGuesses)
            } else {
                guesses = 4
            }
        }
        pieces = zip(ranges, try source.read(ranges)).map { ($0.offset, $1) }
        return pieces[0].bytes[0..<Int(count)]
    }

    private func range(_ offset: UInt64, _ count: UInt64) -> ByteRange {
        ByteRange(offset..<(offset + min(count, size - offset)))
    }

    private func known(_ offset: UInt64, _ count: UInt64) -> Bytes? {
        for piece in pieces where piece.offset <= offset {
            let skipped = offset - piece.offset
            if skipped + count <= UInt64(piece.bytes.count) {
                return piece.bytes[Int(skipped)..<Int(skipped + count)]
            }
        }
        return nil
    }
}
