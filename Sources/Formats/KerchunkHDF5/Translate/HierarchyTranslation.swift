// SPDX-License-Identifier: Apache-2.0
// From the hierarchy of a file to groups, and to places of variables.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// The names of a file as netCDF shows them.
struct HierarchyTranslation {
    /// A variable that is wanted.
    struct Variable {
        let node: HierarchyNode
        let header: DatasetHeader
        let place: ScannedTree.ArrayIndex
        let attributes: JSONObject
        let remarks: [Remark]
    }

    /// In the order of the file.
    private(set) var variables: [Variable] = []

    /// Adds the groups among `nodes` to `tree`, and asks it for the places of variables.
    init(_ nodes: [HierarchyNode], _ values: LinkedValues, in tree: inout ScannedTree) {
        var groups: [ExactText: ScannedTree.GroupIndex] = [:]
        func attributes(_ node: HierarchyNode) -> (attributes: JSONObject, remarks: [Remark]) {
            AttributeTranslator(reader: values.reader(of: node)).translate(node.object)
        }
        for node in nodes {
            switch node.object.kind {
            case .group:
                let (attributes, remarks) = attributes(node)
                if node.path == "/" {
                    tree.attributes = attributes
                    tree.add(remarks)
                    groups[node.path] = .root
                } else if let parent = groups[Self.parent(of: node.path)],
                    let group = tree.addGroup(FileText(node.name), in: parent, attributes: attributes)
                {
                    tree.add(remarks, about: group)
                    groups[node.path] = group
                }
            case .dataset(let header):
                guard !NetCDF4Dimensions.isDimensionOnly(node.object),
                    let parent = groups[Self.parent(of: node.path)],
                    let place = tree.place(
                        for: FileText(NetCDF4Dimensions.variableName(node.name)), in: parent)
                else { continue }
                let (attributes, remarks) = attributes(node)
                variables.append(
                    Variable(
                        node: node, header: header, place: place, attributes: attributes, remarks: remarks))
            case .datatype: break
            }
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.startIndex else {
            return "/"
        }
        return String(path[..<slash])
    }
}
