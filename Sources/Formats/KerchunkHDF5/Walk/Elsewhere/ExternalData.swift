// SPDX-License-Identifier: Apache-2.0
// Contiguous datasets whose bytes lie in other files.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.h.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Locates raw data in external files.
struct ExternalData {
    let header: DatasetHeader
    let context: ScanContext

    /// A run of the dataset in one file.
    private struct Run {
        /// Bytes from the start of the dataset.
        let start: UInt64
        let length: UInt64
        let source: SourceIndex
        let offset: UInt64
    }

    func locate(_ files: inout Sources) throws -> LocatedDataset {
        let space = header.dataspace
        let elementSize = UInt64(header.datatype.size)
        guard let count = space.elementCount, let total = count.multiplied(by: elementSize) else {
            throw LeftOut("its size cannot be counted")
        }
        var notes: [String] = []
        let runs = try self.runs(total, &files, &notes)
        let covered = runs.last.map { $0.start + $0.length } ?? 0
        if runs.count == 1, covered == total, let run = runs.first {
            return located(chunkShape: space.dimensions.map { max($0, 1) }, notes: notes) { builder in
                builder.set(0, source: run.source, offset: run.offset, length: total)
            }
        }
        if covered == total, let rows = rowsPerChunk(runs, elementSize) {
            let rowSize = total / max(space.dimensions[0], 1)
            return located(chunkShape: [rows] + space.dimensions.dropFirst().map { max($0, 1) }, notes: notes)
            { builder in
                var position: UInt64 = 0
                for run in runs {
                    for step in 0..<run.length / (rows * rowSize) {
                        builder.set(
                            position, source: run.source, offset: run.offset + step * rows * rowSize,
                            length: rows * rowSize)
                        position += 1
                    }
                }
            }
        }
        guard total <= context.limits.converted else {
            throw LeftOut("its raw data are in external files, in parts that are not whole chunks")
        }
        // What the files do not hold reads as zeros.
        var bytes: [UInt8] = []
        for run in runs {
            bytes += try files.read([ByteRange(run.offset..<run.offset + run.length)], from: run.source)[0]
                .array
        }
        bytes += [UInt8](repeating: 0, count: Int(total) - bytes.count)
        return located(chunkShape: space.dimensions.map { max($0, 1) }, notes: notes) { builder in
            builder.set(0, .inline(Bytes(bytes)))
        }
    }

    private func located(
        chunkShape: [UInt64], notes: [String], _ fill: (inout ManifestBuilder) -> Void
    ) -> LocatedDataset {
        let layout = DataLayout.chunked(
            ChunkedLayout(
                chunkShape: chunkShape, elementSize: UInt64(header.datatype.size),
                leavesPartialEdgesUnfiltered: false,
                index: .implicit(address: nil)))
        let grid = ChunkGrid(covering: header.dataspace.dimensions, by: chunkShape) ?? .scalar
        var builder = ManifestBuilder(grid: grid)
        if grid.count > 0 { fill(&builder) }
        return LocatedDataset(
            header: header.replacing(layout: layout),
            entries: ChunkEntries(
                manifest: builder.finish(), commonMask: 0, deviatingMasks: [], outsideCount: 0),
            notes: notes)
    }

    /// The runs in order, cut where a file ends early.
    private func runs(_ total: UInt64, _ files: inout Sources, _ notes: inout [String]) throws -> [Run] {
        var runs: [Run] = []
        var start: UInt64 = 0
        for slot in header.externalFiles where start < total {
            let length = min(slot.size ?? total - start, total - start)
            let source = try context.openNamed(slot.name)
            let available = try source.size()
            let held = available > slot.offset ? min(length, available - slot.offset) : 0
            let index = try files.add(source, embedsSmallChunks: false)
            runs.append(
                Run(
                    start: start, length: held, source: index,
                    offset: slot.offset))
            start += length
            if held < length {
                notes.append("external file \"\(slot.name)\" is too short; the missing part reads as zeros")
                guard start >= total || slot == header.externalFiles.last else {
                    throw LeftOut("external file \"\(slot.name)\" is \(length - held) bytes too short")
                }
            }
        }
        return runs
    }

    /// The largest number of rows whose chunks never cross from one file into another; nil where rows do.
    private func rowsPerChunk(_ runs: [Run], _ elementSize: UInt64) -> UInt64? {
        guard let rows = header.dataspace.dimensions.first, rows > 0,
            let rowElements = checkedProduct(header.dataspace.dimensions.dropFirst()), rowElements > 0
        else { return nil }
        let rowSize = rowElements * elementSize
        guard runs.allSatisfy({ $0.length % rowSize == 0 && $0.length > 0 }) else { return nil }
        return runs.map { $0.length / rowSize }.reduce(rows, greatestCommonDivisor)
    }
}

func greatestCommonDivisor(_ one: UInt64, _ other: UInt64) -> UInt64 {
    var (a, b) = (one, other)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}

extension DatasetHeader {
    func replacing(layout: DataLayout, filters: [Filter] = [], dataspace: Dataspace? = nil) -> DatasetHeader {
        DatasetHeader(
            dataspace: dataspace ?? self.dataspace, datatype: datatype, fillValue: fillValue, layout: layout,
            filters: filters, externalFiles: [])
    }
}
