// SPDX-License-Identifier: Apache-2.0
// All names of a file and what they stand for.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// The tree of names below a group.
struct Hierarchy: Sendable {
    /// Parents before their members, members in the order of the bytes of their names; the first is the root.
    let nodes: [HierarchyNode]
    /// Names that lead nowhere, and objects or parts of them that could not be read.
    let issues: [Issue]
}

extension HDF5File {
    /// Walks the groups below `context.options.group`, all groups of a level together, and names each object.
    ///
    /// Every path is a node: an object with two names is two nodes, unless `followsLinks` is off. A name that leads back to
    /// a group above it is an issue, not a node.
    /// - Throws: where the root cannot be read.
    func hierarchy(in context: ScanContext = ScanContext()) throws -> Hierarchy {
        let graph = try ObjectGraph(root: self, in: context)
        let root = try graph.load(group: context.options.group)
        let options = context.options
        let naming = ObjectNaming(
            of: root, in: graph, followsLinks: options.followsLinks,
            followsSoftLinks: options.preservesSoftLinks)
        let nodes = naming.nodes.compactMap { node -> HierarchyNode? in
            guard case .success(let object) = graph.object(node.key) else { return nil }
            return HierarchyNode(
                path: node.path, name: node.name, object: object, link: node.link,
                file: node.key.file == 0 ? nil : graph.files[node.key.file].file)
        }
        return Hierarchy(nodes: nodes, issues: naming.issues)
    }
}

extension HDF5File {
    /// Names and lengths of the dimensions of `nodes`, for which the whole file is walked where only a group of it is scanned: it
    /// may use those of groups above it, and axes without a name are counted through all groups.
    func dimensions(
        of nodes: [HierarchyNode], _ values: LinkedValues, in context: ScanContext
    ) throws -> NetCDF4Dimensions {
        var dimensions = NetCDF4Dimensions(nodes: nodes) { values.readers[values.index(of: $0)] }
        guard dimensions.hasUnknown, !context.options.isWholeFile else { return dimensions }
        var whole = context
        whole.options.group = "/"
        whole.options.followsLinks = true
        let all = try hierarchy(in: whole).nodes
        let allValues = try LinkedValues(of: all, in: self)
        dimensions.adopt(
            NetCDF4Dimensions(nodes: all) { allValues.readers[allValues.index(of: $0)] },
            below: context.options.group)
        return dimensions
    }
}
