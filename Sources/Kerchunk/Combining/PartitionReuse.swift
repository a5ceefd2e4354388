// SPDX-License-Identifier: Apache-2.0
// Partitions of a set that stay what they are when others are appended to it.

import KerchunkBytes
import KerchunkCombining
import KerchunkModel
import KerchunkReferences
import KerchunkStorage

/// Which files of a Parquet set can be taken over.
struct PartitionReuse: Sendable {
    private let root: String
    private let recordSize: UInt64
    /// By array: chunks at its start that are the same as before, and all chunks.
    private let unchanged: [ExactText: (count: UInt64, all: UInt64)]

    /// - Returns: nil where the set is not in Parquet with files of `recordSize` chunks.
    init?(_ combined: CombinedDataset, recordSize: UInt64) {
        guard let appended = combined.appended?.location,
            let known = try? Kerchunk.recordSize(ofParquet: appended), known == recordSize
        else { return nil }
        root = appended
        self.recordSize = recordSize
        var unchanged: [ExactText: (count: UInt64, all: UInt64)] = [:]
        for planned in combined.plan.arrays {
            guard let count = Self.unchangedCount(planned),
                let grid = ChunkGrid(covering: planned.array.shape, by: planned.array.chunkShape)
            else { continue }
            unchanged[planned.path] = (count, grid.count)
        }
        self.unchanged = unchanged
    }

    private static func unchangedCount(_ planned: ArrayPlan) -> UInt64? {
        switch planned.content {
        case .values: return nil
        case .copied(let part):
            return part.input == 0 && part.path.isExactly(planned.path) ? part.gridShape.reduce(1, *) : nil
        case .joined(let join):
            // What comes before the joined axis must be a single step, or else rows are between those that were there.
            guard join.axes.count == 1, let axis = join.axes.first, let first = join.cells.first, first >= 0
            else {
                return nil
            }
            let part = join.parts[Int(first)]
            guard part.source.input == 0, part.source.path.isExactly(planned.path),
                part.source.splitFactor == 1,
                part.source.gridShape.prefix(axis.number).allSatisfy({ $0 == 1 }),
                part.runs[0].count == 1, let run = part.runs[0].first, run.start == 0, run.position == 0
            else { return nil }
            // A later input may have taken the place of some of them.
            let own = join.cells.prefix { $0 == first }.count
            return axis.starts[own] * part.source.gridShape.dropFirst(axis.number + 1).reduce(1, *)
        }
    }

    /// The file of a partition that is the same as before.
    func file(_ arrayPath: String, _ partition: UInt64) -> String? {
        guard let (count, all) = unchanged[arrayPath], let end = (partition + 1).multiplied(by: recordSize),
            min(end, all) <= count
        else { return nil }
        let path = "\(root)/\(arrayPath)/refs.\(partition).parq"
        return Platform.exists(path) ? path : nil
    }
}
