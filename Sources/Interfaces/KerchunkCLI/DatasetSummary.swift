// SPDX-License-Identifier: Apache-2.0
// A dataset counted: what `inspect` shows, as values.

import Kerchunk

struct DatasetSummary {
    let location: String
    let format: String
    var groups: [Group] = []
    var sources: [Source] = []
    let issues: [Issue]

    struct Group {
        /// `/`, `/a/b`.
        let path: String
        let attributes: JSONObject
        var dimensions: [(name: String, length: UInt64)] = []
        var variables: [Variable] = []
    }

    struct Variable {
        let name: String
        /// `/a/b/name`.
        let path: String
        let array: VirtualArray
        var isCoordinate = false
        var counts = ChunkCounts()
    }

    /// Where the chunks of a variable are.
    struct ChunkCounts {
        var chunks: UInt64 = 0
        var references: UInt64 = 0
        var inline: UInt64 = 0
        var missing: UInt64 { chunks - references - inline }
        /// Bytes in files; whole files, whose size is not known, count nothing.
        var storedBytes: UInt64 = 0
        var inlineBytes: UInt64 = 0
        var wholeFiles: UInt64 = 0
    }

    struct Source {
        let url: String
        let stamp: SourceStamp
        var references: UInt64 = 0
        var bytes: UInt64 = 0
    }

    init(_ opened: OpenedDataset, location: String) {
        self.location = location
        format = opened.format
        issues = opened.issues
        var sources = opened.dataset.sources.sources.map { Source(url: $0.url, stamp: $0.stamp) }
        var groups: [Group] = []
        opened.dataset.root.forEachGroup { path, group in
            groups.append(Group(path: "/" + path, group: group, sources: &sources))
        }
        self.groups = groups
        self.sources = sources
    }

    /// Leaves out all variables but those of this name or path.
    mutating func keepOnly(_ name: String) throws(KerchunkError) {
        let known = groups.flatMap(\.variables).map(\.path)
        for index in groups.indices {
            groups[index].variables.removeAll { $0.name != name && $0.path != name && $0.path != "/" + name }
            let used = Set(groups[index].variables.flatMap { $0.array.dimensionNames ?? [] })
            groups[index].dimensions.removeAll { !used.contains($0.name) }
        }
        groups.removeAll { $0.variables.isEmpty }
        guard groups.isEmpty else { return }
        let list = known.prefix(20).joined(separator: ", ") + (known.count > 20 ? ", …" : "")
        throw KerchunkError(.usage, "there is no variable \"\(name)\"; there are: \(list)", url: location)
    }
}

extension DatasetSummary.Group {
    fileprivate init(path: String, group: VirtualGroup, sources: inout [DatasetSummary.Source]) {
        self.path = path
        attributes = group.attributes
        var coordinates: Set<String> = []
        for (name, member) in group.members {
            guard case .array(let array) = member else { continue }
            for (dimension, length) in zip(array.dimensionNames ?? [], array.shape)
            where !dimensions.contains(where: { $0.name == dimension }) {
                dimensions.append((dimension, length))
            }
            for listed in array.attributes["coordinates"]?.string?.split(separator: " ") ?? [] {
                coordinates.insert(String(listed))
            }
            if array.dimensionNames?.contains(name) == true { coordinates.insert(name) }
            var variable = DatasetSummary.Variable(
                name: name, path: (path == "/" ? "" : path) + "/" + name, array: array)
            variable.counts = DatasetSummary.ChunkCounts(array, sources: &sources)
            variables.append(variable)
        }
        for index in variables.indices {
            variables[index].isCoordinate = coordinates.contains(variables[index].name)
        }
    }
}

extension DatasetSummary.ChunkCounts {
    fileprivate init(_ array: VirtualArray, sources: inout [DatasetSummary.Source]) {
        chunks = array.chunks.grid.count
        // A manifest that cannot be read counts as missing; only those on disk can fail.
        try? array.chunks.forEachRun { _, manifest in
            manifest.forEachPresent { _, location in
                switch location {
                case .missing: break
                case .inline(let bytes):
                    inline += 1
                    inlineBytes += UInt64(bytes.count)
                case .wholeFile(let source):
                    references += 1
                    wholeFiles += 1
                    sources[Int(source.row)].references += 1
                case .range(let source, let range):
                    references += 1
                    storedBytes += range.count
                    sources[Int(source.row)].references += 1
                    sources[Int(source.row)].bytes += range.count
                }
            }
        }
    }
}
