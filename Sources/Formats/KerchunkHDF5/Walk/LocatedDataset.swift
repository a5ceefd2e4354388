// SPDX-License-Identifier: Apache-2.0
// Where the chunks of datasets are: by the indexes of their file, or in the files that their layouts name.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// A dataset and where its chunks are.
struct LocatedDataset: Sendable {
    /// Its layout and filters are those of the chunks, which may be another dataset's.
    let header: DatasetHeader
    let entries: ChunkEntries
    /// The extent, where it is not that of the header.
    var shape: [UInt64]?
    var notes: [String] = []
}

extension HDF5File {
    /// Locates the chunks of `headers`, the indexes of all of them together; trouble in one is its own failure.
    /// - Throws: where the error says nothing about one of them.
    func locate(
        _ headers: [DatasetHeader], in context: ScanContext, _ sources: inout Sources
    ) throws -> [Result<LocatedDataset, any Error>] {
        let source = try sources.add(self.source, fullSize: fullSize)
        let indexed = headers.filter { $0.dataspace.kind != .null && !$0.isElsewhere }
        var entries = try chunkEntries(of: indexed).makeIterator()
        return try headers.map { header in
            if header.dataspace.kind == .null {
                return .failure(LeftOut("it has a null dataspace, so it has no elements"))
            }
            if header.isElsewhere { return try locateElsewhere(header, in: context, &sources) }
            guard let found = entries.next() else { return .failure(LeftOut("its chunks were not found")) }
            return found.map { LocatedDataset(header: header, entries: $0.renaming(to: source)) }.mapError {
                $0
            }
        }
    }

    private func locateElsewhere(
        _ header: DatasetHeader, in context: ScanContext, _ sources: inout Sources
    ) throws -> Result<LocatedDataset, any Error> {
        do {
            if case .virtual(let heap) = header.layout {
                let layout = VirtualLayout(header: header, file: self, context: context)
                return .success(try layout.locate(heap, &sources))
            }
            return .success(try ExternalData(header: header, context: context).locate(&sources))
        } catch {
            if KerchunkError(wrapping: error).isOfTheWholeScan { throw error }
            return .failure(error)
        }
    }
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
        guard source != SourceIndex(row: 0) else { return self }
        var builder = ManifestBuilder(grid: manifest.grid)
        manifest.manifest.forEachPresent { position, location in
            if case .range(_, let range) = location {
                builder.set(position, .range(source, range))
            } else {
                builder.set(position, location)
            }
        }
        return ChunkEntries(
            manifest: builder.finish(), commonMask: commonMask, deviatingMasks: deviatingMasks,
            outsideCount: outsideCount, cutCount: cutCount)
    }
}
