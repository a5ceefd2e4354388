// SPDX-License-Identifier: Apache-2.0
// The four columns of a partition as a manifest.
// Spec: fsspec, `LazyReferenceMapper`: bytes in `raw` win; else a null `path` is a missing chunk; else offset and size
// of 0 are the whole file. GDAL's files have null offsets and sizes for missing chunks, and end with the last chunk.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkParquet
import KerchunkStorage

struct PartitionDecoder: Sendable {
    let codecs: CodecDirectory
    let sources: SourceTable

    /// - Parameters:
    ///   - count: chunks of the partition; rows behind them are padding, rows that are not there missing chunks.
    ///   - recordSize: rows that the file may have.
    func manifest(_ source: any ByteSource, count: UInt64, recordSize: UInt64) throws(KerchunkError) -> ChunkManifest {
        let limits = ParquetLimits(rows: Int(min(recordSize, ParquetLayout.largestPartition)))
        let file = try ParquetFile(source, codecs: codecs, limits: limits)
        let rows = Rows(
            paths: try file.byteArrays("path", isDistinct: true), offsets: try file.integers("offset"),
            sizes: try file.integers("size"), raws: try file.byteArrays("raw", isDistinct: false))
        let rowCount = Int(min(UInt64(file.rowCount), count))
        guard let grid = ChunkGrid(shape: [count]) else { throw KerchunkError(.limit, "too many chunks") }
        var builder = ManifestBuilder(grid: grid, expecting: UInt64(rowCount))
        try fill(&builder, rows, rowCount, name: source.name)
        return builder.finish().manifest
    }

    private struct Rows {
        let paths: ByteArrayColumn?
        let offsets: IntegerColumn?
        let sizes: IntegerColumn?
        let raws: ByteArrayColumn?
    }

    private func fill(
        _ builder: inout ManifestBuilder, _ rows: Rows, _ count: Int, name: String
    ) throws(KerchunkError) {
        let raws = rows.raws ?? ByteArrayColumn()
        // A column that is not there is as one of nulls.
        let paths = padded(rows.paths?.codes ?? [], to: count)
        let offsets = padded(rows.offsets?.values ?? [], to: count)
        let sizes = padded(rows.sizes?.values ?? [], to: count)
        // Each URL becomes text once a partition.
        let urls = (rows.paths?.values ?? []).map { sources.intern(decodeText($0.array).text) }
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
                    .malformed, "\(size) bytes from byte \(offset) of \"\(sources[source].url)\" in row \(row)",
                    url: name)
            }
            builder.set(UInt64(row), source: source, offset: UInt64(offset), length: UInt64(size))
        }
    }

    private func padded<Value: FixedWidthInteger>(_ values: [Value], to count: Int) -> [Value] {
        values.count >= count ? values : values + Array(repeating: 0, count: count - values.count)
    }
}
