// SPDX-License-Identifier: Apache-2.0
// From what a format says to a dataset: the one place where arrays of references are made.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// Makes a dataset of the facts about a file.
struct Assembly {
    private let tree: ScannedTree
    private let context: ScanContext
    private let embedding: Embedding

    /// Variables that are read at once where that takes round trips.
    private static let remoteWidth = 32

    init(_ tree: ScannedTree, in context: ScanContext) {
        self.tree = tree
        self.context = context
        embedding = Embedding(reader: ChunkReader(tree.sources, in: context), limits: context.limits)
    }

    /// An array, its chunks still where the file as it was opened has them.
    private struct Part: Sendable {
        var array: VirtualArray
        var chunks: MemoryManifest
        var remarks: [Remark]
    }

    func result(format: Format) throws -> ScanResult {
        var issues = tree.issues
        var arrays: [VirtualArray?] = []
        var manifests: [MemoryManifest] = []
        for (entry, outcome) in zip(tree.arrays, parts()) {
            do {
                let part = try outcome.get()
                if let part { issues += part.remarks.map { $0.issue(of: entry.path) } }
                arrays.append(part?.array)
                manifests.append(part?.chunks ?? .empty(.scalar))
            } catch {
                issues += entry.array?.remarks.map { $0.issue(of: entry.path) } ?? []
                issues.append(try Issue(leavingOut: entry.path, because: error))
                arrays.append(nil)
                manifests.append(.empty(.scalar))
            }
        }
        let small = SmallChunks(
            threshold: context.options.inlineThreshold, limits: context.limits, sources: tree.sources,
            cancellation: context.cancellation)
        try small.embed(in: &manifests)
        try tree.sources.refuseChanged()
        for index in arrays.indices { arrays[index]?.chunks = try tree.sources.placed(manifests[index]) }
        var result = ScanResult(
            VirtualDataset(root: root(arrays), sources: tree.sources.table), issues: issues, format: format)
        result.notes = tree.notes
        return result
    }

    /// What becomes of each array; those that are read are so together where that takes round trips.
    private func parts() -> [Result<Part?, any Error>] {
        let reading = tree.arrays.count { $0.array?.readsChunks == true }
        let width = reading > 1 && tree.sources.isRemote ? Self.remoteWidth : 1
        let (arrays, cancellation) = (tree.arrays, context.cancellation)
        return WorkerPool(width: width).map(arrays.count) { number in
            Result {
                try cancellation.check()
                return try arrays[number].array.map(part)
            }
        }
    }

    // MARK: One variable

    private func part(_ scanned: ScannedArray) throws -> Part {
        var array = scanned
        if array.conversion != nil { try embedding.convert(&array, chunks(of: array, limit: nil).chunks) }
        var (chunks, remarks) = try chunks(of: array, limit: context.options.maximumChunkSize)
        guard chunks.shape.count == array.shape.count, !chunks.shape.contains(0),
            let grid = ChunkGrid(covering: array.shape, by: chunks.shape)
        else { throw LeftOut("its chunks cannot be counted") }
        guard chunks.manifest.grid.isInside(grid) else {
            throw LeftOut("its chunks are not those of its shape", isDamage: true)
        }
        try embedding.embedOthers(array, &chunks)
        let manifest = chunks.manifest.moved(to: grid)
        remarks = array.remarks + remarks
        if chunks.lostCount > 0 {
            try markLost(
                &array, chunks.lostCount, of: grid.count,
                missing: grid.count - UInt64(manifest.manifest.presentCount), &remarks)
        }
        let virtual = VirtualArray(
            shape: array.shape, chunkShape: chunks.shape, dataType: array.dataType, missing: array.missing,
            codecs: array.elementCodecs + array.codecs, attributes: array.attributes,
            dimensionNames: array.dimensionNames?.map(Names.readable), chunks: manifest)
        return Part(array: virtual, chunks: manifest, remarks: remarks)
    }

    /// - Parameter limit: bytes of a chunk where raw data is cut.
    private func chunks(
        of array: ScannedArray, limit: UInt64?
    ) throws(LeftOut) -> (chunks: ScannedChunks, remarks: [Remark]) {
        switch array.data {
        case .chunks(let chunks): return (chunks, [])
        case .raw(let data):
            return try Splitting(
                data: data, shape: array.shape, elementSize: UInt64(max(0, array.storedElementSize)),
                fileSize: tree.sources.size(of: data.source)
            ).chunks(limit: limit, chunkLimit: context.limits.chunks)
        case .values(let bytes):
            let size = checkedProduct(array.shape + [UInt64(max(0, array.dataType.size))]) ?? .max
            guard array.dataType.isObject || size == UInt64(bytes.count) else {
                throw LeftOut("its values have \(counted(bytes.count, "byte")), not \(size)")
            }
            guard UInt64(bytes.count) <= context.limits.embedded else {
                throw LeftOut(
                    "its \(bytes.count) bytes would have to be embedded; the limit is \(context.limits.embedded)"
                )
            }
            let shape = array.shape.map { max($0, 1) }
            guard let grid = ChunkGrid(covering: array.shape, by: shape) else {
                throw LeftOut("its size cannot be counted")
            }
            var builder = ManifestBuilder(grid: grid)
            if grid.count == 1 { builder.set(0, .inline(bytes)) }
            return (ScannedChunks(shape: shape, manifest: builder.finish()), [])
        }
    }

    /// Lets chunks that are lost read as missing. Those that were never written do so, too: the fill value in their place
    /// cannot be told from one that stands for what is lost.
    /// - Throws: where nothing can show that they are missing.
    private func markLost(
        _ array: inout ScannedArray, _ lostCount: UInt64, of chunkCount: UInt64, missing: UInt64,
        _ remarks: inout [Remark]
    ) throws(LeftOut) {
        guard missing > 0 else { return }
        let words = "\(lostCount) of its \(counted(chunkCount, "chunk")) are beyond the end of the file"
        guard let lost = LostChunks(of: array) else {
            throw LeftOut(
                "\(words); \(LostChunks.unmarkable)", remedy: "get the complete file", isDamage: true)
        }
        let unwritten =
            missing > lostCount ? ", and so are \(missing - lostCount) that were never written" : ""
        remarks.append(.lost("\(words); they are missing, and read \(lost.reading)\(unwritten)"))
        if case .value = array.missing.masked {
            array.missing = MissingData(unwritten: .element(lost.mark), masked: .value(.element(lost.mark)))
        } else {
            array.missing = .masking(.element(lost.mark))
            array.attributes[MissingData.attribute] = nil
        }
    }

    // MARK: The tree

    /// - Parameter arrays: of all entries; nil where one is left out.
    private func root(_ arrays: [VirtualArray?]) -> VirtualGroup {
        var groups = tree.groups.map { VirtualGroup(attributes: $0.attributes) }
        var members = [[ScannedTree.Member]](repeating: [], count: groups.count)
        for member in tree.members {
            switch member {
            case .group(let row): members[tree.groups[row].parent ?? 0].append(member)
            case .array(let number): members[tree.arrays[number].group].append(member)
            }
        }
        // Those that are empty because nothing in them is wanted.
        var unwanted = Set<Int>()
        // Groups come behind the one that they are in.
        for row in groups.indices.reversed() {
            var hasUnwanted = tree.groups[row].hasUnwanted
            for member in members[row] {
                switch member {
                case .group(let child) where unwanted.contains(child): hasUnwanted = true
                case .group(let child): groups[row][tree.groups[child].name] = .group(groups[child])
                case .array(let number):
                    if let array = arrays[number] { groups[row][tree.arrays[number].name] = .array(array) }
                }
            }
            if hasUnwanted, groups[row].members.isEmpty { unwanted.insert(row) }
        }
        return groups[0].standardized(keepsFill: true)
    }
}

extension ChunkGrid {
    /// Whether `other` is as large or larger along each axis; it may have further ones, of one chunk each.
    fileprivate func isInside(_ other: ChunkGrid) -> Bool {
        shape.count <= other.shape.count && other.shape.dropFirst(shape.count).allSatisfy { $0 <= 1 }
            && zip(shape, other.shape).allSatisfy { $0 <= $1 }
    }
}

extension MemoryManifest {
    /// The same chunks on a grid that is as large or larger along each axis.
    fileprivate func moved(to newGrid: ChunkGrid) -> MemoryManifest {
        guard newGrid != grid else { return self }
        var builder = ManifestBuilder(grid: newGrid)
        manifest.forEachPresent { position, location in
            builder.set(newGrid.position(of: grid.coordinates(of: position)), location)
        }
        return builder.finish()
    }
}
