// SPDX-License-Identifier: Apache-2.0
// Which fetches serve a batch of reads. Pure.

public import KerchunkBytes

/// Cuts `ranges` into fetches: neighbours closer than `gap` bytes are joined, none is made longer than `limit` bytes by
/// joining.
/// - Returns: disjoint ranges in ascending order; together they cover every input that is not empty.
/// - Complexity: O(n log n) in the number of ranges.
public func planFetches(for ranges: [ByteRange], gap: UInt64, limit: UInt64) -> [ByteRange] {
    let sorted = ranges.filter { $0.count > 0 }.sorted { $0.offset < $1.offset }
    var fetches: [ByteRange] = []
    for range in sorted {
        if let last = fetches.last {
            let end = max(last.end, range.end)
            let overlaps = range.offset < last.end
            let isNear = range.offset - min(last.end, range.offset) <= gap
            if overlaps || (isNear && end - last.offset <= limit) {
                fetches[fetches.count - 1] = ByteRange(last.offset..<end)
                continue
            }
        }
        fetches.append(range)
    }
    return fetches
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
