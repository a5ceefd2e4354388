// SPDX-License-Identifier: Apache-2.0
// Runs of pages, which fixed and extensible arrays share.

import KerchunkBytes
import KerchunkModel

/// Pages behind each other in the file, each with its own checksum.
struct ChunkPageRun: Sendable {
    /// Of the first page, relative to the superblock's base address.
    let address: UInt64
    /// Number of the first page's first element.
    let firstElement: UInt64
    /// Elements of all pages of the run.
    let elementCount: UInt64
    /// Elements of a whole page; only the last one may have fewer.
    let pageElementCount: UInt64

    func size(elementSize: Int) -> UInt64 {
        elementCount * UInt64(elementSize) + 4 * elementCount.dividedRoundingUp(by: pageElementCount)
    }

    /// Cuts the pages of a block that were written into runs.
    /// - Parameters:
    ///   - address: of the first page.
    ///   - elementCount: elements of the block.
    ///   - limit: bytes of a run, unless a single page has more.
    static func runs(
        at address: UInt64, firstElement: UInt64, elementCount: UInt64, pageElementCount: UInt64,
        elementSize: Int,
        limit: UInt64, isWritten: (_ page: UInt64) -> Bool
    ) -> [ChunkPageRun] {
        let pageCount = elementCount.dividedRoundingUp(by: pageElementCount)
        let pageSize = pageElementCount * UInt64(elementSize) + 4
        let pagesOfRun = max(1, limit / pageSize)
        var runs: [ChunkPageRun] = []
        var page: UInt64 = 0
        while page < pageCount {
            let start = page
            while page < pageCount, page - start < pagesOfRun, isWritten(page) { page += 1 }
            if page == start {
                page += 1
                continue
            }
            let first = start * pageElementCount
            runs.append(
                ChunkPageRun(
                    address: address + start * pageSize, firstElement: firstElement + first,
                    elementCount: min(page * pageElementCount, elementCount) - first,
                    pageElementCount: pageElementCount))
        }
        return runs
    }

    /// Verifies the pages and places their chunks.
    func placeChunks(
        from bytes: Bytes, at offset: UInt64, format: ChunkElementFormat, numbering: ChunkNumbering,
        sizes: FieldSizes, structure: StaticString, into collector: inout ChunkCollector
    ) throws(ParseError) {
        var position = 0
        var done: UInt64 = 0
        while done < elementCount {
            let count = Int(min(pageElementCount, elementCount - done))
            let size = count * format.size + 4
            guard position + size <= bytes.count else {
                throw ParseError(
                    "needs \(size) bytes, but only \(bytes.count - position) are left",
                    in: structure.description,
                    at: offset)
            }
            let page = bytes[position..<position + size]
            try verifyChecksum(page, at: offset + UInt64(position), in: structure)
            var cursor = ByteCursor(page.span, at: offset + UInt64(position), in: structure)
            try collector.placeElements(
                parsing: &cursor, count: count, from: firstElement &+ done, format: format,
                numbering: numbering,
                sizes: sizes)
            position += size
            done += UInt64(count)
        }
    }
}
