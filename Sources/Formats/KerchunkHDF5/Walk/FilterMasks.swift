// SPDX-License-Identifier: Apache-2.0
// Which filters were left out for which chunks.

import KerchunkModel

/// The filter mask that most chunks share, and those that have another one.
struct FilterMasks {
    /// Nil before the first chunk.
    private(set) var common: UInt32?
    private(set) var deviating: [ChunkEntries.DeviatingMask] = []

    /// Notes a mask that is not the common one.
    mutating func note(_ mask: UInt32, at position: UInt64) {
        if common == nil {
            common = mask
        } else {
            deviating.append(ChunkEntries.DeviatingMask(position: position, mask: mask))
        }
    }

    /// Makes the most frequent mask the common one, and sorts the others by position.
    /// - Parameter count: how many chunks there are.
    mutating func settle(for manifest: ChunkManifest, count: UInt64) {
        var frequency: [UInt32: Int] = [:]
        for chunk in deviating { frequency[chunk.mask, default: 0] += 1 }
        let most = frequency.max { ($0.value, $1.key) < ($1.value, $0.key) }
        if let first = common, let most, UInt64(most.value) + UInt64(deviating.count) > count {
            let masks = Dictionary(deviating.map { ($0.position, $0.mask) }) { _, last in last }
            deviating = []
            manifest.forEachPresent { position, _ in
                let mask = masks[position] ?? first
                if mask != most.key {
                    deviating.append(ChunkEntries.DeviatingMask(position: position, mask: mask))
                }
            }
            common = most.key
        }
        deviating.sort { $0.position < $1.position }
    }
}
