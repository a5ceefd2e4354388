// SPDX-License-Identifier: Apache-2.0
// From the hierarchy of a file to a virtual dataset.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// Translates all objects of one scan; steps that read do so for all variables together.
struct HierarchyTranslation {
    private let mainFile: HDF5File
    private let context: ScanContext
    private var sources = SourceFiles()
    private(set) var issues: [Issue] = []
    /// Variables of a remote file that are translated at once.
    private static let remoteWidth = 32

    init(file: HDF5File, context: ScanContext) {
        mainFile = file
        self.context = context
    }

    mutating func translate(_ nodes: [HierarchyNode]) throws -> VirtualDataset {
        _ = try sources.add(mainFile.source, fullSize: mainFile.fullSize)
        let files = FileTable(nodes, mainFile: mainFile)
        let readers = try files.readers(nodes)
        var dimensions = NetCDF4Dimensions(nodes: nodes) { readers[files.index(of: $0)] }
        if dimensions.hasUnknown, !context.options.isWholeFile {
            try dimensions.adopt(wholeFile(), below: context.options.group)
        }
        let selection = VariableSelection(context.options)
        func isWanted(_ node: HierarchyNode) -> Bool {
            selection.isAll || selection.includes(displayedPath(node))
        }
        let variables = nodes.filter { node in
            guard case .dataset = node.object.kind, !NetCDF4Dimensions.isDimensionOnly(node.object) else {
                return false
            }
            return isWanted(node)
        }
        var attributes: [ExactText: JSONObject] = [:]
        for node in nodes {
            if case .dataset = node.object.kind, !isWanted(node) { continue }
            let translated = AttributeTranslator(reader: readers[files.index(of: node.file)])
                .translate(node.object, path: node.path)
            attributes[node.path] = translated.attributes
            issues += translated.issues
        }
        let arrays = try translate(variables, files, readers, dimensions, attributes)
        let root = assemble(nodes, arrays, attributes)
        return VirtualDataset(root: root, sources: sources.table)
    }

    /// The dimensions of the whole file, where only a group of it is scanned: it may use those of groups above it, and axes
    /// without a name are counted through all groups.
    private func wholeFile() throws -> NetCDF4Dimensions {
        var context = context
        context.options.group = "/"
        context.options.followsLinks = true
        let nodes = try mainFile.hierarchy(in: context).nodes
        let files = FileTable(nodes, mainFile: mainFile)
        let readers = try files.readers(nodes)
        return NetCDF4Dimensions(nodes: nodes) { readers[files.index(of: $0)] }
    }

    // MARK: Variables

    private mutating func translate(
        _ variables: [HierarchyNode], _ files: FileTable, _ readers: [StoredValueReader],
        _ dimensions: NetCDF4Dimensions, _ attributes: [ExactText: JSONObject]
    ) throws -> [ExactText: VirtualArray] {
        var arrays: [ExactText: VirtualArray] = [:]
        for (number, file) in files.files.enumerated() {
            let members = variables.filter { files.index(of: $0.file) == number }
            let source = try sources.add(file.source, fullSize: file.fullSize)
            if let fullSize = file.fullSize {
                issues.append(Truncation(size: try file.source.size(), fullSize: fullSize).issue)
            }
            let headers = members.compactMap { node -> DatasetHeader? in
                if case .dataset(let header) = node.object.kind { header } else { nil }
            }
            let located = try locate(headers, in: file, source)
            let translator = DatasetTranslator(
                file: file,
                chunks: ChunkReader(files: sources, directory: context.codecs, limits: context.limits),
                values: readers[number], options: context.options, limits: context.limits)
            // Some read their data: where that takes round trips, many do so at once.
            let cancellation = context.cancellation
            let outcomes = WorkerPool(width: file.source.isRemote ? Self.remoteWidth : 1).map(members.count) {
                number in
                Result {
                    try cancellation.check()
                    return try Self.translate(
                        members[number], located[number], translator, dimensions, attributes)
                }
            }
            for (node, outcome) in zip(members, outcomes) {
                let translated = try outcome.get()
                issues += translated.issues
                if let array = translated.array { arrays[node.path] = array }
            }
            try embedSmallChunks(&arrays, of: members, file, source)
        }
        return arrays
    }

    /// Where the chunks of each dataset are: by the indexes of `file`, or in the files that its layout names.
    private mutating func locate(
        _ headers: [DatasetHeader], in file: HDF5File, _ source: SourceIndex
    ) throws -> [Result<LocatedDataset, any Error>] {
        let indexed = headers.indices.filter {
            headers[$0].dataspace.kind != .null && !headers[$0].isElsewhere
        }
        var entries = try file.chunkEntries(of: indexed.map { headers[$0] }).makeIterator()
        return try headers.map { header in
            if header.dataspace.kind == .null {
                return .failure(LeftOut("it has a null dataspace, which holds no element"))
            }
            if header.isElsewhere { return try locateElsewhere(header, in: file) }
            guard let found = entries.next() else { return .failure(LeftOut("its chunks were not found")) }
            return found.map { LocatedDataset(header: header, entries: $0.renaming(to: source)) }.mapError {
                $0
            }
        }
    }

    private mutating func locateElsewhere(
        _ header: DatasetHeader, in file: HDF5File
    ) throws -> Result<LocatedDataset, any Error> {
        do {
            if case .virtual(let heap) = header.layout {
                let layout = VirtualLayout(header: header, file: file, context: context)
                return .success(try layout.locate(heap, &sources))
            }
            return .success(try ExternalData(header: header, context: context).locate(&sources))
        } catch {
            if KerchunkError(wrapping: error).isOfTheWholeScan { throw error }
            return .failure(error)
        }
    }

    /// One variable; nil where it is left out, which becomes an issue.
    private static func translate(
        _ node: HierarchyNode, _ located: Result<LocatedDataset, any Error>, _ translator: DatasetTranslator,
        _ dimensions: NetCDF4Dimensions, _ attributes: [ExactText: JSONObject]
    ) throws -> (array: VirtualArray?, issues: [Issue]) {
        var issues: [Issue] = []
        let fill = node.object.attribute("_FillValue").flatMap { $0.dataspace.elementCount == 1 ? $0 : nil }
        do {
            let located = try located.get()
            for issue in located.notes { issues.append(Issue(object: node.path, reason: issue, remedy: nil)) }
            let facts = DatasetFacts(
                path: node.path, header: located.header, entries: located.entries,
                dimensionNames: dimensions.names[node.path] ?? [],
                shape: located.shape ?? dimensions.shapes[node.path] ?? located.header.dataspace.dimensions,
                attributes: attributes[node.path] ?? [:], fillAttribute: fill)
            let translated = try translator.translate(facts)
            issues += translated.issues
            return (translated.array, issues)
        } catch let left as LeftOut {
            issues.append(Issue(object: node.path, reason: "left out: \(left.reason)", remedy: left.remedy))
        } catch {
            let error = KerchunkError(wrapping: error)
            if error.isOfTheWholeScan { throw error }
            let place = error.offset.map { " (byte \($0))" } ?? ""
            issues.append(
                Issue(
                    object: node.path, reason: "left out: \(error.message)\(place)",
                    isDamage: error.kind == .malformed))
        }
        return (nil, issues)
    }

    private func embedSmallChunks(
        _ arrays: inout [ExactText: VirtualArray], of members: [HierarchyNode], _ file: HDF5File,
        _ source: SourceIndex
    ) throws {
        let paths = members.map(\.path).filter { arrays[$0] != nil }
        let manifests = paths.compactMap { arrays[$0]?.chunks as? MemoryManifest }
        guard manifests.count == paths.count else { return }
        let embedded = try InlinePolicy(threshold: context.options.inlineThreshold, limits: context.limits)
            .apply(
                to: manifests, source: file.source, index: source,
                placementOffset: sources.placementOffset(source),
                cancellation: context.cancellation)
        for (path, manifest) in zip(paths, embedded) { arrays[path]?.chunks = manifest }
    }

    // MARK: The tree

    private mutating func assemble(
        _ nodes: [HierarchyNode], _ arrays: [ExactText: VirtualArray], _ attributes: [ExactText: JSONObject]
    ) -> VirtualGroup {
        var children: [ExactText: [HierarchyNode]] = [:]
        for node in nodes where node.path != "/" { children[parent(of: node.path), default: []].append(node) }
        var renamed: [Issue] = []
        /// zarr-python reads a backslash as a slash, so that no name with one can be opened.
        func readable(_ name: String, _ path: String) -> String {
            guard name.contains("\\") else { return name }
            let escaped = name.split(separator: "\\", omittingEmptySubsequences: false).joined(
                separator: "%5C")
            renamed.append(
                Issue(
                    object: path,
                    reason: "its name has a backslash, which zarr cannot open; it is \"\(escaped)\" here",
                    remedy: nil))
            return escaped
        }
        func group(_ path: String) -> VirtualGroup {
            var result = VirtualGroup(attributes: attributes[path] ?? [:])
            for child in children[path] ?? [] {
                switch child.object.kind {
                case .group: result[readable(child.name, child.path)] = .group(group(child.path))
                case .dataset:
                    if let array = arrays[child.path] {
                        result[readable(NetCDF4Dimensions.variableName(child.name), child.path)] = .array(
                            array)
                    }
                case .datatype: break
                }
            }
            return result
        }
        let root = group("/")
        issues += renamed
        return root
    }

    /// The path with the variable's name as netCDF shows it.
    private func displayedPath(_ node: HierarchyNode) -> String {
        let parent = parent(of: node.path)
        return (parent == "/" ? "" : parent) + "/" + NetCDF4Dimensions.variableName(node.name)
    }

    private func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

/// The files that a hierarchy spans: the scanned one first, then those that external links led to.
private struct FileTable {
    let files: [HDF5File]
    private let indices: [ObjectIdentifier: Int]

    init(_ nodes: [HierarchyNode], mainFile: HDF5File) {
        var files = [mainFile]
        var indices: [ObjectIdentifier: Int] = [ObjectIdentifier(mainFile): 0]
        for case let file? in nodes.map(\.file) where indices[ObjectIdentifier(file)] == nil {
            indices[ObjectIdentifier(file)] = files.count
            files.append(file)
        }
        self.files = files
        self.indices = indices
    }

    func index(of file: HDF5File?) -> Int { file.flatMap { indices[ObjectIdentifier($0)] } ?? 0 }

    /// For each file a reader that knows its objects' paths, and all that its attributes point to.
    func readers(_ nodes: [HierarchyNode]) throws -> [StoredValueReader] {
        var readers = files.map { StoredValueReader(sizes: $0.sizes, pointed: PointedValues()) }
        for node in nodes {
            let number = index(of: node.file)
            if readers[number].pointed.paths[node.object.address] == nil {
                readers[number].pointed.paths[node.object.address] = node.path
            }
        }
        var pointing = [[AttributeMessage]](repeating: [], count: files.count)
        for node in nodes {
            for attribute in node.object.attributes where attribute.datatype.pointsToHeap {
                pointing[index(of: node.file)].append(attribute)
            }
        }
        for (number, file) in files.enumerated() {
            let attributes = pointing[number]
            let depth = attributes.map(\.datatype.heapDepth).max() ?? 0
            for _ in 0..<min(depth, 8) {
                var wanted: Set<GlobalHeapID> = []
                for attribute in attributes {
                    let count = attribute.value.count / max(1, attribute.datatype.size)
                    wanted.formUnion(
                        readers[number].heapIDs(in: attribute.value, of: attribute.datatype, count: count))
                }
                let known = readers[number].pointed.heap
                wanted = wanted.filter { known[$0] == nil }
                if wanted.isEmpty { break }
                readers[number].pointed.heap.merge(try file.globalHeapObjects(Array(wanted))) { first, _ in
                    first
                }
            }
        }
        return readers
    }
}

/// A dataset and where its chunks are.
struct LocatedDataset: Sendable {
    /// Its layout and filters are those of the chunks, which may be another dataset's.
    let header: DatasetHeader
    let entries: ChunkEntries
    /// The extent, where it is not that of the header.
    var shape: [UInt64]?
    var notes: [String] = []
}

extension DatasetHeader {
    /// Whether the raw data is not where the file's own indexes say.
    fileprivate var isElsewhere: Bool {
        if case .virtual = layout { return true }
        return !externalFiles.isEmpty
    }
}

extension ChunkEntries {
    /// The same entries, source 0 being `source`.
    func renaming(to source: SourceIndex) -> ChunkEntries {
        ChunkEntries(
            manifest: manifest.renaming(to: source), commonMask: commonMask, deviatingMasks: deviatingMasks,
            outsideCount: outsideCount, cutCount: cutCount)
    }
}

extension KerchunkError {
    /// Whether it says nothing about the variable where it came up: the same scan may find all of it.
    fileprivate var isOfTheWholeScan: Bool { kind == .cancelled || isTransient }
}
