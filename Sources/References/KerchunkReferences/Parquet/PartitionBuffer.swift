// SPDX-License-Identifier: Apache-2.0
// One partition of a growing reference set, in memory.

import KerchunkBytes
import KerchunkModel

/// Columns that are filled in any order, and what is there already.
// A class because a manifest builder cannot be copied, and so not lie in a dictionary.
final class PartitionBuffer {
    private var builder: ManifestBuilder?
    private var isPresent: [Bool]
    private var presentCount = 0
    private var inlineSize = 0
    var lastUse: UInt64

    init(count: UInt64, lastUse: UInt64) throws(KerchunkError) {
        guard let grid = ChunkGrid(shape: [count]) else { throw KerchunkError(.limit, "too many chunks") }
        builder = ManifestBuilder(grid: grid, expecting: count)
        isPresent = Array(repeating: false, count: Int(count))
        self.lastUse = lastUse
    }

    var isComplete: Bool { presentCount == isPresent.count }

    /// Bytes.
    var size: Int { isPresent.count * 21 + inlineSize }

    func set(_ row: UInt64, source: SourceIndex, offset: UInt64, length: UInt64) {
        note(row, true)
        builder?.set(row, source: source, offset: offset, length: length)
    }

    func set(_ row: UInt64, _ location: ChunkLocation) {
        note(row, location != .missing)
        if case .inline(let bytes) = location { inlineSize += bytes.count + MemoryLayout<Bytes>.stride }
        builder?.set(row, location)
    }

    private func note(_ row: UInt64, _ isPresent: Bool) {
        guard self.isPresent[Int(row)] != isPresent else { return }
        self.isPresent[Int(row)] = isPresent
        presentCount += isPresent ? 1 : -1
    }

    /// What was placed; called once.
    func finish() -> ChunkManifest {
        guard let builder = builder.take() else { preconditionFailure("a partition was finished twice") }
        return builder.finish().manifest
    }
}
