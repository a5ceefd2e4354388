// SPDX-License-Identifier: Apache-2.0
// Names for the objects of a file in which links make a graph: an object may have several names, and lead back to itself.

public import KerchunkBytes
public import KerchunkModel

/// An object, whichever file it is in.
public struct ObjectKey: Hashable, Sendable {
    /// Index of the file; 0 is the scanned one.
    public let file: Int
    /// What the format knows it by in its file.
    public let address: UInt64

    public init(file: Int = 0, address: UInt64) {
        self.file = file
        self.address = address
    }
}

/// A name in a group.
public struct ObjectLink: Sendable {
    public enum Kind: Hashable, Sendable { case root, hard, soft, external }

    public enum Target: Sendable {
        case object(ObjectKey)
        /// Nowhere: why.
        case nothing(String)
    }

    public let name: String
    /// Only hard links are always followed.
    public let kind: Kind

    public init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }
}

/// The objects of a file, once they are read.
public protocol LinkedObjects {
    /// Nil where it was not read.
    func linked(_ key: ObjectKey) -> LinkedObject?
}

/// What naming has to know of an object.
public enum LinkedObject {
    case failure(ParseError)
    case group(LinkedGroup, problems: [ParseError])
    case other(problems: [ParseError])
}

/// The links of a group, in ascending order of the bytes of their names.
public struct LinkedGroup {
    let count: Int
    let link: (Int) -> ObjectLink
    let target: (Int) -> ObjectLink.Target

    public init(
        _ count: Int, link: @escaping (Int) -> ObjectLink, target: @escaping (Int) -> ObjectLink.Target
    ) {
        self.count = count
        self.link = link
        self.target = target
    }
}

/// Unfolds a graph of objects into the tree of their names: every path is a node, unless links are not followed. A name that
/// leads back to a group above it is an issue.
public struct ObjectNaming {
    public struct Node: Sendable {
        /// `/` for the root, else `/a/b`.
        public let path: String
        public let name: String
        public let key: ObjectKey
        /// How the parent names it.
        public let link: ObjectLink.Kind
    }

    /// Parents before their members, members in the order of the bytes of their names; the first is the root.
    public private(set) var nodes: [Node] = []
    public private(set) var issues: [Issue] = []
    private let objects: any LinkedObjects
    private let followsLinks: Bool
    private let followsSoftLinks: Bool
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

    /// Names the group `root` and all below it.
    /// - Parameters:
    ///   - followsLinks: whether an object has each of its names, or only the first.
    ///   - followsSoftLinks: whether links that are not hard count as names.
    public init(
        of root: ObjectKey, in objects: any LinkedObjects, followsLinks: Bool = true,
        followsSoftLinks: Bool = true
    ) {
        self.objects = objects
        self.followsLinks = followsLinks
        self.followsSoftLinks = followsSoftLinks
        add(root, path: "/", name: "", link: .root)
    }

    private mutating func note(
        _ path: String, _ reason: String, remedy: String? = nil, isDamage: Bool = false
    ) {
        issues.append(Issue(object: path, reason: reason, remedy: remedy, isDamage: isDamage))
    }

    private mutating func add(_ key: ObjectKey, path: String, name: String, link: ObjectLink.Kind) {
        guard let object = objects.linked(key) else { return note(path, "its object was not read") }
        if case .failure(let error) = object { return note(path, error.description, isDamage: true) }
        if !named.insert(key).inserted {
            if !followsLinks { return }
            repetitions += 1
        }
        pathSize += path.utf8.count
        guard repetitions <= Self.maximumRepetitions, pathSize <= Self.maximumPathSize else {
            if !isFull {
                note(
                    path,
                    "objects have too many names through shared groups; this one and all later ones are left out",
                    remedy: "do not follow links")
            }
            isFull = true
            return
        }
        nodes.append(Node(path: path, name: name, key: key, link: link))
        switch object {
        case .failure: break
        case .other(let problems):
            for problem in problems { note(path, problem.description, isDamage: true) }
        case .group(let group, let problems):
            for problem in problems { note(path, problem.description, isDamage: true) }
            guard ancestors.count < Nesting.limit else {
                return note(path, "groups are \(Nesting.problem)")
            }
            ancestors.append(key)
            addMembers(of: group, path: path)
            ancestors.removeLast()
        }
    }

    private mutating func addMembers(of group: LinkedGroup, path: String) {
        var previous: String?
        for index in 0..<group.count where !isFull {
            let link = group.link(index)
            let member = path == "/" ? "/" + link.name : path + "/" + link.name
            // Latin-1 and UTF-8 spellings of one name, or a broken index.
            if let previous, previous.isExactly(link.name) {
                note(member, "the group has this name twice; the second object is left out")
                continue
            }
            previous = link.name
            if Self.joinsSlashes(link.name) {
                note(
                    member, "left out: its name starts or ends with a combining character",
                    remedy: "rename it in the file")
                continue
            }
            if link.kind != .hard && !followsLinks && !followsSoftLinks { continue }
            switch group.target(index) {
            case .object(let key) where ancestors.contains(key):
                note(member, "it leads back to a group above it and is not followed")
            case .object(let key): add(key, path: member, name: link.name, link: link.kind)
            case .nothing(let reason): note(member, reason, isDamage: link.kind == .hard)
            }
        }
    }

    /// Whether a name between slashes is one with them: characters of other scripts may join those beside them.
    private static func joinsSlashes(_ name: String) -> Bool {
        !name.utf8.allSatisfy { $0 < 0x80 } && ("/" + name + "/").split(separator: "/") != [Substring(name)]
    }
}
