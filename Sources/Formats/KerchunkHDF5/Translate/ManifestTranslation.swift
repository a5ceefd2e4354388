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
}
