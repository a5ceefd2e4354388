// SPDX-License-Identifier: Apache-2.0
// Which fetches serve a batch of reads. Pure.

public import KerchunkBytes

/// Cuts `ranges` into fetches: neighbours closer than `gap` bytes are joined, none is made longer than
/// `limit` bytes by joining.
/// - Returns: disjoint ranges in ascending order; together they cover every input that is not empty.
/// - Complexity: O(n) where `ranges` ascend, else O(n log n).
public func planFetches(for ranges: [ByteRange], gap: UInt64, limit: UInt64) -> [ByteRange] {
    var fetches: [ByteRange] = []
    fetches.reserveCapacity(min(ranges.count, 1 << 16))
    if isAscending(ranges) {
        for range in ranges where range.count > 0 { append(range, to: &fetches, gap: gap, limit: limit) }
    } else {
        for range in ranges.sorted(by: { $0.offset < $1.offset }) where range.count > 0 {
            append(range, to: &fetches, gap: gap, limit: limit)
        }
    }
    return fetches
}

private func isAscending(_ ranges: [ByteRange]) -> Bool {
    for index in ranges.indices.dropFirst() where ranges[index].offset < ranges[index - 1].offset {
        return false
    }
    return true
}

private func append(_ range: ByteRange, to fetches: inout [ByteRange], gap: UInt64, limit: UInt64) {
    if let last = fetches.last {
        let end = max(last.end, range.end)
        let overlaps = range.offset < last.end
        let isNear = range.offset - min(last.end, range.offset) <= gap
        if overlaps || (isNear && end - last.offset <= limit) {
            fetches[fetches.count - 1] = ByteRange(last.offset..<end)
            return
        }
    }
    fetches.append(range)
}

/// Cuts `ranges` out of what was fetched for them.
/// - Parameters:
///   - fetched: the bytes of all `fetches` behind each other.
///   - fetches: ascending and disjoint; each range that is not empty lies inside one.
func slices(_ ranges: [ByteRange], of fetched: Bytes, holding fetches: [ByteRange]) -> [Bytes] {
    var starts: [Int] = []
    starts.reserveCapacity(fetches.count)
    var position = 0
    for fetch in fetches {
        starts.append(position)
        position += Int(fetch.count)
    }
    // Ranges mostly ascend, so the fetch of the last one, or the one behind it, is mostly right.
    var guess = 0
    return ranges.map { range in
        guard range.count > 0 else { return Bytes() }
        while guess + 1 < fetches.count, fetches[guess].end <= range.offset,
            fetches[guess + 1].contains(range)
        { guess += 1 }
        if guess >= fetches.count || !fetches[guess].contains(range) {
            guard let found = fetchIndex(containing: range, in: fetches) else { return Bytes() }
            guess = found
        }
        let start = starts[guess] + Int(range.offset - fetches[guess].offset)
        return fetched[start..<start + Int(range.count)]
    }
}

/// The index of the fetch in `fetches` (ascending, disjoint) that holds `range`; nil where none does.
public func fetchIndex(containing range: ByteRange, in fetches: [ByteRange]) -> Int? {
    var low = 0
    var high = fetches.count
    while low < high {
        let middle = (low + high) / 2
        if fetches[middle].end <= range.offset { low = middle + 1 } else { high = middle }
    }
    return low < fetches.count && fetches[low].contains(range) ? low : nil
}
