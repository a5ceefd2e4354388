// SPDX-License-Identifier: Apache-2.0
// The scanned file, and those that external links lead to, each opened once.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Files by index; 0 is the scanned one.
struct LinkedFiles {
    struct Entry {
        let file: HDF5File
        let walk: ObjectWalk
        /// As references name it; nil where the file has no place.
        let url: String?
        /// External links between the scanned file and this one.
        let depth: Int
    }

    private var entries: [Entry]
    private var indexes: [ExactText: Result<Int, KerchunkError>] = [:]
    private let context: ScanContext

    private static let maximumDepth = 16

    init(root: HDF5File, context: ScanContext) throws {
        self.context = context
        let url = root.source.placement?.url
        entries = [Entry(file: root, walk: try ObjectWalk(file: root), url: url, depth: 0)]
        if let url { indexes[url] = .success(0) }
    }

    subscript(index: Int) -> Entry { entries[index] }

    /// The file that an external link in file `origin` names, opened unless it is already.
    mutating func open(_ name: String, from origin: Int) -> Result<Int, KerchunkError> {
        var failure = KerchunkError(.notFound, "the file \"\(name)\" cannot be located")
        for url in candidates(name, from: origin) {
            switch open(url: url, from: origin) {
            case .success(let index): return .success(index)
            case .failure(let error): failure = error
            }
        }
        return .failure(failure)
    }

    /// Where `name` may be: as it is where it is absolute, and in the folder of the file that names it.
    private func candidates(_ name: String, from origin: Int) -> [String] {
        let isAbsolute = name.hasPrefix("/") || name.contains("://")
        guard let base = entries[origin].url, let slash = base.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return isAbsolute ? [name] : []
        }
        let folder = base[...slash]
        if !isAbsolute { return [folder + name] }
        // As the HDF5 library: an absolute name that is not there is looked for beside the file.
        let last = name.utf8.split(separator: UInt8(ascii: "/")).last.map { String(Substring($0)) } ?? name
        return [name, folder + last]
    }

    private mutating func open(url: String, from origin: Int) -> Result<Int, KerchunkError> {
        if let known = indexes[url] { return known }
        let depth = entries[origin].depth + 1
        guard depth <= Self.maximumDepth else {
            return .failure(
                KerchunkError(.limit, "more than \(Self.maximumDepth) files that refer to each other"))
        }
        let opened: Result<Int, KerchunkError>
        do {
            let source = try context.openNamed(url)
            if let place = source.placement?.url, case .success(let index) = indexes[place] {
                opened = .success(index)
            } else {
                let file = try HDF5File.open(source, in: context)
                let entry = Entry(
                    file: file, walk: try ObjectWalk(file: file), url: source.placement?.url ?? url,
                    depth: depth)
                opened = .success(entries.count)
                if let place = entry.url { indexes[place] = opened }
                entries.append(entry)
            }
        } catch {
            opened = .failure(KerchunkError(wrapping: error))
        }
        indexes[url] = opened
        return opened
    }
}
