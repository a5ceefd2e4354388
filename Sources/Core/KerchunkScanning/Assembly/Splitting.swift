// SPDX-License-Identifier: Apache-2.0
// Elements side by side in a file, as chunks.

import KerchunkBytes
import KerchunkModel

/// Cuts raw data into chunks that are whole runs of bytes.
struct Splitting {
    let data: RawData
    /// Of the array.
    let shape: [UInt64]
    let elementSize: UInt64
    /// Bytes of the file; nothing behind them is referenced.
    let fileSize: UInt64

    /// Where a file ends inside a variable, it is cut into chunks of at most this many bytes, of which the whole ones
    /// are there.
    private static let cutChunkSize: UInt64 = 1 << 20

    private var isInSteps: Bool { data.stride != nil && !shape.isEmpty }
    /// The shape of one run of bytes.
    private var runShape: [UInt64] { isInSteps ? Array(shape.dropFirst()) : shape }

    /// - Parameters:
    ///   - limit: bytes of a chunk; nil leaves runs whole, but for those that the file ends in.
    ///   - chunkLimit: chunks of the array.
    func chunks(
        limit: UInt64?, chunkLimit: UInt64
    ) throws(LeftOut) -> (chunks: ScannedChunks, remarks: [Remark]) {
        guard let runSize = checkedProduct(runShape + [elementSize]) else {
            throw LeftOut("its size cannot be counted")
        }
        var remarks: [Remark] = []
        let split = split(runSize: runSize, limit: limit, &remarks)
        let chunkShape = (isInSteps ? [1] : []) + split
        guard let grid = ChunkGrid(covering: shape, by: chunkShape), grid.count <= chunkLimit else {
            throw LeftOut("it would have more than \(counted(chunkLimit, "chunk"))")
        }
        var chunks = ScannedChunks(
            shape: chunkShape,
            manifest: manifest(grid, runSize: runSize, chunkSize: split.reduce(elementSize, *)))
        chunks.lostCount = grid.count - UInt64(chunks.manifest.manifest.presentCount)
        return (chunks, remarks)
    }

    /// The shape of a chunk inside a run.
    private func split(runSize: UInt64, limit: UInt64?, _ remarks: inout [Remark]) -> [UInt64] {
        let whole = runShape.map { max($0, 1) }
        // What the file does not reach, and no file of its series can hold, is not worth the divisions.
        guard data.offset < fileSize || runSize <= 1 << 32 else { return whole }
        let isCut =
            !isInSteps && data.offset < fileSize && (data.offset.adding(runSize) ?? .max) > fileSize
        guard let most = limit ?? (isCut ? Self.cutChunkSize : nil) else { return whole }
        let split = ContiguousSplit(shape: runShape, elementSize: elementSize, limit: max(most, 1)).chunkShape
        let size = split.reduce(elementSize, *)
        if let limit, size > limit {
            remarks.append(
                Remark(
                    "no divisors of its axes give chunks of at most \(limit) bytes; its chunks have \(size)"))
        }
        return split
    }

    /// The chunks that lie inside the file: whole runs, then those of the run that the file ends in.
    private func manifest(_ grid: ChunkGrid, runSize: UInt64, chunkSize: UInt64) -> MemoryManifest {
        let runs = isInSteps ? shape[0] : 1
        guard data.offset < fileSize, runs > 0, chunkSize > 0 else { return .empty(grid) }
        let chunksOfRun = runSize / chunkSize
        let available = fileSize - data.offset
        let stride = isInSteps ? data.stride ?? runSize : runSize
        let reached = stride == 0 ? runs : (available - min(available, runSize)) / stride + 1
        let wholeRuns = available < runSize ? 0 : min(runs, reached)
        let rest = wholeRuns < runs ? available - min(available, wholeRuns.multiplied(by: stride) ?? .max) : 0
        let chunksOfRest = min(rest / chunkSize, chunksOfRun)
        var builder = ManifestBuilder(grid: grid, expecting: wholeRuns * chunksOfRun + chunksOfRest)
        var position: UInt64 = 0
        for run in 0..<wholeRuns {
            for chunk in 0..<chunksOfRun {
                builder.set(
                    position, source: data.source, offset: data.offset + run * stride + chunk * chunkSize,
                    length: chunkSize)
                position += 1
            }
        }
        for chunk in 0..<chunksOfRest {
            builder.set(
                position, source: data.source, offset: data.offset + wholeRuns * stride + chunk * chunkSize,
                length: chunkSize)
            position += 1
        }
        return builder.finish()
    }
}
