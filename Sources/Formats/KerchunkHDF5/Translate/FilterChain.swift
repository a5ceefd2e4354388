// SPDX-License-Identifier: Apache-2.0
// The filters of one dataset as codecs, and the chunks that skipped some.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// HDF5's filter pipeline in Zarr's terms.
struct FilterChain {
    /// One codec for each filter of the pipeline.
    let specs: [CodecSpec]
    /// The mask of most chunks: bit i set means that filter i was skipped.
    let commonMask: UInt32
    private let isReadableByZarr: [Bool]

    init(_ facts: DatasetFacts) throws(LeftOut) {
        var specs: [CodecSpec] = []
        var readable: [Bool] = []
        for filter in facts.header.filters {
            do {
                let translation = try hdf5FilterSpec(
                    id: filter.id, clientData: filter.clientData, elementSize: facts.header.datatype.size)
                specs.append(translation.spec)
                readable.append(translation.isReadableByZarr)
            } catch {
                throw LeftOut(error.message, remedy: "rewrite the file with h5repack")
            }
        }
        self.specs = specs
        isReadableByZarr = readable
        commonMask = facts.entries.commonMask
    }

    private func isApplied(_ index: Int, mask: UInt32) -> Bool { index >= 32 || mask >> UInt32(index) & 1 == 0 }

    /// The codecs of the array: filters that the common mask skips are not among them.
    var applied: [CodecSpec] { specs.indices.filter { isApplied($0, mask: commonMask) }.map { specs[$0] } }

    func isReadable(with codecs: ScanOptions.CodecSet) -> Bool {
        codecs == .all || specs.indices.allSatisfy { isReadableByZarr[$0] || !isApplied($0, mask: commonMask) }
    }

    /// The ids that zarr and numcodecs do not know, for a message.
    var unreadableNames: String {
        specs.indices.filter { !isReadableByZarr[$0] && isApplied($0, mask: commonMask) }
            .map { "\"\(specs[$0].id)\"" }.joined(separator: ", ")
    }

    /// Masks of chunks whose filters are not the common ones, by position.
    func masks(_ facts: DatasetFacts) -> [UInt64: UInt32] {
        Dictionary(deviatingChunks(facts).map { ($0.position, $0.mask) }) { first, _ in first }
    }

    /// Chunks that went through other filters than the array's codecs: by their masks, or as unfiltered partial edges.
    func deviatingChunks(_ facts: DatasetFacts) -> [ChunkEntries.DeviatingMask] {
        var deviating = facts.entries.deviatingMasks
        guard case .chunked(let layout) = facts.header.layout, layout.leavesPartialEdgesUnfiltered, !specs.isEmpty else {
            return deviating
        }
        // Spec: IV.A.2.i, layout version 4, flag bit 0: partial edge chunks are not filtered.
        let extent = facts.header.dataspace.dimensions
        let partial = extent.indices.map { extent[$0] % layout.chunkShape[$0] != 0 }
        guard partial.contains(true) else { return deviating }
        let grid = facts.entries.manifest.grid
        let all: UInt32 = specs.count >= 32 ? .max : (1 << UInt32(specs.count)) - 1
        var edges: [ChunkEntries.DeviatingMask] = []
        facts.entries.manifest.manifest.forEachPresent { position, _ in
            let coordinates = grid.coordinates(of: position)
            if coordinates.indices.contains(where: { partial[$0] && coordinates[$0] == grid.shape[$0] - 1 }) {
                edges.append(.init(position: position, mask: all))
            }
        }
        let edgePositions = Set(edges.map(\.position))
        deviating.removeAll { edgePositions.contains($0.position) }
        return deviating + edges
    }
}
