// SPDX-License-Identifier: Apache-2.0
// A directory of this machine as a store.

import KerchunkModel

/// The files below one directory, by their paths inside it.
public struct LocalDirectory: ObjectStore {
    public let path: String

    public init(_ path: String) {
        var text = path
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        self.path = text
    }

    public func open(_ key: String) throws -> any ByteSource { try LocalFile(path + "/" + key) }

    public func list(prefix: String) throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        // Only the directory part of the prefix needs to be gone through.
        let directory = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
        try collect(directory, prefix: prefix, depth: 0, into: &found)
        return found.sorted { $0.key < $1.key }
    }

    public func listLevel(prefix: String) throws -> (objects: [ObjectInfo], folders: [String]) {
        let start = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        var objects: [ObjectInfo] = []
        var folders: [String] = []
        for name in try Platform.list(path + "/" + start) where (start + name).utf8.starts(with: prefix.utf8)
        {
            guard let status = Platform.statusIfAny(path + "/" + start + name) else { continue }
            if status.isDirectory {
                folders.append(start + name + "/")
            } else if status.isRegular {
                objects.append(ObjectInfo(key: start + name, size: status.size))
            }
        }
        return (objects.sorted { $0.key < $1.key }, folders.sorted())
    }

    private func collect(
        _ directory: String, prefix: String, depth: Int, into found: inout [ObjectInfo]
    ) throws(KerchunkError) {
        // Links may lead back to where they are.
        guard depth < 64 else { throw KerchunkError(.limit, "directories nested deeper than 64", url: path) }
        for name in try Platform.list(directory.isEmpty ? path : path + "/" + directory) {
            let key = directory.isEmpty ? name : directory + "/" + name
            guard key.utf8.starts(with: prefix.utf8) || prefix.utf8.starts(with: (key + "/").utf8),
                let status = Platform.statusIfAny(path + "/" + key)
            else { continue }
            if status.isDirectory {
                try collect(key, prefix: prefix, depth: depth + 1, into: &found)
            } else if status.isRegular, key.utf8.starts(with: prefix.utf8) {
                found.append(ObjectInfo(key: key, size: status.size))
            }
        }
    }
}
