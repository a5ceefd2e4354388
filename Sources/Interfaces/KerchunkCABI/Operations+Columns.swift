// SPDX-License-Identifier: Apache-2.0
// Where the chunks of an array are, as columns that callers look at without a copy.

import Kerchunk

extension Operations {
    /// The columns of one array.
    static func columns(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "array"], of: "columns")
        let path = try request.required(try request.string("array"), "array")
        let array = try request.virtualArray(path)
        let manifest = try array.chunks.rows(0..<array.chunks.grid.count)
        let columns = ColumnsObject(manifest)
        return Reply(
            document: [
                "grid": .integers(array.chunks.grid.shape), "rows": .integer(columns.rowCount),
                "dense": .bool(columns.isDense), "inline": .integer(columns.inlineCount),
            ], objects: [columns])
    }

    /// The files that chunks lie in, with what is known of their state.
    static func sources(_ request: Request) throws -> Reply {
        try request.checkNames(["dataset", "every"], of: "sources")
        let dataset = try request.dataset().opened.dataset
        // Manifests that are read when they are asked for show their sources only then.
        let readsAll = try request.flag("every") ?? true
        try dataset.root.forEachArray { _, array in
            if !readsAll || array.chunks is MemoryManifest { return }
            try array.chunks.forEachRun { _, _ in try request.cancellation.check() }
        }
        let table = dataset.sources
        var urls: [UInt8] = []
        var ends: [UInt64] = []
        var stamps: JSONObject = [:]
        table.forEachSource { source in
            urls += Array(source.url.utf8)
            ends.append(UInt64(urls.count))
            if source.stamp != SourceStamp() { stamps[source.url] = .object(source.stamp.json) }
        }
        return Reply(
            document: ["count": .integer(ends.count), "stamps": .object(stamps)],
            objects: [BytesObject(Bytes(urls)), BytesObject(Bytes(littleEndian: ends))])
    }
}

extension Request {
    /// The array of the dataset at `path`: `tas`, `a/b/tas`, with or without a slash in front.
    func virtualArray(_ path: String) throws(KerchunkError) -> VirtualArray {
        let root = try dataset().opened.dataset.root
        var member = VirtualGroup.Member.group(root)
        for name in path.split(separator: "/") {
            guard case .group(let group) = member, let next = group[String(name)] else {
                let hint = NearNames(root.arrayPaths).hint(for: path)
                throw KerchunkError(.notFound, "there is no array \"\(path)\"\(hint)")
            }
            member = next
        }
        guard case .array(let array) = member else {
            throw KerchunkError(.usage, "\"\(path)\" is a group, not an array")
        }
        return array
    }
}

extension Bytes {
    init(littleEndian numbers: [UInt64]) {
        self.init(numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } })
    }
}

/// Columns of chunks: 0 sources (UInt32: row of the sources + 1, 0 missing, 0xFFFFFFFF inline), 1 offsets (UInt64, of inline
/// bytes their row), 2 lengths (UInt64, the largest for a whole file), 3 positions (UInt64, none where every position has
/// a row), 4 inline bytes, 5 their ends (UInt64).
// A class because views keep it alive.
final class ColumnsObject: BufferObject {
    private let manifest: ChunkManifest
    private let positions: Bytes
    private let inline: Bytes
    private let inlineEnds: Bytes

    init(_ manifest: ChunkManifest) {
        self.manifest = manifest
        if manifest.columns.positions != nil {
            positions = Bytes(littleEndian: manifest.window.map { manifest.position(ofRow: $0) })
        } else {
            positions = Bytes()
        }
        let pieces = manifest.columns.inline
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        var ends: [UInt64] = []
        for piece in pieces {
            // SAFETY: the memory is copied during the call.
            unsafe piece.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
            ends.append(UInt64(bytes.count))
        }
        inline = Bytes(bytes)
        inlineEnds = Bytes(littleEndian: ends)
    }

    var rowCount: Int { manifest.window.count }
    var isDense: Bool { manifest.columns.positions == nil }
    var inlineCount: Int { manifest.columns.inline.count }

    @unsafe func buffer(_ index: Int) -> UnsafeRawBufferPointer? {
        let columns = manifest.columns
        let first = manifest.window.lowerBound
        // SAFETY: columns are never written again, have rows for the whole window, and go with the manifest.
        switch index {
        case 0: return unsafe UnsafeRawBufferPointer(start: columns.sources + first, count: rowCount * 4)
        case 1: return unsafe UnsafeRawBufferPointer(start: columns.offsets + first, count: rowCount * 8)
        case 2: return unsafe UnsafeRawBufferPointer(start: columns.lengths + first, count: rowCount * 8)
        case 3: return unsafe positions.withUnsafeBytes { unsafe $0 }
        case 4: return unsafe inline.withUnsafeBytes { unsafe $0 }
        case 5: return unsafe inlineEnds.withUnsafeBytes { unsafe $0 }
        default: return nil
        }
    }
}
