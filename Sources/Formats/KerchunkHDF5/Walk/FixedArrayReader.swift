// SPDX-License-Identifier: Apache-2.0
// The chunk index of datasets whose extents cannot grow, level by level.
// Spec: HDF5 File Format Specification 3.0, VII.C "The Fixed Array Index".

import KerchunkBytes
import KerchunkModel

/// Reads a fixed array of chunks: header, start of the data block, pages.
final class FixedArrayReader: ChunkIndexReader {
    var requests: [IndexRequest] = []
    private var collector: ChunkCollector
    private let sizes: FieldSizes
    private let numbering: ChunkNumbering
    private var header: FixedArrayHeader?
    private var pageRuns: [ChunkPageRun] = []

    /// Blocks of at most this many bytes are read as a whole, pages never written included.
    private static let smallBlock: UInt64 = 64 << 10
    /// Bytes of a run of pages.
    private static let runSize: UInt64 = 256 << 10

    /// What `IndexRequest.tag` says; runs of pages have their index.
    private enum Tag {
        static let header = -1
        static let wholeBlock = -2
        static let blockStart = -3
    }

    init(header: UInt64, sizes: FieldSizes, numbering: ChunkNumbering, collector: consuming ChunkCollector) {
        self.sizes = sizes
        self.numbering = numbering
        self.collector = collector
        requests = [IndexRequest(address: header, count: FixedArrayHeader.size(sizes), tag: Tag.header)]
    }

    func accept(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError) {
        switch request.tag {
        case Tag.header: try acceptHeader(bytes, at: offset)
        case Tag.wholeBlock, Tag.blockStart: try acceptBlock(bytes, for: request, at: offset)
        default:
            guard let header, pageRuns.indices.contains(request.tag) else { return }
            try pageRuns[request.tag].placeChunks(
                from: bytes, at: offset, format: header.format, numbering: numbering, sizes: sizes,
                structure: "fixed array data block page", into: &collector)
        }
    }

    private func acceptHeader(_ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        try verifyChecksum(bytes, at: offset, in: "fixed array header")
        var cursor = ByteCursor(bytes.span, at: offset, in: "fixed array header")
        let header = try FixedArrayHeader(parsing: &cursor, sizes: sizes)
        self.header = header
        guard let address = header.dataBlock else { return }
        guard let block = FixedArrayDataBlock(header, sizes: sizes), block.size <= collector.space.endAddress
        else {
            throw cursor.error("\(header.elementCount) elements do not fit into the file")
        }
        collector.expect(header.elementCount)
        let isWhole = block.pageCount == 0 || block.size <= Self.smallBlock
        requests.append(
            IndexRequest(
                address: address, count: isWhole ? block.size : block.prefixSize,
                tag: isWhole ? Tag.wholeBlock : Tag.blockStart))
    }

    private func acceptBlock(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError)
    {
        guard let header, let block = FixedArrayDataBlock(header, sizes: sizes) else { return }
        var cursor = ByteCursor(bytes.span, at: offset, in: "fixed array data block")
        let bitmap = try block.bitmap(parsing: &cursor, header: header, sizes: sizes)
        if block.pageCount == 0 {
            try verifyChecksum(bytes, at: offset, in: "fixed array data block")
            try collector.placeElements(
                parsing: &cursor, count: Int(header.elementCount), from: 0, format: header.format,
                numbering: numbering, sizes: sizes)
            return
        }
        try verifyChecksum(bytes[0..<Int(block.prefixSize)], at: offset, in: "fixed array data block")
        let runs = ChunkPageRun.runs(
            at: request.address + block.prefixSize, firstElement: 0, elementCount: header.elementCount,
            pageElementCount: header.pageElementCount, elementSize: header.format.size, limit: Self.runSize
        ) { isSet($0, in: bitmap) }
        for run in runs {
            let size = run.size(elementSize: header.format.size)
            if request.tag == Tag.wholeBlock {
                let start = Int(run.address - request.address)
                try run.placeChunks(
                    from: bytes[start..<start + Int(size)], at: offset + UInt64(start), format: header.format,
                    numbering: numbering, sizes: sizes, structure: "fixed array data block page",
                    into: &collector)
            } else {
                requests.append(IndexRequest(address: run.address, count: size, tag: pageRuns.count))
                pageRuns.append(run)
            }
        }
    }

    func finish() throws(ParseError) -> ChunkEntries { try collector.finish() }
}
