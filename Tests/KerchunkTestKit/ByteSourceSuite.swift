// SPDX-License-Identifier: Apache-2.0
// What readers rely on in a source of bytes.

public import KerchunkBytes
import KerchunkModel
public import KerchunkStorage
import Synchronization

/// Checks that `source` is the file `content`. A new kind of source is checked for this:
///
/// - Its size is that of the file, and its stamp does not change while the file does not.
/// - A batch gives each range, whole, in the order in which they were asked for: neighbours, overlaps, repetitions, empty
///   ranges and none at all, in any order.
/// - A range that reaches beyond the end is an error, also one of many in a batch, and reading goes on well afterwards.
/// - Several threads may read at once.
/// - Its placement, where it has one, says where the bytes lie in the file that references will name.
///
/// - Parameters:
///   - content: the file; 20,000 bytes or more try all there is, and a file of no bytes deserves a call of its own.
///   - outer: what the file that the placement names holds, where that is at hand.
///   - batches: how many to read at places that follow from a seed.
/// - Returns: what is wrong; empty where all is well.
public func checkByteSource(
    _ source: any ByteSource, holds content: Bytes, inside outer: Bytes? = nil, batches: Int = 50
) -> [String] {
    let findings = Findings()
    ByteSourceCheck(source: source, content: content, findings: findings).run(outer: outer, batches: batches)
    return findings.list
}

private struct ByteSourceCheck {
    let source: any ByteSource
    let content: Bytes
    let findings: Findings

    private var size: UInt64 { UInt64(content.count) }

    func run(outer: Bytes?, batches: Int) {
        facts(outer)
        batch("the whole file", [ByteRange(0..<size)])
        batch("a batch of no ranges", [])
        batch("empty ranges", [0, size / 2, size].map { ByteRange($0..<$0) })
        if size > 0 { edges() }
        beyondTheEnd()
        var numbers = SeededNumbers(seed: size &+ 1)
        for number in 0..<batches {
            batch("batch \(number) of seed \(size + 1)", Self.ranges(&numbers, size))
        }
        threads()
    }

    /// The contract's one reading call.
    private static func read(_ source: any ByteSource, _ ranges: [ByteRange]) throws -> [Bytes] {
        try source.read(ranges)
    }

    private static func expected(_ ranges: [ByteRange], _ content: Bytes) -> [Bytes] {
        ranges.map { content[Int($0.offset)..<Int($0.end)] }
    }

    private func batch(_ what: String, _ ranges: [ByteRange]) {
        guard let found = findings.result(what, { try Self.read(source, ranges) }) else { return }
        guard found.count == ranges.count else {
            return findings.add("\(what): \(found.count) results for \(ranges.count) ranges")
        }
        for ((range, bytes), right) in zip(zip(ranges, found), Self.expected(ranges, content))
        where bytes != right {
            let problem = bytes.count == right.count ? "other bytes" : "\(bytes.count) bytes"
            return findings.add("\(what): \(problem) for \(range.count) bytes from byte \(range.offset)")
        }
    }

    private func facts(_ outer: Bytes?) {
        let found = findings.result("size()", { try source.size() })
        findings.expect(
            found == nil || found == size, "size() is \(found ?? 0) for a file of \(size) bytes")
        let stamps = findings.result("stamp") {
            [try source.stamp, try source.stamp, try source.currentStamp]
        }
        findings.expect(
            stamps.map { $0[0] == $0[1] && $0[1] == $0[2] } ?? true,
            "the stamp changes while the file does not")
        findings.expect(!source.name.isEmpty, "the source has no name")
        findings.expect(source.preferredBatch > 0, "preferredBatch is 0")
        _ = findings.result("givesParts", { try source.givesParts })
        guard let placement = source.placement else { return }
        findings.expect(!placement.url.isEmpty, "the placement has no URL")
        if let outer {
            let (start, count) = (placement.baseOffset, UInt64(outer.count))
            let isThere =
                start <= count && size <= count - start
                && outer[Int(start)..<Int(start + size)] == content
            findings.expect(
                isThere,
                "the bytes do not lie at byte \(start) of \"\(placement.url)\", as the placement says")
        }
    }

    /// Single bytes, and short runs, on both sides of where blocks of any usual size meet.
    private func edges() {
        var places: Set<UInt64> = [0, size / 2, size - 1]
        var power: UInt64 = 1
        while power <= size {
            for place in [power - 1, power, power + 1] where place < size { places.insert(place) }
            power *= 2
        }
        let sorted = places.sorted()
        batch("single bytes, descending", sorted.reversed().map { ByteRange($0..<$0 + 1) })
        batch(
            "single bytes, each twice", sorted.flatMap { [ByteRange($0..<$0 + 1), ByteRange($0..<$0 + 1)] })
        batch("runs that overlap", sorted.map { ByteRange($0 - min($0, 5)..<min(size, $0 + 5)) })
        batch("neighbours", zip(sorted, sorted.dropFirst()).map { ByteRange($0..<$1) })
        for place in sorted { batch("the byte \(place)", [ByteRange(place..<place + 1)]) }
    }

    private func beyondTheEnd() {
        let ranges: [Range<UInt64>] = [
            size..<size + 1, size + 5..<size + 6, size - min(size, 1)..<size + 1, UInt64.max - 1..<UInt64.max,
        ]
        for range in ranges.map({ ByteRange($0) }) {
            let what = "\(range.count) bytes from byte \(range.offset) of \(size)"
            findings.failure(what) { try Self.read(source, [range]) }
            findings.failure(what + ", between others") {
                try Self.read(source, [ByteRange(0..<0), range, ByteRange(0..<min(size, 1))])
            }
        }
        batch("the whole file, after reads beyond its end", [ByteRange(0..<size)])
    }

    private static func ranges(_ numbers: inout SeededNumbers, _ size: UInt64) -> [ByteRange] {
        (0..<Int.random(in: 1...6, using: &numbers)).map { _ in
            let start = UInt64.random(in: 0...size, using: &numbers)
            let longest = UInt64.random(in: 0...1, using: &numbers) == 0 ? 64 : size
            return ByteRange(
                start..<start + UInt64.random(in: 0...min(longest, size - start), using: &numbers))
        }
    }

    private func threads() {
        let wrong = Mutex<[String]>([])
        let (shared, right, length) = (source, content, size)
        WorkerPool(width: 4).forEach(4) { worker in
            var numbers = SeededNumbers(seed: UInt64(worker) + 77)
            for number in 0..<5 {
                let ranges = Self.ranges(&numbers, length)
                do {
                    if try Self.read(shared, ranges) == Self.expected(ranges, right) { continue }
                    wrong.withLock { $0.append("batch \(number) of thread \(worker): other bytes") }
                } catch {
                    wrong.withLock { $0.append("batch \(number) of thread \(worker) throws: \(error)") }
                }
            }
        }
        for sentence in wrong.withLock({ $0.sorted() }) { findings.add(sentence) }
    }
}
