// SPDX-License-Identifier: Apache-2.0
// Chunks that name the rows of another source table: for other names, for datasets put together, and so that sources
// which nothing refers to any more are not carried along.

import KerchunkBytes
package import KerchunkModel
import Synchronization

/// Rows of one source table as rows of another; a source is added there when a chunk first asks for it.
// A class because all manifests of a dataset share what was found.
package final class SourceRemapping: Sendable {
    private let old: SourceTable
    private let new: SourceTable
    private let rename: @Sendable (String) -> String
    private let rows = Mutex<[SourceIndex?]>([])

    package init(
        from old: SourceTable, to new: SourceTable, rename: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.old = old
        self.new = new
        self.rename = rename
    }

    package func row(of source: SourceIndex) -> SourceIndex {
        rows.withLock { rows in
            let row = Int(source.row)
            if row >= rows.count { rows += Array(repeating: nil, count: row + 1 - rows.count) }
            if let known = rows[row] { return known }
            let known = old[source]
            let url = rename(known.url)
            // Of a file that lies elsewhere now only the length is the same.
            let stamp =
                url.isExactly(known.url)
                ? known.stamp : SourceStamp(size: known.stamp.size, fullSize: known.stamp.fullSize)
            let index = new.intern(url, stamp: stamp)
            rows[row] = index
            return index
        }
    }

    /// `array` with its chunks in the new table.
    package func mapped(_ array: VirtualArray) -> VirtualArray {
        var mapped = array
        mapped.chunks = RemappedManifest(base: array.chunks, sources: self)
        return mapped
    }

    /// `keys` with what they refer to in the new table.
    package func mapped(_ keys: LooseKeys) -> LooseKeys {
        LooseKeys(names: keys.names, values: RemappedManifest(base: keys.values, sources: self))
    }
}

extension VirtualDataset {
    /// The same dataset with a source table of its own.
    func remapped(rename: @escaping @Sendable (String) -> String = { $0 }) -> VirtualDataset {
        let table = SourceTable()
        let remapping = SourceRemapping(from: sources, to: table, rename: rename)
        return VirtualDataset(
            root: root.mappingArrays { remapping.mapped($1) }, sources: table,
            looseKeys: looseKeys.map { remapping.mapped($0) })
    }
}

private struct RemappedManifest: ManifestSource {
    let base: any ManifestSource
    let sources: SourceRemapping

    var grid: ChunkGrid { base.grid }
    var preferredRun: UInt64 { base.transformedRun }
    var minimumRun: UInt64 { base.minimumRun }

    func rows(_ positions: Range<UInt64>) throws -> ChunkManifest {
        let old = try base.rows(positions)
        // Most chunks lie in the same file as their neighbours.
        var last: (old: SourceIndex, new: SourceIndex)?
        func row(of source: SourceIndex) -> SourceIndex {
            if let last, last.old == source { return last.new }
            let new = sources.row(of: source)
            last = (source, new)
            return new
        }
        return try .building(old.positionCount, expecting: old.presentCount) { builder in
            old.forEachPresent(
                onRange: { builder.set($0, source: row(of: $1), offset: $2, length: $3) },
                onOther: { position, location in
                    if case .wholeFile(let source) = location {
                        builder.set(position, .wholeFile(row(of: source)))
                    } else {
                        builder.set(position, location)
                    }
                })
        }
    }
}
