// SPDX-License-Identifier: Apache-2.0
// The files that a scan's chunks lie in, open for reading.

import KerchunkBytes
import KerchunkModel
import KerchunkStorage

/// A source table together with the open sources that its rows stand for.
struct SourceFiles: Sendable {
    let table = SourceTable()
    private var opened: [SourceIndex: OpenedSource] = [:]

    private struct OpenedSource: Sendable {
        let source: any ByteSource
        /// What offsets in manifests have more than offsets in `source`.
        let placementOffset: UInt64
    }

    /// The row of `source`, added where it is new.
    /// - Parameter fullSize: bytes that it should have, where it is cut off.
    /// - Throws: where its bytes exist nowhere as they are.
    mutating func add(_ source: any ByteSource, fullSize: UInt64? = nil) throws -> SourceIndex {
        let placement = try source.referencedPlacement()
        var stamp = try source.stamp
        stamp.fullSize = fullSize
        let index = table.intern(placement.url, stamp: stamp)
        opened[index] = OpenedSource(source: source, placementOffset: placement.baseOffset)
        return index
    }

    /// What offsets in manifests have more than offsets in the source of row `index`.
    func placementOffset(_ index: SourceIndex) -> UInt64 { opened[index]?.placementOffset ?? 0 }

    /// Reads `ranges` as manifests give them.
    func read(_ ranges: [ByteRange], from index: SourceIndex) throws -> [Bytes] {
        guard let file = opened[index] else {
            throw KerchunkError(.input, "the file is not open", url: table[index].url)
        }
        return try file.source.read(
            ranges.map { range in
                guard range.offset >= file.placementOffset else {
                    throw ParseError("a chunk lies before its file", in: "chunk", at: range.offset)
                }
                return ByteRange(range.offset - file.placementOffset..<range.end - file.placementOffset)
            })
    }
}
