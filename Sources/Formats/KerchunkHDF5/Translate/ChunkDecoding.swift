// SPDX-License-Identifier: Apache-2.0
// Reads and decodes chunks that have to be embedded in another form.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Reads stored chunks of one dataset and undoes its filters.
struct ChunkReader {
    let source: any ByteSource
    /// Offsets in manifests count from here: the source's own place in an outer file.
    let placementOffset: UInt64
    let codecs: CodecDirectory
    let limits: ScanLimits

    /// The stored bytes of the chunks at `locations`, in one batch; nil for missing ones.
    func stored(_ locations: [ChunkLocation]) throws -> [Bytes?] {
        var ranges: [ByteRange] = []
        for location in locations {
            if case .range(_, let range) = location {
                guard range.offset >= placementOffset else {
                    throw ParseError("a chunk lies before its file", in: "chunk", at: range.offset)
                }
                ranges.append(ByteRange(range.offset - placementOffset..<range.end - placementOffset))
            }
        }
        var fetched = try source.read(ranges).makeIterator()
        return locations.map { location in
            switch location {
            case .range: fetched.next()
            case .inline(let bytes): bytes
            case .missing, .wholeFile: nil
            }
        }
    }

    /// The elements of a stored chunk.
    /// - Parameters:
    ///   - mask: bit i set means that filter i was not applied.
    ///   - size: bytes of the decoded chunk.
    func decoded(
        _ stored: Bytes, filters: [CodecSpec], mask: UInt32 = 0, size: Int
    ) throws(KerchunkError) -> Bytes {
        let applied = filters.enumerated().filter { $0.offset >= 32 || mask >> UInt32($0.offset) & 1 == 0 }.map(\.element)
        let pipeline = try CodecPipeline(applied, from: codecs)
        // Filters may add some bytes of their own before the last one is undone.
        let bytes = try pipeline.decode(stored, limit: size + size / 8 + 4096)
        guard bytes.count >= size else {
            throw KerchunkError(.malformed, "a chunk decodes to \(bytes.count) bytes instead of \(size)")
        }
        return bytes[0..<size]
    }
}
