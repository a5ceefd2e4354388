// SPDX-License-Identifier: Apache-2.0
// From a plan to a dataset whose chunks are pulled from the inputs as they are written.

import KerchunkBytes
public import KerchunkModel
import KerchunkReferences

/// Makes the output of a plan.
public struct CombineExecutor: Sendable {
    public let plan: CombinePlan
    private let library: InputLibrary

    public init(plan: CombinePlan, library: InputLibrary) {
        self.plan = plan
        self.library = library
    }

    /// The output; its manifests open inputs as their chunks are asked for.
    public func dataset() throws(KerchunkError) -> VirtualDataset {
        var root = VirtualGroup()
        for (path, attributes) in plan.groups { root.setGroup(path) { $0.attributes = attributes } }
        for planned in plan.arrays {
            var array = planned.array
            guard let grid = ChunkGrid(covering: array.shape, by: array.chunkShape) else {
                throw KerchunkError(
                    .limit, "an array of shape \(array.shape) would have too many chunks",
                    object: "/" + planned.path)
            }
            switch planned.content {
            case .values(let bytes):
                var builder = ManifestBuilder(grid: grid)
                if grid.count == 1 { builder.set(0, .inline(bytes)) }
                array.chunks = builder.finish()
            case .copied(let part): array.chunks = CopiedManifest(grid: grid, part: part, library: library)
            case .joined(let join): array.chunks = CombinedManifest(join, grid: grid, library: library)
            }
            let names = planned.path.split(separator: "/").map(String.init)
            root.setGroup(names.dropLast().joined(separator: "/")) { $0[names.last ?? ""] = .array(array) }
        }
        return VirtualDataset(root: root, sources: library.sources)
    }
}

/// The chunks of one input's array.
private struct CopiedManifest: ManifestSource {
    let grid: ChunkGrid
    let part: ArrayPlan.ArrayPart
    let library: InputLibrary

    var preferredRun: UInt64 { max(1 << 16, grid.count >> 20) }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let input = try library.rows(of: part)
        return try .building(UInt64(positions.count), expecting: positions.count) { builder in
            try input.forEachPresent(positions) {
                builder.set($0, source: $1, offset: $2, length: $3)
            } onOther: {
                builder.set($0, $1)
            }
        }
    }
}
