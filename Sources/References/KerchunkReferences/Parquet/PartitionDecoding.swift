// SPDX-License-Identifier: Apache-2.0
// The four columns of a partition as a manifest.
// Spec: fsspec, `LazyReferenceMapper`: bytes in `raw` win; else a null `path` is a missing chunk; else offset and size
// of 0 are the whole file. GDAL's files have null offsets and sizes for missing chunks, and end with the last chunk.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import KerchunkStorage

/// Some rows of a partition.
struct PartitionRows: Sendable {
    /// Counted from the partition's first chunk.
    let rows: Range<UInt64>
    /// Its row 0 is the first of `rows`.
    let manifest: ChunkManifest
}

struct PartitionDecoder: Sendable {
    let codecs: CodecDirectory
    let sources: SourceTable
    /// Throws for files that the set may not name.
    var admit: ParquetReferenceReader.Admission = { (_) throws(KerchunkError) in }

    /// The rows `wanted`, which are some, and those that share pages with them.
    /// - Parameters:
    ///   - count: chunks of the partition; rows behind them are padding, rows that are not there missing chunks.
    ///   - recordSize: rows that the file may have.
    func rows(
        _ wanted: Range<UInt64>, _ source: any ByteSource, count: UInt64, recordSize: UInt64
    ) throws(KerchunkError) -> PartitionRows {
        let limits = ParquetLimits(rows: Int(min(recordSize, ParquetLayout.largestPartition)))
        let file = try ParquetFile(source, codecs: codecs, limits: limits)
        let fileCount = min(UInt64(file.rowCount), count)
        guard wanted.lowerBound < fileCount else {
            return PartitionRows(
                rows: fileCount..<count, manifest: try MemoryManifest.rows(of: count - fileCount))
        }
        let needed = Int(wanted.lowerBound)..<Int(min(wanted.upperBound, fileCount))
        var columns = Columns(
            paths: try file.byteArrays("path", rows: needed, isDistinct: true),
            offsets: try file.integers("offset", rows: needed),
            sizes: try file.integers("size", rows: needed),
            raws: try file.byteArrays("raw", rows: needed, isDistinct: false))
        let read = columns.align(below: Int(fileCount))
        // Behind the last row of a short file, chunks are missing.
        let end = UInt64(read.upperBound) == fileCount ? count : UInt64(read.upperBound)
        guard let grid = ChunkGrid(shape: [end - UInt64(read.lowerBound)]) else {
            throw KerchunkError(.limit, "too many chunks")
        }
        var builder = ManifestBuilder(grid: grid, expecting: UInt64(read.count))
        try fill(&builder, columns, read.count, name: source.name)
        return PartitionRows(rows: UInt64(read.lowerBound)..<end, manifest: builder.finish().manifest)
    }

    private struct Columns {
        var paths: ByteArrayColumn?
        var offsets: IntegerColumn?
        var sizes: IntegerColumn?
        var raws: ByteArrayColumn?

        /// Cuts the columns to the rows that all of them have, which their pages may begin and end differently.
        mutating func align(below end: Int) -> Range<Int> {
            let ranges = [paths?.rows, offsets?.rows, sizes?.rows, raws?.rows]
            let common = ranges.reduce(0..<end) { range, other in other.map { range.clamped(to: $0) } ?? range
            }
            paths?.keep(common)
            offsets?.keep(common)
            sizes?.keep(common)
            raws?.keep(common)
            return common
        }
    }

    private func fill(
        _ builder: inout ManifestBuilder, _ rows: Columns, _ count: Int, name: String
    ) throws(KerchunkError) {
        let raws = rows.raws ?? ByteArrayColumn()
        // A column that is not there is as one of nulls.
        let paths = padded(rows.paths?.codes ?? [], to: count)
        let offsets = padded(rows.offsets?.values ?? [], to: count)
        let sizes = padded(rows.sizes?.values ?? [], to: count)
        // Each URL becomes text once a partition.
        var urls: [SourceIndex] = []
        for value in rows.paths?.values ?? [] {
            let url = decodeText(value.array).text
            try admit(url)
            urls.append(sources.intern(url))
        }
        let rawCount = raws.values.isEmpty ? 0 : min(count, raws.codes.count)
        for row in 0..<count {
            if row < rawCount, let bytes = raws[row] {
                builder.set(UInt64(row), .inline(bytes))
                continue
            }
            let code = paths[row]
            if code == 0 { continue }
            let source = urls[Int(code) - 1]
            let offset = offsets[row]
            let size = sizes[row]
            if offset | size == 0 {
                builder.set(UInt64(row), .wholeFile(source))
                continue
            }
            guard offset >= 0, size >= 0, offset.adding(size) != nil else {
                throw KerchunkError(
                    .malformed,
                    "\(size) bytes from byte \(offset) of \"\(sources[source].url)\" in row \(row)",
                    url: name)
            }
            builder.set(UInt64(row), source: source, offset: UInt64(offset), length: UInt64(size))
        }
    }

    private func padded<Value: FixedWidthInteger>(_ values: [Value], to count: Int) -> [Value] {
        values.count >= count ? values : values + Array(repeating: 0, count: count - values.count)
    }
}
