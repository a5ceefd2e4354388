// SPDX-License-Identifier: Apache-2.0
// Gives the objects of a graph their paths.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

/// Unfolds a graph of objects into the tree of their names.
struct HierarchyNaming {
    let graph: ObjectGraph
    let options: ScanOptions
    private(set) var nodes: [HierarchyNode] = []
    private(set) var issues: [Issue] = []
    /// Groups between the root and where we are, the latter included.
    private var ancestors: [ObjectKey] = []
    /// Objects that have a name.
    private var named: Set<ObjectKey> = []
    /// Names given to objects that had one already: shared groups inside of shared groups could make any number of them.
    private var repetitions = 0
    /// Bytes of all paths.
    private var pathSize = 0
    private var isFull = false

    private static let maximumRepetitions = 100_000
    private static let maximumPathSize = 256 << 20
    /// Levels of groups; the HDF5 library sets no limit, but each costs a frame of the stack.

    init(graph: ObjectGraph, options: ScanOptions) {
        self.graph = graph
        self.options = options
    }

    /// Names the group `root` and all below it.
    mutating func name(_ root: ObjectKey) throws {
        add(root, path: "/", name: "", link: .root)
    }

    private mutating func add(_ key: ObjectKey, path: String, name: String, link: HierarchyNode.LinkKind) {
        let object: HDF5Object
        switch graph.object(key) {
        case .success(let loaded): object = loaded
        case .failure(let error):
            issues.append(Issue(object: path, reason: error.description, isDamage: true))
            return
        case nil:
            issues.append(Issue(object: path, reason: "its object was not read"))
            return
        }
        let isNew = named.insert(key).inserted
        if !isNew {
            if !options.followsLinks { return }
            repetitions += 1
        }
        pathSize += path.utf8.count
        guard repetitions <= Self.maximumRepetitions, pathSize <= Self.maximumPathSize else {
            if !isFull {
                issues.append(
                    Issue(
                        object: path,
                        reason:
                            "objects have too many names through shared groups; this one and later ones are left out",
                        remedy: "follow no links"))
            }
            isFull = true
            return
        }
        nodes.append(
            HierarchyNode(
                path: path, name: name, object: object, link: link,
                file: key.file == 0 ? nil : graph.files[key.file].file))
        for problem in object.problems {
            issues.append(Issue(object: path, reason: problem.description, isDamage: true))
        }
        guard case .group(let links) = object.kind else { return }
        guard ancestors.count < Nesting.limit else {
            issues.append(
                Issue(object: path, reason: "groups are \(Nesting.problem)"))
            return
        }
        ancestors.append(key)
        addMembers(links, of: key, path: path)
        ancestors.removeLast()
    }

    private mutating func addMembers(_ links: [LinkMessage], of group: ObjectKey, path: String) {
        var previous: String?
        // Characters of other scripts may join those beside them.
        let isASCII = links.allSatisfy { $0.name.utf8.allSatisfy { $0 < 0x80 } }
        for (index, link) in links.enumerated() where !isFull {
            let member = path == "/" ? "/" + link.name : path + "/" + link.name
            // Latin-1 and UTF-8 spellings of one name, or a broken index.
            if let previous, previous.utf8.elementsEqual(link.name.utf8) {
                issues.append(
                    Issue(object: member, reason: "the group has this name twice; the second one is left out")
                )
                continue
            }
            previous = link.name
            if !isASCII, Self.joinsSlashes(link.name) {
                issues.append(
                    Issue(
                        object: member,
                        reason:
                            "left out: its name starts or ends with a character that joins the one beside it",
                        remedy: "rename it in the file"))
                continue
            }
            let kind: HierarchyNode.LinkKind
            switch link.target {
            case .hard: kind = .hard
            case .soft, .userDefined: kind = .soft
            case .external: kind = .external
            }
            if kind != .hard && !options.followsLinks && !options.preservesSoftLinks { continue }
            switch graph.target(of: link, index, in: group) {
            case .object(let key):
                if ancestors.contains(key) {
                    issues.append(
                        Issue(
                            object: member, reason: "it leads back to a group above it, and is not followed"))
                } else {
                    add(key, path: member, name: link.name, link: kind)
                }
            case .needs: issues.append(Issue(object: member, reason: "its object was not read"))
            case .nothing(let reason):
                issues.append(
                    Issue(object: member, reason: description(of: link, reason), isDamage: kind == .hard))
            }
        }
    }

    /// Whether a name between slashes is one with them.
    private static func joinsSlashes(_ name: String) -> Bool {
        ("/" + name + "/").split(separator: "/") != [Substring(name)]
    }

    private func description(of link: LinkMessage, _ reason: String) -> String {
        switch link.target {
        case .hard: reason
        case .soft(let path): "soft link to \"\(path)\" leads nowhere: \(reason)"
        case .external(let file, let path):
            "external link to \"\(path)\" in \"\(file)\" leads nowhere: \(reason)"
        case .userDefined: "user-defined link: \(reason)"
        }
    }
}
