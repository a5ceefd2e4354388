// SPDX-License-Identifier: Apache-2.0
// What a reference set holds beside its hierarchy: a `README`, documents that nobody here knows, other files.

/// Keys of a reference set that belong to no array, and what stands under them. They are carried along as they are.
public struct LooseKeys: Sendable {
    /// Each once, in the order of the set.
    public let names: [String]
    /// By the place of the key in `names`.
    public var values: any ManifestSource

    /// - Parameter values: as many as there are names.
    public init(names: [String], values: any ManifestSource) {
        precondition(values.grid.count == UInt64(names.count))
        self.names = names
        self.values = values
    }

    /// - Returns: nil where there is none.
    package init?(_ keys: [(name: String, value: ChunkLocation)]) {
        guard !keys.isEmpty, let grid = ChunkGrid(shape: [UInt64(keys.count)]) else { return nil }
        var builder = ManifestBuilder(grid: grid)
        for (place, key) in keys.enumerated() { builder.set(UInt64(place), key.value) }
        self.init(names: keys.map(\.name), values: builder.finish())
    }

    /// Calls `visit` for each key, in order.
    package func forEachKey(_ visit: (_ name: String, ChunkLocation) throws -> Void) throws {
        try values.forEachRun { start, manifest in
            try manifest.forEachPresent { position, location in
                try visit(names[Int(start + position)], location)
            }
        }
    }

    /// What to say where they cannot go along: `this key and 3 more belong to no array, and …`.
    /// - Parameter problem: `and a combination takes nothing else`.
    package func issue(_ problem: String) -> Issue {
        let one = names.count == 1
        return Issue(
            object: "/" + names[0].prefix(1000),
            reason: (one ? "this key belongs" : "this key and \(names.count - 1) more belong")
                + " to no array, \(problem)")
    }
}
