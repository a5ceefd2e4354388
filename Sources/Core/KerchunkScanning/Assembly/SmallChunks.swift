// SPDX-License-Identifier: Apache-2.0
// Small chunks stand in the references themselves.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Embeds chunks of fewer than `threshold` stored bytes, where a variable has not too many of them.
struct SmallChunks {
    let threshold: UInt64
    let limits: ScanLimits
    let sources: Sources
    let cancellation: Cancellation

    private struct Pending {
        let manifest: Int
        let position: UInt64
        let range: ByteRange
    }

    /// Ranges of one batch.
    private static let batchCount = 1 << 18

    /// - Parameter manifests: of all variables, so that their small chunks are read together.
    func embed(in manifests: inout [MemoryManifest]) throws {
        guard threshold > 0 else { return }
        let isEmbedded = sources.embedsSmallChunks
        var pending: [SourceIndex: [Pending]] = [:]
        var pendingSize: UInt64 = 0
        var pendingCount = 0
        var replacements = [[(UInt64, Bytes)]](repeating: [], count: manifests.count)
        func flush() throws {
            for (source, chunks) in pending.sorted(by: { $0.key < $1.key }) {
                try cancellation.check()
                for (chunk, bytes) in zip(chunks, try sources.read(chunks.map(\.range), from: source)) {
                    // A copy, as the window would keep a block of the file in memory.
                    replacements[chunk.manifest].append((chunk.position, Bytes(bytes.array)))
                }
            }
            pending = [:]
            pendingSize = 0
            pendingCount = 0
        }
        for (number, manifest) in manifests.enumerated() {
            for (source, chunks) in small(manifest, number, isEmbedded) {
                for chunk in chunks {
                    pending[source, default: []].append(chunk)
                    pendingSize += chunk.range.count
                    pendingCount += 1
                    if pendingSize >= limits.batch || pendingCount >= Self.batchCount { try flush() }
                }
            }
        }
        if pendingCount > 0 { try flush() }
        for (number, chunks) in replacements.enumerated() where !chunks.isEmpty {
            manifests[number] = manifests[number].embedding(chunks)
        }
    }

    /// The small chunks of a variable, by source; none where they are too many.
    private func small(
        _ manifest: MemoryManifest, _ number: Int, _ isEmbedded: [Bool]
    ) -> [SourceIndex: [Pending]] {
        var found: [SourceIndex: [Pending]] = [:]
        // Most variables lie in one file.
        var run: [Pending] = []
        var current = SourceIndex(row: 0)
        var count = 0
        manifest.manifest.forEachPresent(
            onRange: { position, source, offset, length in
                guard length < threshold, source.row < isEmbedded.count, isEmbedded[Int(source.row)],
                    let end = offset.adding(length)
                else { return }
                count += 1
                guard count <= limits.smallChunks else { return }
                if source != current {
                    found[current, default: []] += run
                    run = []
                    current = source
                }
                run.append(
                    Pending(
                        manifest: number, position: position, range: ByteRange(offset..<end)))
            }, onOther: { _, _ in })
        guard count > 0, count <= limits.smallChunks else { return [:] }
        found[current, default: []] += run
        return found
    }
}
