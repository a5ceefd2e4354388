// SPDX-License-Identifier: Apache-2.0
// One array of a reference set while its chunks come in.

import KerchunkBytes
import KerchunkModel

/// A manifest in the making, and what keys of its chunks look like.
// A class because a manifest builder cannot be copied, and so not lie in an array.
final class CollectedArray {
    let path: String
    let grid: ChunkGrid
    let keys: ChunkKeyEncoding
    /// Made with the first chunk, since many arrays of a set may have none.
    private var builder: ManifestBuilder?
    private let rows: DenseRows
    private var knownForm: PlainReferences?
    /// Its place among the arrays of the set.
    let number: Int
    /// The number of the array whose references last came behind those of this one.
    var successor: Int?

    /// - Parameter rows: says whether each position shall get a row.
    convenience init(path: String, number: Int, _ metadata: ArrayMetadata, _ rows: DenseRows) {
        self.init(
            path: path, number: number, grid: metadata.array.chunks.grid, keys: metadata.keys, rows)
    }

    init(path: String, number: Int, grid: ChunkGrid, keys: ChunkKeyEncoding, _ rows: DenseRows) {
        self.path = path
        self.number = number
        self.grid = grid
        self.keys = keys
        self.rows = rows
    }

    /// The form in which nearly all references to this array's chunks are written.
    var plain: PlainReferences? {
        if let knownForm { return knownForm }
        knownForm = Self.plainReferences(Array(keyPrefix(ofPath: path).utf8), keys, grid)
        return knownForm
    }

    /// Gives the memory of `plain` back.
    func forgetForm() { knownForm = nil }

    /// Whether chunks that were placed here would be placed the same under `metadata`.
    func agrees(with metadata: ArrayMetadata) -> Bool {
        metadata.keys == keys && metadata.array.chunks.grid == grid
    }

    private func takeBuilder() -> ManifestBuilder {
        if let builder = builder.take() { return builder }
        return ManifestBuilder(grid: grid, isDense: rows.take(grid.count))
    }

    /// Lets `change` place chunks.
    func place<R>(_ change: (inout ManifestBuilder) throws -> R) rethrows -> R {
        var building = takeBuilder()
        do {
            let result = try change(&building)
            builder = consume building
            return result
        } catch {
            builder = consume building
            throw error
        }
    }

    /// The manifest, and how many chunks came twice; called once.
    func finish() -> (manifest: MemoryManifest, replacedCount: UInt64) {
        guard let builder = builder.take() else { return (MemoryManifest.empty(grid), 0) }
        return builder.finishCounting()
    }
}

extension CollectedArray {
    /// The position of the chunk that the bytes `range` of `key` name; nil where they are no key of this array.
    func position(of key: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        let prefixCount = path.isEmpty ? 0 : path.utf8.count + 1
        guard range.count >= prefixCount else { return nil }
        var place = range.lowerBound
        for byte in path.utf8 {
            guard key[place] == byte else { return nil }
            place += 1
        }
        if prefixCount > 0, key[place] != UInt8(ascii: "/") { return nil }
        // VirtualiZarr 2.5 writes the chunk of a scalar without an index.
        if range.count == prefixCount, !path.isEmpty { return grid.rank == 0 && !keys.hasPrefix ? 0 : nil }
        return keys.position(of: key.extracting(range), from: prefixCount, on: grid)
    }

    /// The form of this array's references to ranges of files; nil where keys are not written as they are.
    private static func plainReferences(
        _ pathBytes: [UInt8], _ keys: ChunkKeyEncoding, _ grid: ChunkGrid
    ) -> PlainReferences? {
        let isPlain = pathBytes.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain, grid.rank > 0 || !keys.hasPrefix else { return nil }
        return PlainReferences(
            keyStart: pathBytes + (keys.hasPrefix ? [UInt8(ascii: "c"), keys.separator] : []),
            separator: keys.separator, gridShape: grid.shape)
    }
}
