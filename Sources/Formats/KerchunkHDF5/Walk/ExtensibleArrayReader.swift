// SPDX-License-Identifier: Apache-2.0
// The chunk index of datasets with one unlimited axis, level by level.
// Spec: HDF5 File Format Specification 3.0, VII.D "The Extensible Array Index".

import KerchunkBytes
import KerchunkModel

/// Reads an extensible array of chunks: header, index block, secondary blocks, data blocks and their pages.
final class ExtensibleArrayReader: ChunkIndexReader {
    var requests: [IndexRequest] = []
    private var collector: ChunkCollector
    private let sizes: FieldSizes
    private let numbering: ChunkNumbering
    private var array: (header: ExtensibleArrayHeader, geometry: ExtensibleArrayGeometry)?
    /// What the requests ask for; `IndexRequest.tag` is the index here.
    private var parts: [Part] = []

    /// Bytes of a run of pages.
    private static let runSize: UInt64 = 256 << 10

    private enum Part {
        case header
        case indexBlock
        case secondaryBlock(superBlock: Int)
        case dataBlock(first: UInt64, count: UInt64)
        case pages(ChunkPageRun)
    }

    init(header: UInt64, sizes: FieldSizes, numbering: ChunkNumbering, collector: consuming ChunkCollector) {
        self.sizes = sizes
        self.numbering = numbering
        self.collector = collector
        request(.header, at: header, count: ExtensibleArrayHeader.size(sizes))
    }

    private func request(_ part: Part, at address: UInt64, count: UInt64) {
        requests.append(IndexRequest(address: address, count: count, tag: parts.count))
        parts.append(part)
    }

    func accept(_ bytes: Bytes, for request: IndexRequest, at offset: UInt64) throws(ParseError) {
        switch parts[request.tag] {
        case .header: try acceptHeader(bytes, at: offset)
        case .indexBlock: try acceptIndexBlock(bytes, at: offset)
        case .secondaryBlock(let number): try acceptSecondaryBlock(number, bytes, at: offset)
        case .dataBlock(let first, let count):
            try acceptDataBlock(bytes, at: offset, first: first, count: count)
        case .pages(let run):
            guard let array else { return }
            try run.placeChunks(
                from: bytes, at: offset, format: array.header.format, numbering: numbering, sizes: sizes,
                structure: "extensible array data block page", into: &collector)
        }
    }

    private func acceptHeader(_ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        try verifyChecksum(bytes, at: offset, in: "extensible array header")
        var cursor = ByteCursor(bytes.span, at: offset, in: "extensible array header")
        let header = try ExtensibleArrayHeader(parsing: &cursor, sizes: sizes)
        let geometry = try ExtensibleArrayGeometry(header, sizes: sizes, at: offset)
        array = (header, geometry)
        guard let address = header.indexBlock else { return }
        let room = collector.space.endAddress / UInt64(header.format.size)
        collector.expect(min(header.usedCount, room))
        request(.indexBlock, at: address, count: geometry.indexBlockSize)
    }

    private func acceptIndexBlock(_ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        guard let (header, geometry) = array else { return }
        let structure: StaticString = "extensible array index block"
        try verifyChecksum(bytes, at: offset, in: structure)
        var cursor = ByteCursor(bytes.span, at: offset, in: structure)
        try geometry.parseStart(&cursor, signature: "EAIB")
        try place(parsing: &cursor, count: header.indexElementCount, first: 0, format: header.format)
        for superBlock in geometry.superBlocks[..<geometry.directCount] {
            for block in 0..<superBlock.dataBlockCount {
                guard let address = try cursor.address(sizes) else { continue }
                let first = superBlock.firstElement + block * superBlock.elementCount
                request(
                    .dataBlock(first: first, count: superBlock.elementCount), at: address,
                    count: geometry.dataBlockSize(elementCount: superBlock.elementCount))
            }
        }
        for number in geometry.directCount..<geometry.superBlocks.count {
            guard let address = try cursor.address(sizes) else { continue }
            guard let size = geometry.secondaryBlockSize(of: geometry.superBlocks[number]) else {
                throw cursor.error("secondary block \(number) exceeds what any file can hold")
            }
            request(.secondaryBlock(superBlock: number), at: address, count: size)
        }
    }

    private func acceptSecondaryBlock(_ number: Int, _ bytes: Bytes, at offset: UInt64) throws(ParseError) {
        guard let (header, geometry) = array else { return }
        let structure: StaticString = "extensible array secondary block"
        let superBlock = geometry.superBlocks[number]
        let pageCount = geometry.pageCount(of: superBlock)
        try verifyChecksum(bytes, at: offset, in: structure)
        var cursor = ByteCursor(bytes.span, at: offset, in: structure)
        try geometry.parseOffsetStart(&cursor, signature: "EASB")
        let bitmap = try cursor.bytes(Int(geometry.bitmapSize(of: superBlock)))
        for block in 0..<superBlock.dataBlockCount {
            guard let address = try cursor.address(sizes) else { continue }
            let first = superBlock.firstElement + block * superBlock.elementCount
            if pageCount == 0 {
                request(
                    .dataBlock(first: first, count: superBlock.elementCount), at: address,
                    count: geometry.dataBlockSize(elementCount: superBlock.elementCount))
                continue
            }
            guard address < collector.space.endAddress else {
                throw cursor.error("data block \(block) is beyond the end of the file")
            }
            let firstPage = address + geometry.pagedPrefixSize
            // The bits of all data blocks follow each other without gaps.
            let runs = ChunkPageRun.runs(
                at: firstPage, firstElement: first, elementCount: superBlock.elementCount,
                pageElementCount: header.pageElementCount, elementSize: header.format.size,
                limit: Self.runSize
            ) { isSet(block * pageCount + $0, in: bitmap) }
            for run in runs {
                request(.pages(run), at: run.address, count: run.size(elementSize: header.format.size))
            }
        }
    }

    private func acceptDataBlock(
        _ bytes: Bytes, at offset: UInt64, first: UInt64, count: UInt64
    ) throws(ParseError) {
        guard let (header, geometry) = array else { return }
        let structure: StaticString = "extensible array data block"
        try verifyChecksum(bytes, at: offset, in: structure)
        var cursor = ByteCursor(bytes.span, at: offset, in: structure)
        try geometry.parseOffsetStart(&cursor, signature: "EADB")
        try place(parsing: &cursor, count: count, first: first, format: header.format)
    }

    private func place(
        parsing cursor: inout ByteCursor, count: UInt64, first: UInt64, format: ChunkElementFormat
    ) throws(ParseError) {
        try collector.placeElements(
            parsing: &cursor, count: Int(count), from: first, format: format, numbering: numbering,
            sizes: sizes)
    }

    func finish() throws(ParseError) -> ChunkEntries { try collector.finish() }
}
