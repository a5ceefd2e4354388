// SPDX-License-Identifier: Apache-2.0
// A Zarr hierarchy whose chunks lie in other files.

public import KerchunkBytes

/// An array: Zarr metadata, and where its chunks are.
///
/// Copies share their metadata until one is changed: a set may have 100,000 arrays that differ only in their chunks.
public struct VirtualArray: Sendable {
    private var metadata: SharedMetadata
    /// On the grid of `shape` and `chunkShape`; a scalar has one chunk.
    public var chunks: any ManifestSource

    public init(
        shape: [UInt64], chunkShape: [UInt64], dataType: DataType, missing: MissingData = MissingData(),
        codecs: [CodecSpec] = [], hasCompressor: Bool = false, attributes: JSONObject = [:],
        dimensionNames: [String]? = nil, chunks: any ManifestSource
    ) {
        metadata = SharedMetadata(
            ArrayDescription(
                shape: shape, chunkShape: chunkShape, dataType: dataType, missing: missing,
                codecs: codecs, hasCompressor: hasCompressor, attributes: attributes,
                dimensionNames: dimensionNames))
        self.chunks = chunks
    }

    /// Whether both are copies of one array, whose metadata none has changed.
    func sharesMetadata(with other: VirtualArray) -> Bool { metadata === other.metadata }

    private var changed: ArrayDescription {
        get { metadata.description }
        _modify {
            if !isKnownUniquelyReferenced(&metadata) { metadata = SharedMetadata(metadata.description) }
            yield &metadata.description
        }
    }

    /// Elements along each axis, slowest first; empty for a scalar.
    public var shape: [UInt64] {
        get { metadata.description.shape }
        _modify { yield &changed.shape }
    }
    /// Elements of a chunk along each axis, never 0.
    public var chunkShape: [UInt64] {
        get { metadata.description.chunkShape }
        _modify { yield &changed.chunkShape }
    }
    public var dataType: DataType {
        get { metadata.description.dataType }
        _modify { yield &changed.dataType }
    }
    public var missing: MissingData {
        get { metadata.description.missing }
        _modify { yield &changed.missing }
    }
    /// Codecs in the order in which they encode.
    public var codecs: [CodecSpec] {
        get { metadata.description.codecs }
        _modify { yield &changed.codecs }
    }
    /// Whether a document of Zarr v2 sets the last of them apart as the compressor: as the set had it that the array was
    /// read from. Readers make no difference; other codecs put an end to it.
    public var hasCompressor: Bool {
        get { metadata.description.hasCompressor }
        _modify { yield &changed.hasCompressor }
    }
    public var attributes: JSONObject {
        get { metadata.description.attributes }
        _modify { yield &changed.attributes }
    }
    /// One name an axis; nil where the format has none.
    public var dimensionNames: [String]? {
        get { metadata.description.dimensionNames }
        _modify { yield &changed.dimensionNames }
    }
}

/// A group: attributes, and members by name in the order of the file.
public struct VirtualGroup: Sendable {
    // Indirect, so that passing members on is cheap.
    public indirect enum Member: Sendable {
        case array(VirtualArray)
        case group(VirtualGroup)
    }

    public var attributes: JSONObject
    public private(set) var members: [(name: String, member: Member)] = []
    private var positions: [ExactText: Int] = [:]

    public init(attributes: JSONObject = [:]) { self.attributes = attributes }

    public var names: [String] { members.map(\.name) }

    /// The name among the members of the root under which an array stands that is itself the root of its hierarchy.
    package static let rootArrayName = ""

    /// The array that is itself the root, as in all sets of tifffile; its path is "", and its keys are `.zarray`, `0.0`.
    public var rootArray: VirtualArray? {
        if case .array(let array) = self[Self.rootArrayName] { array } else { nil }
    }

    public subscript(name: String) -> Member? {
        get { positions[name].map { members[$0].member } }
        set {
            switch (newValue, positions[name]) {
            case (let member?, let position?): members[position].member = member
            case (let member?, nil):
                positions[name] = members.count
                members.append((name, member))
            case (nil, let position?):
                members.remove(at: position)
                positions[name] = nil
                for (index, entry) in members.enumerated().dropFirst(position) {
                    positions[entry.name] = index
                }
            case (nil, nil): break
            }
        }
    }

    /// Calls `visit` for this group and all below it, parents first; `path` is "" for this group, then `a`, `a/b`.
    public func forEachGroup(path: String = "", _ visit: (String, VirtualGroup) throws -> Void) rethrows {
        try visit(path, self)
        for (name, member) in members {
            if case .group(let group) = member {
                try group.forEachGroup(path: keyPrefix(ofPath: path) + name, visit)
            }
        }
    }

    /// The group without the arrays that `isWanted` refuses, and without groups that so become empty.
    /// - Parameter isWanted: gets the path of each array: `tas`, `a/b/tas`.
    package func keepingArrays(path: String = "", where isWanted: (String) -> Bool) -> VirtualGroup {
        var kept = VirtualGroup(attributes: attributes)
        for (name, member) in members {
            let memberPath = keyPrefix(ofPath: path) + name
            switch member {
            case .array: if isWanted(memberPath) { kept[name] = member }
            case .group(let child):
                let rest = child.keepingArrays(path: memberPath, where: isWanted)
                if !rest.members.isEmpty || child.members.isEmpty { kept[name] = .group(rest) }
            }
        }
        return kept
    }

    /// Calls `visit` for each array of this group and of all below it, with its path: `tas`, `a/b/tas`.
    public func forEachArray(_ visit: (String, VirtualArray) throws -> Void) rethrows {
        try forEachGroup { path, group in
            for (name, member) in group.members {
                if case .array(let array) = member {
                    try visit(keyPrefix(ofPath: path) + name, array)
                }
            }
        }
    }

    /// The paths of all arrays, with a slash in front.
    package var arrayPaths: [String] {
        var paths: [String] = []
        forEachArray { path, _ in paths.append("/" + path) }
        return paths
    }
}

/// What the keys of the array or group at `path` start with: nothing at the root, else the path and a slash.
package func keyPrefix(ofPath path: String) -> String { path.isEmpty ? "" : path + "/" }

/// A whole hierarchy, and the files that its chunks lie in.
public struct VirtualDataset: Sendable {
    public var root: VirtualGroup
    public var sources: SourceTable
    /// Keys of a reference set that belong to no array; nil where there are none.
    public var looseKeys: LooseKeys?

    public init(
        root: VirtualGroup = VirtualGroup(), sources: SourceTable = SourceTable(), looseKeys: LooseKeys? = nil
    ) {
        self.root = root
        self.sources = sources
        self.looseKeys = looseKeys
    }
}
