// SPDX-License-Identifier: Apache-2.0
// A dataset counted: what `inspect` shows, as values.

package import KerchunkBytes
import KerchunkCodecs
package import KerchunkModel
package import KerchunkReferences

package struct DatasetSummary {
    package let location: String
    package let format: String
    package var groups: [Group] = []
    package var sources: [Source] = []
    package let issues: [Issue]
    package let looseKeys: LooseKeys?

    package struct Group {
        /// `/`, `/a/b`.
        package let path: String
        package let attributes: JSONObject
        package var dimensions: [(name: String, length: UInt64)] = []
        package var variables: [Variable] = []
    }

    package struct Variable {
        package let name: String
        /// `/a/b/name`.
        package let path: String
        package let array: VirtualArray
        package var isCoordinate = false
        package let counts: ChunkSurvey
        /// By axis: the values of its coordinate, where the set itself has them.
        package var labels: [Int: CoordinateLabels] = [:]
        /// Of coordinates with one dimension or none: their values in a few words.
        package var values: CoordinateReading.Outcome?
    }

    package struct Source {
        package let url: String
        package let stamp: SourceStamp
        package var references: UInt64 = 0
        package var bytes: UInt64 = 0
    }

    /// - Parameter only: the variable that is looked at, a name or path; all of them where it is nil.
    package init(
        _ opened: Opened, location: String, only: String? = nil,
        coordinates: CoordinateReading = CoordinateReading()
    ) throws {
        self.location = SystemText.shown(location)
        format = opened.format
        issues = opened.issues
        looseKeys = opened.dataset.looseKeys
        var usage = SourceUsage()
        try opened.dataset.root.forEachGroup { path, group in
            groups.append(
                try Group(
                    path: "/" + path, group: group, parents: Self.parents(of: path, opened.dataset.root),
                    only: only, codecs: coordinates.codecs, usage: &usage))
        }
        if let only { try keepOnly(only) }
        for group in groups.indices {
            for index in groups[group].variables.indices
            where groups[group].variables[index].isCoordinate {
                let variable = groups[group].variables[index]
                groups[group].variables[index].values = coordinates.outcome(
                    of: variable.array, counts: variable.counts, in: opened, location: location)
            }
        }
        // Sources that are found lazily are all known now.
        sources = zip(
            opened.dataset.sources.sources,
            usage.counts + Array(repeating: (0, 0), count: opened.dataset.sources.count)
        )
        .map { Source(url: $0.url, stamp: $0.stamp, references: $1.references, bytes: $1.bytes) }
        if only != nil { sources.removeAll { $0.references == 0 } }
    }

    /// The groups around the one at `path`, the nearest first.
    private static func parents(of path: String, _ root: VirtualGroup) -> [VirtualGroup] {
        var parents: [VirtualGroup] = []
        var group = root
        for name in path.split(separator: "/") {
            parents.insert(group, at: 0)
            guard case .group(let child) = group[String(name)] else { break }
            group = child
        }
        return parents
    }

    /// Whether a user who asks for `wanted` means the variable `name`, at `path`.
    fileprivate static func isMeant(_ wanted: String, _ name: String, _ path: String) -> Bool {
        name == wanted || path == wanted || path == "/" + wanted
    }

    /// Leaves out all variables but those of this name or path.
    private mutating func keepOnly(_ name: String) throws(KerchunkError) {
        let known = groups.flatMap(\.variables).map(\.path)
        for index in groups.indices {
            groups[index].variables.removeAll { !Self.isMeant(name, $0.name, $0.path) }
            let used = Set(groups[index].variables.flatMap { $0.array.dimensionNames ?? [] })
            groups[index].dimensions.removeAll { !used.contains($0.name) }
        }
        groups.removeAll { $0.variables.isEmpty }
        guard groups.isEmpty else { return }
        throw KerchunkError(
            .usage, "there is no variable \"\(name)\"\(NearNames(known).hint(for: name))", url: location)
    }
}

extension DatasetSummary.Group {
    fileprivate init(
        path: String, group: VirtualGroup, parents: [VirtualGroup], only: String?,
        codecs: CodecDirectory, usage: inout SourceUsage
    ) throws {
        self.path = path
        attributes = group.attributes
        var coordinates: Set<ExactText> = []
        var knownDimensions: Set<ExactText> = []
        variables.reserveCapacity(group.members.count)
        for (name, member) in group.members {
            guard case .array(let array) = member else { continue }
            for (dimension, length) in zip(array.dimensionNames ?? [], array.shape)
            where knownDimensions.insert(dimension).inserted {
                dimensions.append((dimension, length))
            }
            for listed in array.attributes["coordinates"]?.string?.split(separator: " ") ?? [] {
                coordinates.insert(String(listed))
            }
            if array.dimensionNames?.containsExactly(name) == true { coordinates.insert(name) }
            let fullPath = (path == "/" ? "" : path) + "/" + name
            do {
                let isCounted = only.map { DatasetSummary.isMeant($0, name, fullPath) } ?? true
                let counts = try ChunkSurvey(array) { if isCounted { usage.add($0, bytes: $1) } }
                var variable = DatasetSummary.Variable(
                    name: name, path: fullPath, array: array, counts: counts)
                variable.findLabels(in: [group] + parents, codecs)
                variables.append(variable)
            } catch {
                throw KerchunkError(wrapping: error).locating(object: fullPath)
            }
        }
        for index in variables.indices {
            variables[index].isCoordinate = coordinates.contains(variables[index].name)
        }
    }
}

extension DatasetSummary.Variable {
    /// Finds the coordinates of axes along which chunks are missing, in the nearest group that has one.
    fileprivate mutating func findLabels(in groups: [VirtualGroup], _ codecs: CodecDirectory) {
        for gaps in counts.gaps {
            guard let names = array.dimensionNames, gaps.axis < names.count else { return }
            for group in groups {
                guard case .array(let coordinate) = group[names[gaps.axis]],
                    coordinate.shape == [array.shape[gaps.axis]]
                else { continue }
                labels[gaps.axis] = CoordinateLabels(coordinate, codecs: codecs)
                break
            }
        }
    }
}

/// How often each source is referred to, by its row.
private struct SourceUsage {
    private(set) var counts: [(references: UInt64, bytes: UInt64)] = []

    mutating func add(_ source: SourceIndex, bytes: UInt64) {
        let row = Int(source.row)
        if row >= counts.count {
            counts += Array(repeating: (0, 0), count: row + 1 - counts.count)
        }
        counts[row].references += 1
        counts[row].bytes = counts[row].bytes.adding(bytes) ?? .max
    }
}
