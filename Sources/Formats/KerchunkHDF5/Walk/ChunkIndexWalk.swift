// SPDX-License-Identifier: Apache-2.0
// From the layouts of datasets to their chunk manifests: all indexes together, level by level.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

extension HDF5File {
    /// Where the chunks of each dataset are; trouble in one dataset is its own failure.
    ///
    /// Contiguous and compact datasets have one chunk; virtual ones and those in external files have none
    /// of their own.
    /// - Throws: where the source cannot be read at all, or the scan was cancelled.
    /// - Complexity: a batch of reads for each level of the deepest index, more where a level exceeds
    ///   `limits.batch`.
    func chunkEntries(of datasets: [DatasetHeader]) throws -> [Result<ChunkEntries, KerchunkError>] {
        var results: [Result<ChunkEntries, KerchunkError>?] = []
        var walk = ChunkIndexWalk(file: self)
        let space = try chunkSpace()
        for (index, dataset) in datasets.enumerated() {
            do {
                switch try storage(of: dataset, in: space) {
                case .known(let entries): results.append(.success(entries))
                case .index(let reader):
                    results.append(nil)
                    walk.add(reader, for: index)
                }
            } catch {
                results.append(.failure(KerchunkError(wrapping: error)))
            }
        }
        for (index, result) in try walk.results() { results[index] = result }
        return results.map { $0 ?? .failure(KerchunkError(.malformed, "the chunk index was not read")) }
    }

    private func chunkSpace() throws -> ChunkSpace {
        let size = try source.size()
        guard baseAddress <= size, baseAddress.adding(size) != nil else {
            throw ParseError(
                "base address \(baseAddress) is beyond the end of the file", in: "superblock", at: 0)
        }
        return ChunkSpace(start: baseAddress, endAddress: size - baseAddress, isCut: fullSize != nil)
    }

    /// What is known of a dataset's chunks without reading, or how to read it.
    private enum Storage {
        case known(ChunkEntries)
        case index(any ChunkIndexReader)
    }

    private func storage(of dataset: DatasetHeader, in space: ChunkSpace) throws -> Storage {
        switch dataset.layout {
        case .compact(let bytes): return .known(try ChunkEntries(compact: bytes, of: dataset))
        case .contiguous(let address, _):
            return .known(try ChunkEntries(contiguousAt: address, of: dataset, in: space))
        case .virtual:
            throw KerchunkError(.unsupported, "a virtual dataset has no chunks of its own")
        case .chunked(let layout):
            let collector = try ChunkCollector(dataset, layout, space: space, limits: limits)
            if collector.grid.count == 0 { return .known(try finished(collector)) }
            return try storage(of: layout, maximum: dataset.dataspace.maximum, collector)
        }
    }

    private func storage(
        of layout: ChunkedLayout, maximum: [UInt64?], _ collector: consuming ChunkCollector
    ) throws -> Storage {
        let room = collector.space.endAddress
        switch layout.index {
        case .single(nil, _, _), .implicit(nil), .btreeV1(nil), .fixedArray(nil), .extensibleArray(nil),
            .btreeV2(nil):
            return .known(try finished(collector))
        case .single(let address?, let filteredSize, let filterMask):
            guard collector.grid.count == 1 else {
                throw ParseError(
                    "a single chunk for a grid of \(collector.grid.shape)", in: "data layout message",
                    at: address)
            }
            let size = filteredSize ?? collector.chunkSize
            try collector.place(at: 0, address: address, storedSize: size, filterMask: filterMask)
            return .known(try finished(collector))
        case .implicit(let address?):
            try collector.placeImplicitly(at: address, numbering: try numbering(layout, maximum, collector))
            return .known(try finished(collector))
        case .btreeV1(let root?):
            return .index(
                try ChunkBTreeReader(
                    root: root, sizes: sizes, treeWidths: treeWidths, room: room, collector: collector))
        case .fixedArray(let header?):
            let numbering = try numbering(layout, maximum, collector)
            return .index(
                FixedArrayReader(header: header, sizes: sizes, numbering: numbering, collector: collector))
        case .extensibleArray(let header?):
            let numbering = try numbering(layout, maximum, collector)
            return .index(
                ExtensibleArrayReader(
                    header: header, sizes: sizes, numbering: numbering, collector: collector))
        case .btreeV2(let header?):
            return .index(
                ChunkBTreeV2Reader(
                    header: header, sizes: sizes, room: room, depthLimit: limits.depth, collector: collector))
        }
    }

    private func finished(_ collector: consuming ChunkCollector) throws(ParseError) -> ChunkEntries {
        try collector.finish()
    }

    private func numbering(
        _ layout: ChunkedLayout, _ maximum: [UInt64?], _ collector: borrowing ChunkCollector
    ) throws -> ChunkNumbering {
        guard
            let numbering = ChunkNumbering(
                grid: collector.grid, chunkShape: layout.chunkShape, maximum: maximum)
        else {
            throw KerchunkError(.malformed, "maximum extents \(maximum) do not fit an array of chunks")
        }
        return numbering
    }
}

/// Drives the readers of several indexes through their levels.
private struct ChunkIndexWalk {
    private let file: HDF5File
    private var readers: [(index: Int, reader: any ChunkIndexReader, failure: (any Error)?)] = []

    init(file: HDF5File) { self.file = file }

    mutating func add(_ reader: any ChunkIndexReader, for index: Int) { readers.append((index, reader, nil)) }

    /// - Returns: the index of each dataset and what came out.
    mutating func results() throws -> [(Int, Result<ChunkEntries, KerchunkError>)] {
        while true {
            let level = nextLevel()
            if level.isEmpty { break }
            let extents = level.map { (address: $0.request.address, count: $0.request.count) }
            try file.forEachRead(extents, clipped: true, in: "chunk index") { position, read in
                accept(read, for: level[position].request, by: level[position].reader)
            }
        }
        return readers.map { index, reader, failure in
            if let failure { return (index, .failure(KerchunkError(wrapping: failure))) }
            do throws(ParseError) {
                return (index, .success(try reader.finish()))
            } catch {
                return (index, .failure(KerchunkError(error)))
            }
        }
    }

    /// What all readers ask for now.
    private func nextLevel() -> [(reader: Int, request: IndexRequest)] {
        var level: [(reader: Int, request: IndexRequest)] = []
        for (number, entry) in readers.enumerated() {
            let requests = entry.reader.requests
            entry.reader.requests = []
            if entry.failure == nil { level += requests.map { (number, $0) } }
        }
        return level
    }

    private mutating func accept(_ read: Result<Bytes, ParseError>, for request: IndexRequest, by number: Int)
    {
        guard readers[number].failure == nil else { return }
        do throws(ParseError) {
            let offset = try file.offset(of: request.address, in: "chunk index")
            let bytes = try read.get()
            guard request.isGuess || UInt64(bytes.count) == request.count else {
                throw ParseError(
                    "needs \(request.count) bytes, but the file ends after \(bytes.count)", in: "chunk index",
                    at: offset)
            }
            try readers[number].reader.accept(bytes, for: request, at: offset)
        } catch {
            readers[number].failure = error
        }
    }
}
