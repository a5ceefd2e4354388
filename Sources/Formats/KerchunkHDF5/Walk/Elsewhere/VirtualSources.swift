// SPDX-License-Identifier: Apache-2.0
// The datasets that virtual ones consist of, which may be virtual themselves.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Opens the files and datasets that mappings name, each once.
// A class because nested virtual datasets share what was opened; used on one thread.
final class VirtualSources {
    /// A file that names others.
    struct Place {
        let file: HDF5File
        /// Tells files apart.
        let key: String
        /// Where relative names lead; nil for the scanned file, whose folder is known to those who open files.
        let folder: String?
    }

    private let context: ScanContext
    private var places: [ExactText: Place?] = [:]
    private var nodes: [ExactText: [ExactText: HierarchyNode]] = [:]
    private var sources: [ExactText: VirtualSource] = [:]
    /// Virtual datasets that are being located, each a source of the one before.
    private var active: [String] = []
    /// Files that are not there.
    private(set) var missing: Set<ExactText> = []

    private static let maximumDepth = 32

    init(context: ScanContext) { self.context = context }

    /// - Parameter isProbing: whether it is only tried where a numbered series ends.
    /// - Returns: nil where the file or the dataset is not there.
    func open(
        _ fileName: String, _ datasetName: String, from origin: Place, isProbing: Bool = false,
        _ files: inout Sources
    ) throws -> VirtualSource? {
        let path = datasetName.hasPrefix("/") ? datasetName : "/" + datasetName
        guard let place = try place(of: fileName, from: origin, isProbing: isProbing) else { return nil }
        let key = place.key + "\0" + path
        if let known = sources[key] { return known }
        guard let node = try nodes(of: place)[path], case .dataset(let header) = node.object.kind else {
            return nil
        }
        guard !active.contains(key) else {
            throw LeftOut("its source \"\(datasetName)\" contains itself")
        }
        guard active.count < Self.maximumDepth else {
            throw LeftOut("its sources are virtual datasets more than \(Self.maximumDepth) deep")
        }
        active.append(key)
        defer { active.removeLast() }
        guard let located = try locate(header, in: node.file ?? place.file, place, &files) else { return nil }
        let found = VirtualSource(
            shape: located.shape ?? header.dataspace.dimensions, header: located.header,
            entries: located.entries)
        sources[key] = found
        return found
    }

    private func locate(
        _ header: DatasetHeader, in file: HDF5File, _ place: Place, _ files: inout Sources
    ) throws -> LocatedDataset? {
        if case .virtual(let heap) = header.layout {
            let inside = Place(file: file, key: place.key, folder: place.folder)
            return try VirtualLayout(header: header, place: inside, context: context, sources: self).locate(
                heap, &files)
        }
        if !header.externalFiles.isEmpty {
            var context = context
            context.openNamed = { [openNamed = context.openNamed] in
                try openNamed(Self.location(of: $0, in: place.folder))
            }
            return try ExternalData(header: header, context: context).locate(&files)
        }
        let index = try files.add(
            file.source, fullSize: file.fullSize, embedsSmallChunks: false)
        guard let entries = try file.chunkEntries(of: [header]).first?.get() else { return nil }
        return LocatedDataset(header: header, entries: entries.renaming(to: index))
    }

    private func place(of fileName: String, from origin: Place, isProbing: Bool) throws -> Place? {
        if fileName == "." { return origin }
        let location = Self.location(of: fileName, in: origin.folder)
        if let known = places[location] { return known }
        do {
            let file = try HDF5File.open(try context.openNamed(location), in: context)
            // Names in it are relative to its own folder.
            let url = file.source.placement?.url ?? location
            let folder = url.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(url[...$0]) }
            let place = Place(file: file, key: url, folder: folder)
            places[location] = place
            return place
        } catch {
            guard KerchunkError(wrapping: error).kind == .notFound else { throw error }
            if !isProbing { missing.insert(fileName) }
            places[location] = .some(nil)
            return nil
        }
    }

    private static func location(of name: String, in folder: String?) -> String {
        guard let folder, !name.hasPrefix("/"), !name.contains("://") else { return name }
        return folder + name
    }

    private func nodes(of place: Place) throws -> [ExactText: HierarchyNode] {
        if let known = nodes[place.key] { return known }
        var context = context
        context.options.group = "/"
        context.options.followsLinks = true
        var found: [ExactText: HierarchyNode] = [:]
        for node in try place.file.hierarchy(in: context).nodes { found[node.path] = node }
        nodes[place.key] = found
        return found
    }
}
