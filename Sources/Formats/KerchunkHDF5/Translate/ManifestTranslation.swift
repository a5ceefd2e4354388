// SPDX-License-Identifier: Apache-2.0
// From a chunk index's entries to the manifest of a Zarr array.

import KerchunkBytes
import KerchunkCodecs
import KerchunkModel

extension MemoryManifest {
    /// The same chunks on a grid that is as large or larger along each axis.
    func moved(to newGrid: ChunkGrid) -> MemoryManifest {
        guard newGrid != grid else { return self }
        var builder = ManifestBuilder(grid: newGrid)
        manifest.forEachPresent { position, location in
            builder.set(newGrid.position(of: grid.coordinates(of: position)), location)
        }
        return builder.finish()
    }

    /// The same chunks, those of source 0 being in `source`.
    func renaming(to source: SourceIndex) -> MemoryManifest {
        guard source != SourceIndex(row: 0) else { return self }
        var builder = ManifestBuilder(grid: grid)
        manifest.forEachPresent { position, location in
            if case .range(_, let range) = location {
                builder.set(position, .range(source, range))
            } else {
                builder.set(position, location)
            }
        }
        return builder.finish()
    }

    /// Positions without a chunk, ascending, at most `limit`.
    func missingPositions(limit: UInt64) -> [UInt64] {
        var missing: [UInt64] = []
        var next: UInt64 = 0
        manifest.forEachPresent { position, _ in
            while next < position, missing.count < Int(limit) {
                missing.append(next)
                next += 1
            }
            next = position + 1
        }
        while next < grid.count, missing.count < Int(limit) {
            missing.append(next)
            next += 1
        }
        return missing
    }
}

/// How one run of raw bytes is cut into chunks of bounded size.
struct ContiguousSplit {
    /// Elements of a chunk along each axis.
    let chunkShape: [UInt64]

    /// Cuts along the slowest axes into equal parts, so that each chunk is one run of bytes of at most `limit` bytes;
    /// an axis whose length has no fitting divisor is cut as finely as its divisors allow.
    init(shape: [UInt64], elementSize: UInt64, limit: UInt64) {
        var chunk = shape.map { max($0, 1) }
        for axis in chunk.indices {
            let size = chunk.reduce(elementSize) { $0.multiplied(by: $1) ?? .max }
            guard size > limit else { break }
            // Bytes of one step along this axis; the chunk may have as many steps as fit.
            let step = size / chunk[axis]
            let fitting = max(1, limit / max(step, 1))
            chunk[axis] = Self.largestDivisor(of: chunk[axis], atMost: fitting)
        }
        chunkShape = chunk
    }

    /// - Complexity: O(√length).
    static func largestDivisor(of length: UInt64, atMost limit: UInt64) -> UInt64 {
        if length <= limit { return length }
        var best: UInt64 = 1
        var candidate: UInt64 = 1
        while candidate * candidate <= length {
            if length % candidate == 0 {
                if candidate <= limit { best = max(best, candidate) }
                let partner = length / candidate
                if partner <= limit { best = max(best, partner) }
            }
            candidate += 1
        }
        return best
    }
}
