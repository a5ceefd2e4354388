// SPDX-License-Identifier: Apache-2.0
// All fields of a file: a local one from its start to its end, a remote one in parts at once, since the place of each
// message follows from the length of the one before.

import KerchunkBytes
import KerchunkScanning
import KerchunkStorage

/// Reads the headers of all messages.
struct FileWalk: Sendable {
    private let source: any ByteSource
    private let finder: NameFinder
    private let limits: ScanLimits
    private let cancellation: Cancellation

    /// Parts of a remote file that are gone through at once, and how many bytes one has at least.
    private static let mostParts: UInt64 = 64
    private static let smallestPart: UInt64 = 4 << 20

    /// What a file has.
    struct Result: Sendable {
        var fields = FieldRecords()
        /// Bytes outside of messages.
        var passedBytes: UInt64 = 0
        /// The longest run of reads that waited for each other.
        var rounds = 0
    }

    init(
        _ source: any ByteSource, finder: NameFinder = NameFinder(), limits: ScanLimits = ScanLimits(),
        cancellation: Cancellation = Cancellation()
    ) {
        self.source = source
        self.finder = finder
        self.limits = limits
        self.cancellation = cancellation
    }

    /// - Throws: where the file cannot be read; what is wrong with a message is an issue.
    func run() throws -> Result {
        let size = try source.size()
        let count = source.isRemote ? max(1, min(Self.mostParts, size / Self.smallestPart)) : 1
        guard count > 1 else {
            let part = try part(nil)
            return Result(fields: part.fields, passedBytes: size - part.messageBytes, rounds: part.rounds)
        }
        let length = size / count
        let parts = (0..<count).map { $0 * length..<($0 + 1 == count ? size : ($0 + 1) * length) }
        let outcomes = WorkerPool(width: parts.count).map(parts.count) { number in
            Swift.Result { try self.part(parts[number]) }
        }
        return try joined(parts, outcomes.map { try $0.get() }, size)
    }

    // MARK: Parts

    /// Messages that start in one part of the file.
    private struct Part: Sendable {
        var fields = FieldRecords()
        var spans: [Range<UInt64>] = []
        var lengths: [(start: UInt64, length: UInt64)] = []
        var messageBytes: UInt64 = 0
        /// Where the next message is looked for.
        var end: UInt64 = 0
        var rounds = 0

        /// Whether the walk came by `place` on its way, so that one that starts there finds the same.
        func passed(_ place: UInt64) -> Bool {
            !spans.contains { $0.lowerBound < place && place < $0.upperBound }
        }
    }

    private func part(_ range: Range<UInt64>?) throws -> Part {
        var walk = try MessageWalk(source, part: range, limits: limits, cancellation: cancellation)
        var reader = FieldReader(finder)
        var part = Part()
        while let message = try walk.next() {
            if range != nil { part.lengths.append((message.offset, message.length)) }
            for sections in message.fields {
                do throws(ParseError) {
                    try part.fields.add(try reader.field(sections, of: message), of: reader, limits)
                } catch {
                    part.fields.note(error, of: message.offset)
                }
            }
        }
        for issue in walk.issues { part.fields.note(issue.error, of: issue.start) }
        part.spans = walk.spans
        part.messageBytes = walk.messageBytes
        part.end = walk.position
        part.rounds = walk.readCount
        return part
    }

    /// What one walk from the start would have found. A part in which a message of the part before ends is taken from
    /// there on; where its own walk began inside of that message and took something for another, it is gone through again.
    private func joined(_ ranges: [Range<UInt64>], _ parts: [Part], _ size: UInt64) throws -> Result {
        var result = Result(rounds: parts.map(\.rounds).max() ?? 0)
        var place: UInt64 = 0
        var messageBytes: UInt64 = 0
        for (range, walked) in zip(ranges, parts) {
            place = max(place, range.lowerBound)
            guard place < range.upperBound else { continue }
            var part = walked
            if !part.passed(place) {
                part = try self.part(place..<range.upperBound)
                result.rounds += part.rounds
            }
            try result.fields.append(part.fields, from: place, limits)
            for message in part.lengths where message.start >= place { messageBytes += message.length }
            place = max(place, part.end)
        }
        result.passedBytes = size - messageBytes
        return result
    }
}
