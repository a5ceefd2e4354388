// SPDX-License-Identifier: Apache-2.0
// Small chunks stand in the references themselves.

import KerchunkBytes
public import KerchunkModel
public import KerchunkStorage

/// Embeds chunks of fewer than `threshold` stored bytes.
public struct InlinePolicy: Sendable {
    public let threshold: UInt64
    /// Bytes of one batch of reads.
    private let batch: UInt64

    public init(threshold: UInt64, limits: ScanLimits) {
        self.threshold = threshold
        batch = limits.batch
    }

    /// - Parameters:
    ///   - manifests: any number, so that the small chunks of all variables are read together.
    ///   - source: the file that row `index` of the source table stands for; chunks of other files stay as they are.
    ///   - placementOffset: what offsets in manifests have more than offsets in `source`.
    public func apply(
        to manifests: [MemoryManifest], source: any ByteSource, index: SourceIndex, placementOffset: UInt64,
        cancellation: Cancellation
    ) throws -> [MemoryManifest] {
        guard threshold > 0 else { return manifests }
        var results = manifests
        var pending: [Pending] = []
        var pendingSize: UInt64 = 0
        var replacements = [[(UInt64, Bytes)]](repeating: [], count: manifests.count)
        func flush() throws {
            try cancellation.check()
            for (chunk, bytes) in zip(pending, try source.read(pending.map(\.range))) {
                // A copy, as the window would keep a block of the file in memory.
                replacements[chunk.manifest].append((chunk.position, Bytes(bytes.array)))
            }
            pending = []
            pendingSize = 0
        }
        for (number, manifest) in manifests.enumerated() {
            try manifest.manifest.forEachPresent(
                onRange: { position, source, offset, length throws in
                    guard length < threshold, source == index, offset >= placementOffset else { return }
                    let start = offset - placementOffset
                    pending.append(
                        Pending(
                            manifest: number, position: position, range: ByteRange(start..<start + length)))
                    pendingSize += length
                    if pendingSize >= batch || pending.count >= 1 << 18 { try flush() }
                }, onOther: { _, _ in })
        }
        if !pending.isEmpty { try flush() }
        for (number, chunks) in replacements.enumerated() where !chunks.isEmpty {
            results[number] = manifests[number].embedding(chunks)
        }
        return results
    }

    private struct Pending {
        let manifest: Int
        let position: UInt64
        let range: ByteRange
    }
}
