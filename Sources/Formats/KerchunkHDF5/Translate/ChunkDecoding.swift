// SPDX-License-Identifier: Apache-2.0
// Reads and decodes chunks that have to be embedded in another form.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Reads stored chunks and undoes their filters.
struct ChunkReader {
    let files: SourceFiles
    let directory: CodecDirectory
    let limits: ScanLimits

    /// The stored bytes of the chunks at `locations`, in one batch a file; nil for missing ones.
    func stored(_ locations: [ChunkLocation]) throws -> [Bytes?] {
        var results = [Bytes?](repeating: nil, count: locations.count)
        var wanted: [SourceIndex: [(index: Int, range: ByteRange)]] = [:]
        for (index, location) in locations.enumerated() {
            switch location {
            case .inline(let bytes): results[index] = bytes
            case .range(let source, let range): wanted[source, default: []].append((index, range))
            case .missing, .wholeFile: break
            }
        }
        for (source, chunks) in wanted {
            for (chunk, bytes) in zip(chunks, try files.read(chunks.map(\.range), from: source)) {
                results[chunk.index] = bytes
            }
        }
        return results
    }

    /// The elements of a stored chunk.
    /// - Parameters:
    ///   - filters: one codec for each filter of the pipeline; nil where nothing is to be undone.
    ///   - mask: bit i set means that filter i was not applied.
    ///   - size: bytes of the decoded chunk.
    func decoded(
        _ stored: Bytes, codecs filters: [CodecSpec?], mask: UInt32 = 0, size: Int
    ) throws(KerchunkError) -> Bytes {
        let applied = filters.enumerated().filter { isFilterApplied($0.offset, mask: mask) }.compactMap(
            \.element)
        let pipeline = try CodecPipeline(applied, from: directory)
        // Filters may add some bytes of their own before the last one is undone.
        let bytes = try pipeline.decode(stored, limit: size + size / 8 + 4096)
        guard bytes.count >= size else {
            throw KerchunkError(.malformed, "a chunk decodes to \(bytes.count) bytes instead of \(size)")
        }
        return bytes[0..<size]
    }
}
