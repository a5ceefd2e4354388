// SPDX-License-Identifier: Apache-2.0
// The hierarchy of a packed dataset as JSON.

import KerchunkBytes
import KerchunkModel

/// All of a packed dataset that is neither a chunk nor a source.
///
/// Nodes are listed, parents first, so that neither reading nor writing them is recursive.
struct PackedMetadata {
    var root = VirtualGroup()
    var issues: [Issue] = []
    var note = JSONObject()
    /// Their values are stored as the chunks of an array behind all others.
    var looseKeys: LooseKeys?

    // MARK: Writing

    /// - Throws: for groups nested too deep.
    func text() throws(KerchunkError) -> [UInt8] {
        var nodes: [JSONValue] = []
        var isTooDeep = false
        /// Adds a group and all below it: depth first, so arrays come in another order than with `forEachArray`.
        func add(_ group: VirtualGroup, name: String, parent: Int?, depth: Int) {
            guard depth <= PackedLayout.largestDepth else {
                isTooDeep = true
                return
            }
            let index = nodes.count
            nodes.append(node(name, parent, group.attributes))
            for (name, member) in group.members {
                switch member {
                case .group(let child): add(child, name: name, parent: index, depth: depth + 1)
                case .array(let array): nodes.append(node(array, name, parent: index))
                }
            }
        }
        add(root, name: "", parent: nil, depth: 0)
        guard !isTooDeep else {
            throw KerchunkError(
                .unsupported, "groups nested more than \(PackedLayout.largestDepth) deep")
        }
        var writer = JSONWriter()
        var document: JSONObject = [
            "nodes": .array(nodes),
            "issues": .array(issues.map(json)), "note": .object(note),
        ]
        if let looseKeys { document["loose_keys"] = .strings(looseKeys.names) }
        writer.write(.object(document))
        return writer.text
    }

    private func node(_ name: String, _ parent: Int?, _ attributes: JSONObject) -> JSONValue {
        guard let parent else { return ["attributes": .object(attributes)] }
        return ["name": .string(name), "parent": .integer(parent), "attributes": .object(attributes)]
    }

    private func node(_ array: VirtualArray, _ name: String, parent: Int) -> JSONValue {
        var node: JSONObject = ["name": .string(name), "parent": .integer(parent)]
        for (name, value) in array.document { node[name] = value }
        return .object(node)
    }

    private func json(_ issue: Issue) -> JSONValue {
        var json: JSONObject = ["object": .string(issue.object), "reason": .string(issue.reason)]
        if let remedy = issue.remedy { json["remedy"] = .string(remedy) }
        if issue.isDamage { json["damage"] = true }
        return .object(json)
    }

    // MARK: Reading

    init() {}

    /// - Parameter manifest: the chunks of an array, which is the one of that number among the nodes.
    init(
        parsing text: Bytes,
        manifest: (_ number: Int, ChunkGrid) throws(KerchunkError) -> any ManifestSource
    ) throws(KerchunkError) {
        let document: JSONObject
        do {
            document = try JSONScanner.parse(text).object ?? [:]
        } catch {
            throw KerchunkError(error)
        }
        guard let nodes = document["nodes"]?.array, let note = document["note"]?.object,
            let issues = document["issues"]?.array
        else { throw Self.malformed }
        self.note = note
        for issue in issues {
            guard let object = issue.object?["object"]?.string, let reason = issue.object?["reason"]?.string
            else { throw Self.malformed }
            self.issues.append(
                Issue(
                    object: object, reason: reason, remedy: issue.object?["remedy"]?.string,
                    isDamage: issue.object?["damage"] == true))
        }
        let arrayCount: Int
        let isApart = document["zarr_format"] == 3
        (root, arrayCount) = try Self.root(
            nodes.map { Self.sayingMissing($0, isApart: isApart) }, manifest)
        guard let names = document["loose_keys"]?.array?.compactMap(\.string), !names.isEmpty else { return }
        guard let grid = ChunkGrid(shape: [UInt64(names.count)]) else { throw Self.malformed }
        looseKeys = LooseKeys(names: names, values: try manifest(arrayCount, grid))
    }

    /// A node of version 1 as one of this version: its array had a fill value, which was masked as well where the metadata
    /// were made for Zarr v2.
    private static func sayingMissing(_ node: JSONValue, isApart: Bool) -> JSONValue {
        guard var members = node.object, let array = members["array"]?.object, members["missing"] == nil
        else {
            return node
        }
        let fill = array["fill_value"] ?? .null
        var missing: JSONObject = ["unwritten": fill]
        if !isApart, !fill.isNull { missing["masked"] = "unwritten" }
        members["missing"] = .object(missing)
        return .object(members)
    }

    private static var malformed: KerchunkError {
        KerchunkError(.malformed, "the metadata of the packed dataset lack required members")
    }

    private struct Node {
        let name: String
        let depth: Int
        var member: VirtualGroup.Member
        var children: [Int] = []
    }

    private static func root(
        _ list: [JSONValue],
        _ manifest: (_ number: Int, ChunkGrid) throws(KerchunkError) -> any ManifestSource
    ) throws(KerchunkError) -> (root: VirtualGroup, arrayCount: Int) {
        var nodes: [Node] = []
        var arrayCount = 0
        for (index, value) in list.enumerated() {
            guard let node = value.object, let attributes = node["attributes"]?.object else {
                throw malformed
            }
            guard index > 0 else {
                nodes.append(Node(name: "", depth: 0, member: .group(VirtualGroup(attributes: attributes))))
                continue
            }
            guard let name = node["name"]?.string,
                let parent = node["parent"]?.number?.uint64.flatMap({ Int(exactly: $0) }), parent < index,
                case .group = nodes[parent].member, nodes[parent].depth < PackedLayout.largestDepth + 1
            else { throw malformed }
            let member: VirtualGroup.Member
            if node["array"] != nil {
                do throws(KerchunkError) {
                    var array = try VirtualArray(document: node)
                    array.chunks = try manifest(arrayCount, array.chunks.grid)
                    member = .array(array)
                } catch {
                    throw error.locating(object: "/" + name)
                }
                arrayCount += 1
            } else {
                member = .group(VirtualGroup(attributes: attributes))
            }
            nodes[parent].children.append(index)
            nodes.append(Node(name: name, depth: nodes[parent].depth + 1, member: member))
        }
        // Children stand behind their parents, so they are complete when the parent's turn comes.
        for index in nodes.indices.reversed() {
            guard case .group(var group) = nodes[index].member else { continue }
            for child in nodes[index].children { group[nodes[child].name] = nodes[child].member }
            nodes[index].member = .group(group)
        }
        guard case .group(let root)? = nodes.first?.member else { throw malformed }
        return (root, arrayCount)
    }
}
