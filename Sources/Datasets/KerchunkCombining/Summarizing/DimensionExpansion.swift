// SPDX-License-Identifier: Apache-2.0
// Inputs that are appended to a set which has dimensions that they lack: they get these, with one element.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

extension VirtualDataset {
    /// The same dataset with the leading dimensions that variables have in `existing` and not here.
    /// - Parameters:
    ///   - dimensions: those that may be added.
    ///   - outputName: the name that the one variable has in `existing`, where it is another.
    public func expandingDimensions(
        like existing: InputSummary, _ dimensions: [String], outputName: String?
    ) -> VirtualDataset {
        var expanded = self
        expanded.root = root.mappingArrays { path, array in
            let own = array.dimensionNames ?? []
            let known =
                existing.variables.first { $0.path.isExactly(path) }
                ?? existing.variables.first { $0.path == outputName }
            guard let names = known?.schema.array.dimensionNames, names.count > own.count,
                Array(names.suffix(own.count)) == own
            else { return array }
            let gained = Array(names.dropLast(own.count))
            guard gained.allSatisfy(dimensions.contains) else { return array }
            return array.expanded(by: gained)
        }
        return expanded
    }
}

extension VirtualArray {
    fileprivate func expanded(by names: [String]) -> VirtualArray {
        let ones = [UInt64](repeating: 1, count: names.count)
        guard let grid = ChunkGrid(shape: ones + chunks.grid.shape) else { return self }
        var expanded = self
        expanded.shape = ones + shape
        expanded.chunkShape = ones + chunkShape
        expanded.dimensionNames = names + (dimensionNames ?? [])
        expanded.chunks = ReshapedManifest(base: chunks, grid: grid)
        return expanded
    }
}

/// The same chunks in the same order on another grid.
private struct ReshapedManifest: ManifestSource {
    let base: any ManifestSource
    let grid: ChunkGrid

    var preferredRun: UInt64 { base.preferredRun }
    var minimumRun: UInt64 { base.minimumRun }
    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest { try base.rows(positions) }
}
