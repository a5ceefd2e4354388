// SPDX-License-Identifier: Apache-2.0
// Hierarchies with other arrays in the same places.

public import KerchunkModel

extension VirtualGroup {
    /// The same hierarchy with what `change` makes of each array; `path` is as in `forEachArray`.
    package func mappingArrays<E: Error>(
        path: String = "", _ change: (_ path: String, VirtualArray) throws(E) -> VirtualArray
    ) throws(E) -> VirtualGroup {
        var mapped = self
        for (name, member) in members {
            let memberPath = keyPrefix(ofPath: path) + name
            switch member {
            case .array(let array): mapped[name] = .array(try change(memberPath, array))
            case .group(let group): mapped[name] = .group(try group.mappingArrays(path: memberPath, change))
            }
        }
        return mapped
    }

    /// The group at `path`: "", `a`, `/a/b`; nil where there is none.
    package func group(at path: String) -> VirtualGroup? {
        var group = self
        for name in path.split(separator: "/") {
            guard case .group(let child) = group[String(name)] else { return nil }
            group = child
        }
        return group
    }

    /// The array at `path`: `tas`, `/a/b/tas`; nil where there is none.
    package func array(at path: String) -> VirtualArray? {
        let names = path.split(separator: "/").map(String.init)
        guard let last = names.last else { return rootArray }
        guard let group = group(at: names.dropLast().joined(separator: "/")),
            case .array(let array) = group[last]
        else { return nil }
        return array
    }
}

extension VirtualGroup {
    /// The name that an array gets which was itself the root, where it must be one among others.
    public static let nestedArrayName = "data"

    /// The same hierarchy with an array that is itself the root as a member of this name.
    public func namingRootArray(_ name: String = nestedArrayName) -> VirtualGroup {
        guard var array = rootArray else { return self }
        // As xarray names them.
        array.dimensionNames = array.dimensionNames ?? array.shape.indices.map { "dim_\($0)" }
        var nested = self
        nested[Self.rootArrayName] = nil
        var free = name
        while nested[free] != nil || array.dimensionNames?.contains(free) == true { free += "_" }
        nested[free] = .array(array)
        return nested
    }
}

extension VirtualGroup {
    /// Changes the group at `path` ("", `a/b`), which is made where it is missing.
    package mutating func setGroup(_ path: String, _ change: (inout VirtualGroup) -> Void) {
        setGroup(path.split(separator: "/").map(String.init)[...], change)
    }

    mutating func setGroup(_ path: ArraySlice<String>, _ change: (inout VirtualGroup) -> Void) {
        guard let name = path.first else {
            change(&self)
            return
        }
        var child = VirtualGroup()
        if case .group(let known) = self[name] {
            child = known
            // So that the group is changed in its place, and not copied for each of its members.
            self[name] = .group(VirtualGroup())
        }
        child.setGroup(path.dropFirst(), change)
        self[name] = .group(child)
    }
}

extension ManifestSource {
    /// A run that a transformation of this manifest is read by: no more than is good to hold in memory twice, but for
    /// grids that would then have too many runs.
    var transformedRun: UInt64 {
        let run: UInt64 = 1 << 16
        return preferredRun > run && grid.count >> 20 <= run ? run : preferredRun
    }
}

extension ChunkManifest {
    /// `count` positions, with the chunks that `fill` places.
    package static func building(
        _ count: UInt64, expecting expected: Int, _ fill: (inout ManifestBuilder) throws -> Void
    ) throws -> ChunkManifest {
        guard let grid = ChunkGrid(shape: [count]) else { throw KerchunkError(.limit, "too many chunks") }
        var builder = ManifestBuilder(grid: grid, expecting: UInt64(expected))
        try fill(&builder)
        return builder.finish().manifest
    }
}
