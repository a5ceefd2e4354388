// SPDX-License-Identifier: Apache-2.0
// Small chunks into the references themselves.

import KerchunkBytes
public import KerchunkModel
public import KerchunkReading
import KerchunkStorage

extension VirtualDataset {
    /// The same dataset with the bytes of all chunks of fewer than `threshold` stored bytes; they are read as the
    /// chunks are asked for.
    public func inliningChunks(below threshold: UInt64, reading sources: SourceReader) -> VirtualDataset {
        var dataset = self
        dataset.root = root.mappingArrays { _, array in
            var changed = array
            changed.chunks = InliningManifest(
                base: array.chunks, table: self.sources, threshold: threshold, sources: sources)
            return changed
        }
        if let keys = looseKeys {
            dataset.looseKeys?.values = InliningManifest(
                base: keys.values, table: self.sources, threshold: threshold, sources: sources)
        }
        return dataset.remapped()
    }
}

private struct InliningManifest: ManifestSource {
    let base: any ManifestSource
    let table: SourceTable
    let threshold: UInt64
    let sources: SourceReader
    /// Chunks that are fetched together.
    private static let batch = 4096

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.transformedRun }
    var minimumRun: UInt64 { base.minimumRun }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let rows = try base.rows(positions)
        var small: [(position: UInt64, location: ChunkLocation)] = []
        try rows.forEachPresent { position, location in
            if try isSmall(location) { small.append((position, location)) }
        }
        if small.isEmpty { return rows }
        return try .building(rows.positionCount, expecting: rows.presentCount) { builder in
            rows.forEachPresent(
                onRange: { builder.set($0, source: $1, offset: $2, length: $3) },
                onOther: { builder.set($0, $1) })
            var start = 0
            while start < small.count {
                let part = small[start..<min(small.count, start + Self.batch)]
                for (chunk, bytes) in zip(part, try sources.bytes(part.map(\.location), of: table)) {
                    // A copy, as the window may keep a whole batch of a file in memory.
                    builder.set(chunk.position, .inline(Bytes(bytes.array)))
                }
                start += Self.batch
            }
        }
    }

    private func isSmall(_ location: ChunkLocation) throws -> Bool {
        switch location {
        case .missing, .inline: return false
        case .range(_, let range): return range.count < threshold
        case .wholeFile(let source):
            guard threshold > 0 else { return false }
            let known = table[source]
            let size: UInt64
            if let recorded = known.stamp.size {
                size = recorded
            } else {
                size = try sources.source(known.url).size()
            }
            return size < threshold
        }
    }
}
