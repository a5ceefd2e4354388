// SPDX-License-Identifier: Apache-2.0
// A run of chunks as the four columns that readers expect.
// Spec: fsspec, `LazyReferenceMapper`: path, offset, size, raw. What each reader needs: docs/parquet.md.

import KerchunkBytes
import KerchunkModel
import KerchunkParquet

struct PartitionColumns {
    private var paths: [UInt32]
    private var offsets: [UInt64]
    private var sizes: [UInt64]
    private var raws: [UInt32]
    private var rawValues: [Bytes] = []
    private var sources: SourceCodes
    private let table: SourceTable
    /// References written, inline ones included, filled ones not.
    private(set) var presentCount: UInt64 = 0
    private var hasFill = false

    /// - Parameter fill: what stands for missing chunks; nil leaves them out.
    init(_ manifest: ChunkManifest, sources table: SourceTable, fill: Bytes?) throws(KerchunkError) {
        let count = Int(manifest.positionCount)
        paths = [UInt32](repeating: 0, count: count)
        offsets = [UInt64](repeating: 0, count: count)
        sizes = offsets
        raws = paths
        sources = SourceCodes()
        self.table = table
        try manifest.forEachPresent(
            onRange: { (position, source, offset, size) throws(KerchunkError) in
                try add(Int(position), source, offset, size)
            },
            onOther: { (position, location) throws(KerchunkError) in
                presentCount += 1
                switch location {
                case .missing: presentCount -= 1
                case .inline(let bytes): addInline(Int(position), bytes)
                case .wholeFile(let source): paths[Int(position)] = sources.code(of: source)
                case .range: break  // comes as such
                }
            })
        if let fill, presentCount < manifest.positionCount { embed(fill) }
    }

    private mutating func add(
        _ row: Int, _ source: SourceIndex, _ offset: UInt64, _ size: UInt64
    ) throws(KerchunkError) {
        presentCount += 1
        if size == 0 {
            // `[url, n, 0]` is an empty range to some readers and the whole file to others.
            addInline(row, Bytes())
            return
        }
        guard offset <= UInt64(Int64.max), size <= UInt64(Int64.max) else {
            throw KerchunkError(
                .unsupported, "\(size) bytes from byte \(offset) on cannot be represented in Parquet")
        }
        paths[row] = sources.code(of: source)
        offsets[row] = offset
        sizes[row] = size
    }

    private mutating func addInline(_ row: Int, _ bytes: Bytes) {
        rawValues.append(bytes)
        raws[row] = UInt32(rawValues.count)
    }

    private mutating func embed(_ fill: Bytes) {
        rawValues.append(fill)
        hasFill = true
        let code = UInt32(rawValues.count)
        for row in raws.indices where raws[row] == 0 && paths[row] == 0 { raws[row] = code }
    }

    var isEmpty: Bool { presentCount == 0 && !hasFill }

    /// The columns of the file. `path` always has a dictionary: only so nulls in it read as missing chunks.
    var output: [OutputColumn] {
        let urls = sources.sources.map { Bytes(table[$0].url) }
        return [
            OutputColumn("path", .byteArrays(codes: paths, values: urls, hasDictionary: true, isText: true)),
            OutputColumn("offset", .integers(offsets)),
            OutputColumn("size", .integers(sizes)),
            OutputColumn(
                "raw", .byteArrays(codes: raws, values: rawValues, hasDictionary: hasFill, isText: false)),
        ]
    }
}

/// Codes of the sources that a partition uses, in order of first use: a small hash table, because neighbours often
/// lie in different files.
struct SourceCodes {
    private(set) var sources: [SourceIndex] = []
    /// Codes (from 1), or 0 where a slot is free; as many as a power of two.
    private var slots: [UInt32] = Array(repeating: 0, count: 64)
    private var last: (source: SourceIndex, code: UInt32)?

    @inline(__always)
    mutating func code(of source: SourceIndex) -> UInt32 {
        if let last, last.source == source { return last.code }
        let code = find(source)
        last = (source, code)
        return code
    }

    private mutating func find(_ source: SourceIndex) -> UInt32 {
        var slot = place(of: source)
        while slots[slot] != 0 {
            if sources[Int(slots[slot]) - 1] == source { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        sources.append(source)
        slots[slot] = UInt32(sources.count)
        if 2 * sources.count > slots.count { grow() }
        return UInt32(sources.count)
    }

    /// Rows are small numbers side by side, so the odd factor spreads them.
    private func place(of source: SourceIndex) -> Int {
        Int((UInt64(source.row) &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)  // wraps: a hash
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: 2 * slots.count)
        for (index, source) in sources.enumerated() {
            var slot = place(of: source)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }
}
