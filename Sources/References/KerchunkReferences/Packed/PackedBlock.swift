// SPDX-License-Identifier: Apache-2.0
// Some chunks of an array, as one compressed part of a packed dataset.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

/// Which block of a file.
struct PackedBlockName: Hashable, Sendable {
    /// The number of the array in the file.
    let array: UInt32
    /// Positions that the block answers for: from one block to the next, whether or not there are chunks.
    let extent: Range<UInt64>
}

/// A decoded block: its columns and inline bytes, each number of which was checked to make sense by itself.
struct PackedBlock {
    let name: PackedBlockName
    private let rowCount: Int
    private let positions: PackedColumn
    private let sources: PackedColumn
    private let offsets: PackedColumn
    private let lengths: PackedColumn
    private let wholeFiles: [UInt64]
    private let inlineRows: [UInt64]
    private let inlineSizes: [UInt64]
    private let inline: Bytes
    private let offset: UInt64

    /// Bytes in front of the two frames of a block: their sizes, and what they are when decoded.
    private static let prefixSize = 16

    /// - Parameters:
    ///   - stored: the block as it stands in the file at `offset`.
    ///   - inlineLimit: bytes of one inline chunk.
    init(
        _ stored: Bytes, at offset: UInt64, named name: PackedBlockName, codec: any Codec, inlineLimit: Int
    ) throws {
        self.name = name
        self.offset = offset
        var sizes = ByteCursor(stored.span, at: offset, in: "block of a packed dataset")
        let columnsSize = Int(try sizes.uint32())
        let columnsDecoded = Int(try sizes.uint32())
        let inlineSize = Int(try sizes.uint32())
        let inlineDecoded = Int(try sizes.uint32())
        guard columnsSize + inlineSize + Self.prefixSize == stored.count,
            columnsDecoded <= PackedLayout.largestColumns,
            inlineDecoded <= PackedLayout.blockInlineSize + inlineLimit
        else { throw sizes.error("its parts do not fill it, or are too large") }
        let columns = try codec.decode(
            stored[Self.prefixSize..<Self.prefixSize + columnsSize], limit: columnsDecoded)
        inline =
            inlineSize == 0
            ? Bytes()
            : try codec.decode(
                stored[Self.prefixSize + columnsSize..<stored.count], limit: inlineDecoded)
        guard columns.count == columnsDecoded, inline.count == inlineDecoded else {
            throw sizes.error("its size differs from the declared size")
        }
        var cursor = ByteCursor(columns.span, at: offset, in: "block of a packed dataset")
        guard try cursor.uint32() == name.array, try cursor.uint64() == name.extent.lowerBound else {
            throw cursor.error("it is another block than the directory declares")
        }
        rowCount = try cursor.count(width: 4, limit: PackedLayout.blockRows, of: "chunks in a block")
        let wholeFileCount = try cursor.count(width: 4, limit: rowCount, of: "whole files")
        let inlineCount = try cursor.count(width: 4, limit: rowCount, of: "inline chunks")
        positions = try PackedColumn(parsing: &cursor, count: rowCount)
        sources = try PackedColumn(parsing: &cursor, count: rowCount)
        offsets = try PackedColumn(parsing: &cursor, count: rowCount)
        lengths = try PackedColumn(parsing: &cursor, count: rowCount)
        wholeFiles = try PackedColumn(parsing: &cursor, count: wholeFileCount).numbers(wholeFileCount)
        inlineRows = try PackedColumn(parsing: &cursor, count: inlineCount).numbers(inlineCount)
        inlineSizes = try PackedColumn(parsing: &cursor, count: inlineCount).numbers(inlineCount)
        guard cursor.isAtEnd else { throw cursor.error("\(cursor.remaining) bytes are left over") }
    }

    private func error(_ problem: String) -> ParseError {
        ParseError(problem, in: "block of a packed dataset", at: offset)
    }

    /// Places the chunks of the block that lie in `wanted`, whose first position is row 0 of `builder`.
    /// - Parameter sourceCount: sources of the file.
    func place(
        _ wanted: Range<UInt64>, in builder: inout ManifestBuilder, sourceCount: UInt64
    ) throws(ParseError) {
        var position = positions.isSteps ? positions.first : 0
        var source = sources.first
        var length = lengths.first
        var end: UInt64 = 0
        var previous: UInt64?
        var others = Others(self)
        for row in 0..<rowCount {
            if !positions.isSteps {
                position = positions[row]
            } else if row > 0 {
                position &+= positions[row]  // one that wraps is not above the last
            }
            if let previous, position <= previous { throw error("its positions do not ascend") }
            previous = position
            if !sources.isSteps { source = sources[row] } else if row > 0 { source &+= sources[row] }
            let start =
                !offsets.isSteps ? offsets[row] : row == 0 ? offsets.first : end &+ offsets[row]
            if !lengths.isSteps { length = lengths[row] } else if row > 0 { length &+= lengths[row] }
            let (sum, overflows) = start.addingReportingOverflow(length)
            end = sum
            guard name.extent.contains(position) else { throw error("a position outside the block") }
            let isWanted = wanted.contains(position)
            if row == others.next {
                let location = try others.take(source, sourceCount)
                if isWanted { builder.set(position - wanted.lowerBound, location) }
                continue
            }
            guard source < sourceCount, !overflows, length != .max else {
                throw error("\(length) bytes from byte \(start) of source \(source)")
            }
            if isWanted {
                builder.set(
                    position - wanted.lowerBound,
                    source: SourceIndex(row: UInt32(truncatingIfNeeded: source)),
                    offset: start, length: length)
            }
        }
        guard others.isAtEnd else { throw error("more other chunks than it has") }
    }

    /// All chunks of the block's extent.
    func manifest(sourceCount: UInt64) throws -> ChunkManifest {
        try .building(name.extent.upperBound - name.extent.lowerBound, expecting: rowCount) { builder in
            try place(name.extent, in: &builder, sourceCount: sourceCount)
        }
    }

    /// The chunks that are no ranges, in order.
    private struct Others {
        private let block: PackedBlock
        private var wholeFile = 0
        private var inline = 0
        private var inlineStart = 0
        /// The row of the next one; none are left where it is above all.
        private(set) var next: Int

        init(_ block: PackedBlock) {
            self.block = block
            next = .max
            advance()
        }

        var isAtEnd: Bool { wholeFile == block.wholeFiles.count && inline == block.inlineRows.count }

        private mutating func advance() {
            let whole = wholeFile < block.wholeFiles.count ? block.wholeFiles[wholeFile] : .max
            let inline = inline < block.inlineRows.count ? block.inlineRows[inline] : .max
            next = Int(clamping: min(whole, inline))
        }

        mutating func take(_ source: UInt64, _ sourceCount: UInt64) throws(ParseError) -> ChunkLocation {
            defer { advance() }
            if wholeFile < block.wholeFiles.count, block.wholeFiles[wholeFile] == UInt64(next) {
                wholeFile += 1
                guard source < sourceCount else { throw block.error("a whole file of source \(source)") }
                return .wholeFile(SourceIndex(row: UInt32(truncatingIfNeeded: source)))
            }
            let size = block.inlineSizes[inline]
            inline += 1
            guard size <= UInt64(block.inline.count - inlineStart) else {
                throw block.error("\(size) inline bytes, \(block.inline.count - inlineStart) left")
            }
            let start = inlineStart
            inlineStart += Int(size)
            return .inline(block.inline[start..<inlineStart])
        }
    }
}

/// Collects the chunks of a block.
struct PackedBlockBuilder {
    /// Where the block's extent starts.
    var start: UInt64 = 0
    /// Chunks of a full block.
    private let rows: Int
    private var positions: [UInt64] = []
    private var sources: [UInt64] = []
    private var offsets: [UInt64] = []
    private var lengths: [UInt64] = []
    private var wholeFiles: [UInt64] = []
    private var inlineRows: [UInt64] = []
    private var inlineSizes: [UInt64] = []
    private var inline: [UInt8] = []

    init(rows: Int) {
        self.rows = rows
        positions.reserveCapacity(rows)
        sources.reserveCapacity(rows)
        offsets.reserveCapacity(rows)
        lengths.reserveCapacity(rows)
    }

    var isEmpty: Bool { positions.isEmpty }
    var count: Int { positions.count }
    @inline(__always) var isFull: Bool {
        positions.count >= rows || inline.count >= PackedLayout.blockInlineSize
    }

    @inline(__always)
    mutating func append(_ position: UInt64, _ source: SourceIndex, _ offset: UInt64, _ length: UInt64) {
        positions.append(position)
        sources.append(UInt64(source.row))
        offsets.append(offset)
        lengths.append(length)
    }

    /// A chunk that is no range; columns that say nothing of it go on as they were.
    mutating func append(_ position: UInt64, _ location: ChunkLocation) {
        let row = UInt64(positions.count)
        switch location {
        case .missing: return
        case .range(let source, let range): return append(position, source, range.offset, range.count)
        case .wholeFile(let source):
            wholeFiles.append(row)
            sources.append(UInt64(source.row))
        case .inline(let bytes):
            inlineRows.append(row)
            inlineSizes.append(UInt64(bytes.count))
            inline += bytes.array
            sources.append(sources.last ?? 0)
        }
        positions.append(position)
        offsets.append(offsets.last ?? 0)
        lengths.append(lengths.last ?? 0)
    }

    /// The block as it stands in the file; the builder is empty then.
    mutating func finish(array: UInt32, codec: any Codec) throws(KerchunkError) -> [Bytes] {
        var columns: [UInt8] = []
        columns.reserveCapacity(16 * positions.count + 256)
        columns.append(UInt64(array), width: 4)
        columns.append(start, width: 8)
        columns.append(UInt64(positions.count), width: 4)
        columns.append(UInt64(wholeFiles.count), width: 4)
        columns.append(UInt64(inlineRows.count), width: 4)
        PackedColumn.write(positions, to: &columns)
        PackedColumn.write(sources, to: &columns)
        PackedColumn.write(offsets, to: &columns) { offsets[$0 - 1] &+ lengths[$0 - 1] }
        PackedColumn.write(lengths, to: &columns)
        PackedColumn.write(wholeFiles, to: &columns)
        PackedColumn.write(inlineRows, to: &columns)
        PackedColumn.write(inlineSizes, to: &columns)
        let stored = try codec.encode(Bytes(columns))
        let storedInline = inline.isEmpty ? Bytes() : try codec.encode(Bytes(inline))
        var prefix: [UInt8] = []
        prefix.append(UInt64(stored.count), width: 4)
        prefix.append(UInt64(columns.count), width: 4)
        prefix.append(UInt64(storedInline.count), width: 4)
        prefix.append(UInt64(inline.count), width: 4)
        removeAll()
        return [Bytes(prefix), stored, storedInline]
    }

    private mutating func removeAll() {
        positions.removeAll(keepingCapacity: true)
        sources.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        wholeFiles.removeAll(keepingCapacity: true)
        inlineRows.removeAll(keepingCapacity: true)
        inlineSizes.removeAll(keepingCapacity: true)
        inline.removeAll(keepingCapacity: true)
    }
}
