// SPDX-License-Identifier: Apache-2.0
// Coordinates of a scanned group that lie elsewhere in its file: in a group above it, or where a selector says.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCombining
import KerchunkModel
import KerchunkReading
import KerchunkScanning

/// Looks for the coordinates of one input in the whole of its file.
struct OuterCoordinates {
    let request: CombineRequest
    /// The path of the group that is the root of the input.
    let group: String
    let reader: ArrayReader
    /// Scans the variables at the given paths of the whole file.
    let scan: (_ paths: [String]) throws(KerchunkError) -> VirtualDataset

    struct Found {
        /// By the path that a selector of the request names: the variable, its values embedded.
        var named: [ExactText: VirtualArray] = [:]
        /// By dimension: variables that become the input's own coordinates.
        var coordinates: [ExactText: VirtualArray] = [:]
        /// By dimension: variables of groups above that only order the inputs, as the group does not have them.
        var ordering: [ExactText: VirtualArray] = [:]
    }

    /// - Parameter existing: the set that the input is appended to, whose coordinates it needs.
    func find(for root: VirtualGroup, appendingTo existing: InputSummary?) throws(KerchunkError) -> Found {
        var named: [(dimension: String, name: String, paths: [String])] = []
        for rule in request.coordinates {
            guard let name = rule.selector.variable else { continue }
            if name.hasPrefix("/") {
                named.append((rule.dimension, name, [name]))
            } else if root.array(at: name) == nil {
                named.append((rule.dimension, name, paths(above: name)))
            }
        }
        var implied: [String] = []
        root.forEachArray { _, array in
            for dimension in array.dimensionNames ?? []
            where !implied.containsExactly(dimension) && root.array(at: dimension) == nil
                && !request.coordinates.contains(where: { $0.dimension.isExactly(dimension) })
                && (existing == nil || existing?.indexes[dimension] != nil)
            {
                implied.append(dimension)
            }
        }
        if !request.concatDimensions.isEmpty {
            implied.removeAll { !request.concatDimensions.containsExactly($0) }
        }
        let wanted = named.flatMap(\.paths) + implied.flatMap(paths(above:))
        var found = Found()
        guard !wanted.isEmpty else { return found }
        let file = try scan(wanted)
        for (dimension, name, paths) in named {
            guard
                let array = try paths.lazyFirst({ path throws(KerchunkError) in
                    try embedded(file, path, along: dimension, needsDimension: false)
                })
            else { continue }
            found.named[name] = array
            if array.shape.count == 1 { found.coordinates[dimension] = array }
        }
        for dimension in implied {
            guard
                let array = try paths(above: dimension).lazyFirst({ path throws(KerchunkError) in
                    try embedded(file, path, along: dimension, needsDimension: true)
                })
            else { continue }
            if existing == nil {
                found.ordering[dimension] = array
            } else {
                found.coordinates[dimension] = array
            }
        }
        return found
    }

    /// Where the groups above have `name`, the nearest first.
    private func paths(above name: String) -> [String] {
        var names = group.split(separator: "/")
        var paths: [String] = []
        while names.popLast() != nil { paths.append((names + [Substring(name)]).map { "/" + $0 }.joined()) }
        return paths
    }

    /// The variable with its values inside; nil where there is none.
    private func embedded(
        _ file: VirtualDataset, _ path: String, along dimension: String, needsDimension: Bool
    ) throws(KerchunkError) -> VirtualArray? {
        guard let array = file.root.array(at: path),
            !needsDimension || array.dimensionNames.isExactly([dimension])
        else { return nil }
        let chunkShape = array.shape.map { max($0, 1) }
        guard let grid = ChunkGrid(covering: array.shape, by: chunkShape) else { return nil }
        var builder = ManifestBuilder(grid: grid)
        if !array.shape.contains(0) {
            builder.set(0, .inline(try reader.elements(of: array, in: file.sources)))
        }
        return VirtualArray(
            shape: array.shape, chunkShape: chunkShape, dataType: array.dataType, missing: array.missing,
            codecs: array.dataType == .text ? [TextContainer.codec] : [], attributes: array.attributes,
            dimensionNames: array.shape.count == 1 ? [dimension] : array.dimensionNames,
            chunks: builder.finish())
    }
}

extension OuterCoordinates {
    /// Those of `dataset`, which is the scanned group of the file at `location`.
    init(
        of dataset: VirtualDataset, at location: String, request: CombineRequest, settings: CombineSettings,
        reader: ArrayReader, session: Session
    ) {
        self.init(request: request, group: settings.scanning.group, reader: reader) {
            paths throws(KerchunkError) in
            var options = settings.scanning
            options.group = "/"
            options.included = paths
            options.excluded = []
            options.allowsUnmatchedNames = true
            let file: VirtualDataset
            do throws(KerchunkError) {
                let opened = try Kerchunk.open(location, options: options, session: session)
                file =
                    try Kerchunk.represent(
                        opened.dataset, as: settings.saving, leavesOut: true, session: session
                    ).dataset
            } catch {
                // The file was scanned before: what is not there is all of the variables.
                guard error.kind == .notFound else { throw error }
                return VirtualDataset()
            }
            guard file.sources.sources.first?.stamp == dataset.sources.sources.first?.stamp else {
                throw KerchunkError(.changed, "the file changed while it was scanned", url: location)
            }
            return file
        }
    }
}

extension Array {
    fileprivate func lazyFirst<Found>(
        _ look: (Element) throws(KerchunkError) -> Found?
    ) throws(KerchunkError) -> Found? {
        for element in self {
            if let found = try look(element) { return found }
        }
        return nil
    }
}
