// SPDX-License-Identifier: Apache-2.0
// A Parquet file: its end first, then the columns that are asked for.
// Spec: parquet-format 2.10, README "File format".

import KerchunkBytes
package import KerchunkCodecs
package import KerchunkModel
package import KerchunkStorage

package struct ParquetFile: Sendable {
    package let footer: Footer
    package let rowCount: Int
    private let source: any ByteSource
    private let codecs: CodecDirectory
    private let limits: ParquetLimits
    /// The last bytes of the file, read at once: often all of it.
    private let tail: Bytes
    private let tailOffset: UInt64
    package static let wholeSize: UInt64 = 4 << 20
    /// Length of the metadata, and the signature.
    private static let trailerSize = 8

    /// Reads the metadata; a file of up to `tailSize` bytes is read whole, in one batch.
    package init(
        _ source: any ByteSource, codecs: CodecDirectory, limits: ParquetLimits,
        tailSize: UInt64 = Self.wholeSize
    ) throws(KerchunkError) {
        do {
            let size = try source.size()
            guard size >= 12 else {
                throw KerchunkError(
                    .malformed, "a Parquet file has at least 12 bytes, this one has \(size)")
            }
            let tailOffset = size - min(size, tailSize)
            var tail = try source.read(ByteRange(tailOffset..<size))
            let footerSize = try Self.footerSize(tail, endingAt: size, limits)
            if UInt64(footerSize + Self.trailerSize) > UInt64(tail.count) {
                tail = try source.read(ByteRange(size - UInt64(footerSize + Self.trailerSize)..<size))
            }
            self.tail = tail
            self.tailOffset = size - UInt64(tail.count)
            let start = tail.count - Self.trailerSize - footerSize
            footer = try tail[start..<start + footerSize].parse(
                at: self.tailOffset + UInt64(start), in: "Parquet file metadata"
            ) { (cursor) throws(ParseError) in try Footer(parsing: &cursor) }
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
        guard footer.rowCount <= UInt64(limits.rows) else {
            throw KerchunkError(
                .malformed, "\(footer.rowCount) rows; the limit is \(limits.rows)", url: source.name)
        }
        rowCount = Int(footer.rowCount)
        self.source = source
        self.codecs = codecs
        self.limits = limits
    }

    /// How many values of the column `name` are not null, 0 where there is no such column; nil where the metadata do not
    /// say that.
    package func presentCount(of name: String) -> UInt64? {
        guard let index = footer.columns.firstIndex(where: { $0.name == name }) else { return 0 }
        var count: UInt64 = 0
        for group in footer.rowGroups {
            let column = group.columns[index]
            guard let nulls = column.nullCount, nulls <= column.valueCount,
                let sum = count.adding(column.valueCount - nulls)
            else { return nil }
            count = sum
        }
        return count
    }

    private static func footerSize(
        _ tail: Bytes, endingAt end: UInt64, _ limits: ParquetLimits
    ) throws(ParseError) -> Int {
        let trailer = tail.dropping(tail.count - trailerSize)
        let position = end - UInt64(trailerSize)
        return try trailer.parse(at: position, in: "Parquet trailer") { (cursor) throws(ParseError) in
            let size = try cursor.uint32()
            if try cursor.uint32() == 0x4552_4150 { throw cursor.error("the file is encrypted") }
            try cursor.seek(to: 4)
            try cursor.expect("PAR1")
            // The signature at the start of the file takes four bytes, too.
            guard UInt64(size) + 4 <= position, size <= limits.footerSize else {
                throw cursor.error("metadata of \(size) bytes in a file of \(end)")
            }
            return Int(size)
        }
    }

    /// The column of numbers `name`; nil where there is none.
    /// - Parameter rows: what is wanted at least; nil for all.
    package func integers(_ name: String, rows: Range<Int>? = nil) throws(KerchunkError) -> IntegerColumn? {
        guard let (index, leaf) = try leaf(name) else { return nil }
        guard leaf.type != .byteArray, leaf.type != .fixedByteArray, leaf.type != .boolean,
            leaf.type != .int96
        else {
            throw unreadable(leaf, ", expected numbers")
        }
        var builder = IntegerBuilder(leaf.type)
        try read(index, leaf, rows, into: &builder)
        return builder.column
    }

    /// The column of byte strings `name`; nil where there is none.
    /// - Parameters:
    ///   - rows: what is wanted at least; nil for all.
    ///   - isDistinct: whether equal values shall become one.
    package func byteArrays(
        _ name: String, rows: Range<Int>? = nil, isDistinct: Bool
    ) throws(KerchunkError) -> ByteArrayColumn? {
        guard let (index, leaf) = try leaf(name) else { return nil }
        // pandas writes a column of nulls as whatever type: there is nothing in it to be misread.
        guard leaf.type == .byteArray || leaf.type == .fixedByteArray else {
            guard try isAllNull(index, leaf) else {
                throw unreadable(leaf, ", expected byte strings")
            }
            var column = ByteArrayColumn()
            column.codes = [UInt32](repeating: 0, count: rowCount)
            return column
        }
        var builder = ByteArrayBuilder(leaf, isDistinct: isDistinct)
        try read(index, leaf, rows, into: &builder)
        return builder.column
    }

    private func unreadable(_ leaf: LeafColumn, _ expectation: String) -> KerchunkError {
        KerchunkError(
            .malformed, "the column \"\(leaf.name)\" has the type \"\(leaf.type)\" \(expectation)",
            url: source.name)
    }

    private func leaf(_ name: String) throws(KerchunkError) -> (index: Int, LeafColumn)? {
        guard let index = footer.columns.firstIndex(where: { $0.name == name }) else { return nil }
        let leaf = footer.columns[index]
        guard leaf.isFlat else { throw unreadable(leaf, "in a list or structure") }
        return (index, leaf)
    }

    private func isAllNull(_ index: Int, _ leaf: LeafColumn) throws(KerchunkError) -> Bool {
        var probe = NullProbe()
        try read(index, leaf, nil, into: &probe)
        return probe.isAllNull
    }

    private func read(
        _ index: Int, _ leaf: LeafColumn, _ rows: Range<Int>?, into builder: inout some ColumnBuilder
    ) throws(KerchunkError) {
        let rows = rows ?? 0..<rowCount
        var isFirst = true
        var end = 0
        do throws(KerchunkError) {
            for group in footer.rowGroups where group.rowCount > 0 {
                // The sum of all groups is `rowCount`, as the footer made sure.
                let start = end
                end += Int(group.rowCount)
                guard rows.lowerBound < end, start < rows.upperBound else { continue }
                let wanted = max(rows.lowerBound, start) - start..<min(rows.upperBound, end) - start
                let chunk = group.columns[index]
                guard chunk.valueCount == group.rowCount else {
                    throw KerchunkError(
                        .malformed, "\(chunk.valueCount) values in a row group of \(group.rowCount) rows")
                }
                var pages = try PageReader(
                    chunk, isOptional: leaf.isOptional, stored: try bytes(of: chunk),
                    rows: Int(group.rowCount),
                    wanted: wanted, codecs: codecs, limits: limits)
                try builder.append(&pages, from: start, isFirst: &isFirst)
            }
        } catch {
            throw error.locating(url: source.name, object: "column \(leaf.name)")
        }
    }

    private func bytes(of chunk: ColumnChunk) throws(KerchunkError) -> Bytes {
        let end = tailOffset + UInt64(tail.count)
        guard let chunkEnd = chunk.offset.adding(chunk.storedSize), chunkEnd <= end else {
            throw KerchunkError(
                .malformed, "a column of \(chunk.storedSize) bytes in a file of \(end)", offset: chunk.offset)
        }
        if chunk.offset >= tailOffset {
            let start = Int(chunk.offset - tailOffset)
            return tail[start..<start + Int(chunk.storedSize)]
        }
        do {
            return try source.read(ByteRange(chunk.offset..<chunkEnd))
        } catch {
            throw KerchunkError(wrapping: error)
        }
    }
}

/// Looks whether a column holds anything.
private struct NullProbe: ColumnBuilder {
    var isAllNull = true

    mutating func begin(atRow row: Int) {}
    mutating func takeDictionary(_ cursor: inout ByteCursor, of page: Page) {}
    mutating func append(_ cursor: inout ByteCursor, of page: Page) {
        if page.presentCount > 0 { isAllNull = false }
    }
}
