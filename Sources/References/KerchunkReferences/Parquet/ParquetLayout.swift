// SPDX-License-Identifier: Apache-2.0
// Which file of a Parquet reference set holds what.
// Spec: fsspec, `LazyReferenceMapper`: `.zmetadata`, and `<array>/refs.<k>.parq` for each run of `record_size` chunks.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

enum ParquetLayout {
    static let metadataName = ".zmetadata"
    /// Ours: the states of sources. Other readers pass over it.
    static let sourcesName = "sources.json"
    /// Rows of one file that are read at most, whatever the record size says.
    static let largestPartition: UInt64 = 1 << 24

    static func partition(_ index: UInt64, of arrayPath: String) -> String {
        "\(arrayPath)/refs.\(index).parq"
    }

    /// Partitions of an array that have a file although all their chunks are missing.
    private static let largestEmptyIndex: UInt64 = 10_000

    /// Whether partition `key` has a file even where all its chunks are missing. To find out the protocol of URLs, and
    /// to list keys, fsspec goes through the partitions of all arrays, in an order that changes from run to run, and
    /// fails where one has no file. Of huge sparse arrays only the first ones get one.
    static func needsFile(_ key: PartitionKey) -> Bool { key.index < largestEmptyIndex }

    /// Whether a set can have a file of this name, beside that of its metadata.
    static func isPart(_ key: String) -> Bool {
        let name = key.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard key != sourcesName else { return true }
        guard name != key, name.hasPrefix("refs."), name.hasSuffix(".parq") else { return false }
        let number = name.utf8.dropFirst("refs.".utf8.count).dropLast(".parq".utf8.count)
        return !number.isEmpty && number.allSatisfy { (48...57).contains($0) }
    }

    /// What a set is on this machine.
    static let directory = AtomicDirectory.Kind(
        "reference set", marker: metadataName, isPart: isPart, isOther: isConsolidatedZarr)

    /// Whether the metadata `text` are those of a Zarr store, which has them in a file of the same name.
    static func isConsolidatedZarr(_ text: [UInt8]) -> Bool {
        text.span.contains("\"zarr_consolidated_format\"") && !text.span.contains("\"record_size\"")
    }

    private static let deepestPath = 64

    /// Whether fsspec takes everything below a member of this name for metadata, so that its chunks are never found.
    static func hidesChunks(_ name: String) -> Bool { name.hasPrefix(".z") }

    /// Why the array or group at `path` can have no directory of its own; nil where it can.
    static func problem(withPath path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count > deepestPath { return "its path has more than \(counted(deepestPath, "name"))" }
        for part in parts {
            if part.isEmpty { return "a name in its path is empty" }
            if part == "." || part == ".." {
                return "the name \"\(part)\" in its path would lead out of the set"
            }
            if part.utf8.contains(0) { return "a name in its path contains a NUL" }
        }
        if path == metadataName || path == sourcesName { return "a file of the set has the name \"\(path)\"" }
        return nil
    }
}

extension Span<UInt8> {
    /// Whether the bytes of `text`, which has some, are somewhere in it.
    fileprivate func contains(_ text: StaticString) -> Bool {
        let pattern = Array(text.description.utf8)
        guard count >= pattern.count else { return false }
        for start in 0...count - pattern.count where self[start] == pattern[0] {
            if pattern.indices.allSatisfy({ self[start + $0] == pattern[$0] }) { return true }
        }
        return false
    }
}

/// A partition of an array.
struct PartitionKey: Hashable, Sendable {
    let arrayPath: String
    let index: UInt64

    var name: String { ParquetLayout.partition(index, of: arrayPath) }

    static func == (one: PartitionKey, other: PartitionKey) -> Bool {
        one.index == other.index && one.arrayPath.isExactly(other.arrayPath)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ExactText(arrayPath))
        hasher.combine(index)
    }
}

extension ChunkGrid {
    func partitionCount(recordSize: UInt64) -> UInt64 { count.dividedRoundingUp(by: recordSize) }

    /// The positions of partition `index`, which exists.
    func positions(ofPartition index: UInt64, recordSize: UInt64) -> Range<UInt64> {
        let start = index * recordSize
        return start..<start + Swift.min(recordSize, count - start)
    }
}
