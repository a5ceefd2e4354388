// SPDX-License-Identifier: Apache-2.0
// The runs of a manifest in order, each read while the one before it is being worked on.

import KerchunkModel
import KerchunkStorage
import Synchronization

extension ManifestSource {
    /// The same as `forEachRun`, on two threads where there are several runs.
    func forEachRunAhead(_ body: (_ start: UInt64, ChunkManifest) throws -> Void) throws {
        // Two runs are in memory at a time.
        let run = sequentialRun(limit: largestRun / 2)
        let count = grid.count
        guard count > 0 else { return }
        var range = 0..<Swift.min(run, count)
        var manifest = try rows(range)
        while true {
            let next = range.upperBound..<range.upperBound + Swift.min(run, count - range.upperBound)
            if next.isEmpty { return try body(range.lowerBound, manifest) }
            let coming = ComingRun()
            let thread = Platform.Thread { coming.read { try rows(next) } }
            do {
                defer { thread?.join() }
                try body(range.lowerBound, manifest)
            }
            manifest = try coming.manifest() ?? rows(next)
            range = next
        }
    }
}

/// What a thread reads for another one.
// A class because both share it.
private final class ComingRun: Sendable {
    private let result = Mutex<Result<ChunkManifest, any Error>?>(nil)

    func read(_ body: () throws -> ChunkManifest) {
        let read = Result { try body() }
        result.withLock { $0 = read }
    }

    /// Nil where nothing was read.
    func manifest() throws -> ChunkManifest? { try result.withLock { $0 }?.get() }
}
