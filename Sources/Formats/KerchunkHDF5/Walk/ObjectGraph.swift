// SPDX-License-Identifier: Apache-2.0
// The objects of a file, and of the files it links to, as links connect them.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Loads objects, each once, level by level, and finds where links lead.
// A class because loading and naming share it; used on one thread.
final class ObjectGraph {
    /// Where a link leads.
    enum Resolution {
        case object(ObjectKey)
        /// Not decided before this object is loaded.
        case needs(ObjectKey)
        /// Nowhere: why.
        case nothing(String)
    }

    private struct LinkKey: Hashable {
        let owner: ObjectKey
        let index: Int
    }

    private(set) var files: LinkedFiles
    private var objects: [ObjectKey: Result<HDF5Object, ParseError>] = [:]
    private var resolutions: [LinkKey: Resolution] = [:]
    private let context: ScanContext
    /// Links that wait for an object to be loaded.
    private var waiting: [ObjectKey: [LinkKey]] = [:]
    /// Objects that names lead to: they are loaded next, and their links are followed.
    private var frontier: [ObjectKey] = []
    /// Objects that paths of soft links lead through: they are loaded next.
    private var passages: [ObjectKey] = []
    /// Objects whose links were followed.
    private var followed: Set<ObjectKey> = []

    /// Soft and external links that one name may go through.
    static let maximumHops = 100
    /// Components of all paths that one name may go through.
    private static let maximumComponents = 1024

    init(root: HDF5File, in context: ScanContext) throws {
        self.context = context
        files = try LinkedFiles(root: root, context: context)
    }

    /// Loads all that can be reached from the group at `path`.
    func load(group path: String) throws -> ObjectKey {
        let top = ObjectKey(file: 0, address: files[0].file.root)
        var root = top
        while true {
            var hops = Hops()
            let resolution = resolve(path, from: top, &hops)
            if case .needs(let key) = resolution {
                try load([key])
                continue
            }
            guard case .object(let key) = resolution else {
                throw KerchunkError(
                    .notFound, "there is no group \"\(path)\"", url: files[0].file.source.name)
            }
            root = key
            break
        }
        frontier.append(root)
        try loadLevel()
        switch objects[root] {
        case .success(let object):
            guard case .group = object.kind else {
                throw KerchunkError(.input, "\"\(path)\" is not a group", url: files[0].file.source.name)
            }
        case .failure(let error):
            throw KerchunkError(error, url: files[root.file].file.source.name, object: "HDF5 object \(path)")
        case nil: break
        }
        while !frontier.isEmpty || !passages.isEmpty { try loadLevel() }
        return root
    }

    func object(_ key: ObjectKey) -> Result<HDF5Object, ParseError>? { objects[key] }

    /// Where link `index` of the group `owner` leads.
    func target(of link: LinkMessage, _ index: Int, in owner: ObjectKey) -> Resolution {
        if case .hard(let address) = link.target {
            return .object(ObjectKey(file: owner.file, address: address))
        }
        return resolutions[LinkKey(owner: owner, index: index)] ?? .nothing("it was not followed")
    }

    // MARK: Loading

    /// Loads what is queued, and queues what the links found lead to.
    private func loadLevel() throws {
        let level = frontier
        let all = level + passages
        frontier = []
        passages = []
        try load(all)
        for key in level where followed.insert(key).inserted { follow(key) }
        for key in all {
            for link in waiting.removeValue(forKey: key) ?? [] { resolve(link) }
        }
    }

    /// Loads those of `keys` that are not loaded yet.
    private func load(_ keys: [ObjectKey]) throws {
        let missing = Set(keys).filter { objects[$0] == nil }
        guard objects.count + missing.count <= context.limits.objects else {
            throw KerchunkError(
                .limit, "the file has more than \(context.limits.objects) objects",
                url: files[0].file.source.name)
        }
        for (file, members) in Dictionary(grouping: missing, by: \.file).sorted(by: { $0.key < $1.key }) {
            // In the order of the file: neighbours are read together.
            let addresses = members.map(\.address).sorted()
            for (address, object) in zip(addresses, try files[file].walk.objects(at: addresses)) {
                objects[ObjectKey(file: file, address: address)] = object
            }
        }
    }

    /// Queues what the links of a group lead to.
    private func follow(_ key: ObjectKey) {
        guard case .success(let object) = objects[key], case .group(let links) = object.kind else { return }
        for (index, link) in links.enumerated() {
            switch link.target {
            case .hard(let address):
                let target = ObjectKey(file: key.file, address: address)
                if !followed.contains(target) { frontier.append(target) }
            case .soft, .external, .userDefined:
                resolve(LinkKey(owner: key, index: index))
            }
        }
    }

    // MARK: Where links lead

    private func resolve(_ key: LinkKey) {
        guard case .success(let object) = objects[key.owner], case .group(let links) = object.kind else {
            return
        }
        guard context.options.followsLinks || context.options.preservesSoftLinks else { return }
        var hops = Hops()
        let resolution = follow(links[key.index], from: key.owner, &hops)
        switch resolution {
        case .needs(let missing):
            waiting[missing, default: []].append(key)
            passages.append(missing)
        case .object(let target):
            resolutions[key] = resolution
            if !followed.contains(target) { frontier.append(target) }
        case .nothing:
            resolutions[key] = resolution
        }
    }

    private struct Hops {
        var links = 0
        var components = 0
    }

    private func follow(_ link: LinkMessage, from owner: ObjectKey, _ hops: inout Hops) -> Resolution {
        switch link.target {
        case .hard(let address):
            return .object(ObjectKey(file: owner.file, address: address))
        case .soft(let path):
            hops.links += 1
            guard hops.links <= Self.maximumHops else {
                return .nothing("more than \(Self.maximumHops) links that refer to each other")
            }
            return resolve(path, from: owner, &hops)
        case .external(let name, let path):
            hops.links += 1
            guard hops.links <= Self.maximumHops else {
                return .nothing("more than \(Self.maximumHops) links that refer to each other")
            }
            switch files.open(name, from: owner.file) {
            case .success(let file):
                return resolve(path, from: ObjectKey(file: file, address: files[file].file.root), &hops)
            case .failure(let error): return .nothing(error.message)
            }
        case .userDefined(let type):
            return .nothing("only the program that wrote it knows its class \(type)")
        }
    }

    private func resolve(_ path: String, from owner: ObjectKey, _ hops: inout Hops) -> Resolution {
        var current = owner
        if path.utf8.first == UInt8(ascii: "/") {
            current = ObjectKey(file: owner.file, address: files[owner.file].file.root)
        }
        for component in path.utf8.split(separator: UInt8(ascii: "/")) {
            let name = Substring(component)
            if name == "." { continue }
            hops.components += 1
            guard hops.components <= Self.maximumComponents else { return .nothing("its path is too long") }
            guard let loaded = objects[current] else { return .needs(current) }
            guard case .success(let object) = loaded, case .group(let links) = object.kind,
                let index = KerchunkHDF5.link(named: name, in: links)
            else { return .nothing("\"\(path)\" does not exist") }
            switch follow(links[index], from: current, &hops) {
            case .object(let next): current = next
            case let other: return other
            }
        }
        return .object(current)
    }
}
