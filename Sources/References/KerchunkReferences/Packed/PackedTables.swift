// SPDX-License-Identifier: Apache-2.0
// The tables of a packed dataset: its sources, and where the blocks of each array are.

import KerchunkBytes
import KerchunkModel

/// Where the blocks of one array are: 16 bytes a block.
struct PackedDirectory: Equatable, Sendable {
    /// Where the extent of each block starts: the first one at 0, each one ends where the next starts.
    private(set) var starts: [UInt64] = []
    /// Where each block starts in the file, and where the last one ends.
    private(set) var offsets: [UInt64] = []
    /// Positions of the grid.
    let gridCount: UInt64

    init(gridCount: UInt64) { self.gridCount = gridCount }

    var count: Int { starts.count }

    mutating func append(start: UInt64, from offset: UInt64, to end: UInt64) {
        if offsets.isEmpty { offsets.append(offset) }
        starts.append(start)
        offsets.append(end)
    }

    func extent(_ block: Int) -> Range<UInt64> {
        starts[block]..<(block + 1 < starts.count ? starts[block + 1] : gridCount)
    }

    /// The block that answers for `position`; there is one.
    func block(at position: UInt64) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= position { low = middle } else { high = middle }
        }
        return low
    }

    func write(to bytes: inout [UInt8]) {
        bytes.append(gridCount, width: 8)
        bytes.append(UInt64(count), width: 8)
        guard count > 0 else { return }
        PackedColumn.write(starts, to: &bytes)
        PackedColumn.write(offsets, to: &bytes)
    }

    /// - Parameter area: where blocks lie in the file.
    init(parsing cursor: inout ByteCursor, in area: Range<UInt64>) throws(ParseError) {
        gridCount = try cursor.uint64()
        // Each block takes some bytes of the file.
        let limit = Int(clamping: (area.upperBound - area.lowerBound) / 16)
        let count = try cursor.count(width: 8, limit: limit, of: "blocks of an array")
        guard count > 0 else { return }
        starts = try PackedColumn(parsing: &cursor, count: count).numbers(count)
        offsets = try PackedColumn(parsing: &cursor, count: count + 1).numbers(count + 1)
        guard starts[0] == 0, Self.isAscending(starts), Self.isAscending(offsets),
            starts[count - 1] < gridCount,
            area.lowerBound <= offsets[0], offsets[count] <= area.upperBound
        else { throw cursor.error("blocks that overlap, or lie outside the file or the array") }
    }

    private static func isAscending(_ numbers: [UInt64]) -> Bool {
        zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
    }
}

struct PackedTables {
    var sources: [SourceTable.Source] = []
    var directories: [PackedDirectory] = []

    /// Which members of a stamp are known.
    private static let hasSize: UInt64 = 1
    private static let hasTime: UInt64 = 2
    private static let hasTag: UInt64 = 4
    private static let hasFullSize: UInt64 = 8

    init() {}

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(UInt64(sources.count), width: 8)
        bytes.append(UInt64(directories.count), width: 8)
        let stamps = sources.map(\.stamp)
        PackedColumn.write(sources.map { UInt64($0.url.utf8.count) }, to: &bytes)
        PackedColumn.write(
            stamps.map {
                ($0.size == nil ? 0 : Self.hasSize) | ($0.modificationTime == nil ? 0 : Self.hasTime)
                    | ($0.eTag == nil ? 0 : Self.hasTag) | ($0.fullSize == nil ? 0 : Self.hasFullSize)
            }, to: &bytes)
        PackedColumn.write(stamps.map { $0.size ?? 0 }, to: &bytes)
        PackedColumn.write(stamps.map { UInt64(bitPattern: $0.modificationTime ?? 0) }, to: &bytes)
        PackedColumn.write(stamps.map { UInt64($0.eTag?.utf8.count ?? 0) }, to: &bytes)
        for source in sources { bytes += source.url.utf8 }
        for stamp in stamps { bytes += (stamp.eTag ?? "").utf8 }
        for case let fullSize? in stamps.map(\.fullSize) { bytes.append(fullSize, width: 8) }
        for directory in directories { directory.write(to: &bytes) }
        return bytes
    }

    /// - Parameters:
    ///   - base: where the tables, as they are stored, lie in the file.
    ///   - area: where blocks lie in the file.
    init(parsing bytes: Bytes, at base: UInt64, blocksIn area: Range<UInt64>) throws(ParseError) {
        var cursor = ByteCursor(bytes.span, at: base, in: "tables of a packed dataset")
        let sourceCount = try cursor.count(width: 8, limit: Int(UInt32.max) - 2, of: "sources")
        let arrayCount = try cursor.count(width: 8, limit: bytes.count / 16, of: "arrays")
        // Numbers that are all the same take no bytes, but each source has a name.
        guard sourceCount <= bytes.count else { throw cursor.error("\(counted(sourceCount, "source"))") }
        let nameSizes = try PackedColumn(parsing: &cursor, count: sourceCount).numbers(sourceCount)
        let flags = try PackedColumn(parsing: &cursor, count: sourceCount).numbers(sourceCount)
        let sizes = try PackedColumn(parsing: &cursor, count: sourceCount).numbers(sourceCount)
        let times = try PackedColumn(parsing: &cursor, count: sourceCount).numbers(sourceCount)
        let tagSizes = try PackedColumn(parsing: &cursor, count: sourceCount).numbers(sourceCount)
        sources.reserveCapacity(sourceCount)
        for row in 0..<sourceCount {
            let url = try Self.text(&cursor, nameSizes[row])
            let stamp = SourceStamp(
                size: flags[row] & Self.hasSize == 0 ? nil : sizes[row],
                modificationTime: flags[row] & Self.hasTime == 0 ? nil : Int64(bitPattern: times[row]))
            sources.append(SourceTable.Source(url: url, stamp: stamp))
        }
        for row in 0..<sourceCount where flags[row] & Self.hasTag != 0 {
            sources[row].stamp.eTag = try Self.text(&cursor, tagSizes[row])
        }
        for row in 0..<sourceCount where flags[row] & Self.hasFullSize != 0 {
            sources[row].stamp.fullSize = try cursor.uint(width: 8)
        }
        for _ in 0..<arrayCount {
            directories.append(try PackedDirectory(parsing: &cursor, in: area))
        }
        guard cursor.isAtEnd else { throw cursor.error("\(cursor.remaining) bytes are left over") }
    }

    private static func text(_ cursor: inout ByteCursor, _ size: UInt64) throws(ParseError) -> String {
        guard let size = Int(exactly: size) else { throw cursor.error("a string of \(size) bytes") }
        guard let text = String(validating: try cursor.bytes(size), as: UTF8.self) else {
            throw cursor.error("a string that is not UTF-8")
        }
        return text
    }
}
