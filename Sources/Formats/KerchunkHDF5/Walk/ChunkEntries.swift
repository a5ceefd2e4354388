// SPDX-License-Identifier: Apache-2.0
// What a chunk index says, before it becomes a manifest.

import KerchunkBytes
import KerchunkModel

/// The chunks of one dataset: their places, and which filters each went through.
struct ChunkEntries: Sendable {
    /// On the dataset's chunk grid; offsets are absolute in the source (base address applied), lengths as
    /// stored.
    let manifest: MemoryManifest
    /// The filter mask of most chunks (that of the first one): bit i set means filter i of the pipeline was
    /// not applied.
    let commonMask: UInt32
    /// Chunks whose filter mask is another one.
    let deviatingMasks: [DeviatingMask]
    /// Chunks that lie outside the dataset's current extent (left behind by shrinking), and were passed over.
    let outsideCount: UInt64
    /// Chunks behind the end of a file that is cut off: they are missing.
    var cutCount: UInt64 = 0

    struct DeviatingMask: Hashable, Sendable {
        let position: UInt64
        let mask: UInt32
    }
}
