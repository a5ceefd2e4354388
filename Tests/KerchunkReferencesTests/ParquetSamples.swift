// SPDX-License-Identifier: Apache-2.0
// Datasets that the tests of Parquet references write, here and in Python.

import KerchunkBytes
import KerchunkCodecs
import KerchunkCompression
import KerchunkModel
import KerchunkReferences
import KerchunkStorage

enum ParquetSamples {
    static let codecs = CodecDirectory(BuiltinCompression.entries)

    /// A directory of its own below the system's temporary one.
    static func temporaryDirectory() throws -> String {
        let base = Platform.environment("TMPDIR") ?? "/tmp"
        let path = "\(base)/kerchunk-parquet-\(Platform.processID)-\(Platform.monotonicTime)"
        try Platform.makeDirectory(path)
        return path
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try AtomicFile(path, overwrite: true)
        try file.write(bytes)
        try file.commit()
    }

    /// The files below `path` by name, with their bytes.
    static func tree(_ path: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in try LocalDirectory(path).list(prefix: "") {
            files[file.key] = try Platform.readToEnd(path + "/" + file.key)
        }
        return files
    }

    /// All kinds of arrays over two data files, the elements of which are their own positions: element i of the first
    /// file is i, of the second 100,000 + i.
    static func variety(in directory: String, recordSize: UInt64 = 1) throws -> VirtualDataset {
        let sources = SourceTable()
        let first = sources.intern(
            "\(directory)/first.bin", stamp: SourceStamp(size: 80_000, modificationTime: 7))
        let second = sources.intern("\(directory)/second.bin")
        let whole = sources.intern("\(directory)/whole.bin")
        var root = VirtualGroup(attributes: ["title": "all kinds of arrays"])

        root["tas"] = .array(
            array([10, 6], by: [2, 3], names: ["y", "x"]) { position in
                switch position {
                case 2, 7: .missing
                case 4: .inline(Bytes(doubles(900..<906)))
                case 5: .wholeFile(whole)
                default:
                    .range(position % 2 == 0 ? first : second, ByteRange(position * 48..<position * 48 + 48))
                }
            })
        root["time"] = .array(array([10], by: [10], names: ["time"]) { _ in .inline(Bytes(doubles(0..<10))) })
        root["scalar"] = .array(array([], by: [], names: []) { _ in .range(first, ByteRange(80..<88)) })
        root["empty"] = .array(array([0, 3], by: [1, 3], names: ["none", "x3"]) { _ in .missing })
        root["nowhere"] = .array(array([6], by: [2], names: ["six"]) { _ in .missing })
        // Nine chunks: with four rows a file, the last one has a single row.
        root["nine"] = .array(
            array([18], by: [2], names: ["n"]) { .range(first, ByteRange($0 * 16..<$0 * 16 + 16)) })
        root["ten"] = .array(
            array(
                Array(repeating: 2, count: 10), by: Array(repeating: 1, count: 10),
                names: (0..<10).map { "axis\($0)" }
            ) { position in
                position % 5 == 0 ? .missing : .range(second, ByteRange(position * 8..<position * 8 + 8))
            })
        // More rows than a page holds, with nulls in every page but one; not read in small partitions, which take long.
        if recordSize >= 1000 {
            root["pages"] = .array(
                array([40_000], by: [1], names: ["p"]) { position in
                    position < 33_000 && position % 7 == 0
                        ? .missing
                        : .range(
                            position % 3 == 0 ? first : second,
                            ByteRange(position % 9999 * 8..<position % 9999 * 8 + 8))
                })
        }
        var inner = VirtualGroup(attributes: ["level": 2])
        inner["deep"] = .array(
            array([4], by: [1], names: ["d"]) { .range(first, ByteRange($0 * 8..<$0 * 8 + 8)) })
        var outer = VirtualGroup()
        outer["b"] = .group(inner)
        root["a"] = .group(outer)
        return VirtualDataset(root: root, sources: sources)
    }

    /// The data files of `variety`.
    static func writeData(in directory: String) throws {
        try write(doubles(0..<10_000), to: directory + "/first.bin")
        try write(doubles(100_000..<110_000), to: directory + "/second.bin")
        try write(doubles(200_000..<200_006), to: directory + "/whole.bin")
    }

    static func array(
        _ shape: [UInt64], by chunkShape: [UInt64], names: [String]? = nil,
        _ location: (UInt64) -> ChunkLocation
    ) -> VirtualArray {
        guard let grid = ChunkGrid(covering: shape, by: chunkShape) else { preconditionFailure("no grid") }
        var builder = ManifestBuilder(grid: grid)
        for position in 0..<grid.count { builder.set(position, location(position)) }
        return VirtualArray(
            shape: shape, chunkShape: chunkShape, dataType: .float(width: 8, .little),
            missing: .masking(.element(Bytes(doubles([-1])))), dimensionNames: names, chunks: builder.finish()
        )
    }

    static func doubles(_ values: some Sequence<Int>) -> [UInt8] {
        values.flatMap { value in
            let bits = Double(value).bitPattern
            return (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
        }
    }

    /// What a set says, with URLs instead of rows: for comparisons across source tables.
    static func content(_ dataset: VirtualDataset) throws -> [String: [String]] {
        var content: [String: [String]] = [:]
        try dataset.root.forEachArray { path, array in
            var lines = [
                "\(array.shape) \(array.chunkShape) \(array.dataType) \(array.missing.unwritten) \(array.attributes.count)"
            ]
            try array.chunks.forEachRun { start, manifest in
                manifest.forEachPresent { position, location in
                    let text =
                        switch location {
                        case .missing: "missing"
                        case .inline(let bytes): "inline \(bytes.array)"
                        case .wholeFile(let source): dataset.sources[source].url
                        case .range(let source, let range):
                            "\(dataset.sources[source].url) \(range.offset) \(range.count)"
                        }
                    lines.append("\(start + position): \(text)")
                }
            }
            content[path] = lines
        }
        return content
    }
}
