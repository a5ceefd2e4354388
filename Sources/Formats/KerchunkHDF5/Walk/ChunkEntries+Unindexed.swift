// SPDX-License-Identifier: Apache-2.0
// Datasets whose chunks follow from the layout message alone: compact, contiguous, implicit.
// Spec: HDF5 File Format Specification 3.0, IV.A.2.i "The Data Layout Message".

import KerchunkBytes
import KerchunkModel
import KerchunkScanning

extension ChunkEntries {
    /// One chunk inside the object header.
    init(compact bytes: [UInt8], of dataset: DatasetHeader) throws {
        let size = try dataset.storedSize()
        guard UInt64(bytes.count) >= size else {
            throw ParseError(
                "\(bytes.count) bytes for elements of \(size) bytes in all", in: "data layout message", at: 0)
        }
        self.init(onlyChunk: .inline(Bytes(bytes.prefix(Int(size)))), of: dataset)
    }

    /// One chunk of all elements. Its size is that of the dataspace: what layout messages say was cut to 32
    /// bits by old writers, and HDF5 itself does not use it.
    init(contiguousAt address: Address, of dataset: DatasetHeader, in space: ChunkSpace) throws {
        let size = try dataset.storedSize()
        guard let address, size > 0 else {
            self.init(onlyChunk: .missing, of: dataset)
            return
        }
        guard address <= space.endAddress, size <= space.endAddress - address else {
            throw space.error(address: address, size: size)
        }
        let start = space.start + address
        self.init(onlyChunk: .range(SourceIndex(row: 0), ByteRange(start..<start + size)), of: dataset)
    }

    /// A grid of one chunk, or of none where an axis has no extent.
    private init(onlyChunk location: ChunkLocation, of dataset: DatasetHeader) {
        let shape = dataset.dataspace.dimensions.map { min($0, 1) }
        // Ones and zeros always make a grid; a scalar's is the empty shape.
        let grid = ChunkGrid(shape: shape) ?? .scalar
        var builder = ManifestBuilder(grid: grid)
        if grid.count > 0 { builder.set(0, location) }
        manifest = builder.finish()
        commonMask = 0
        deviatingMasks = []
        outsideCount = 0
    }
}

extension DatasetHeader {
    /// Bytes of all elements without filters.
    fileprivate func storedSize() throws -> UInt64 {
        guard let count = dataspace.elementCount,
            let size = count.multiplied(by: UInt64(max(0, datatype.size)))
        else {
            throw KerchunkError(
                .malformed,
                "\(dataspace.dimensions) elements of \(datatype.size) bytes do not fit into any file")
        }
        return size
    }
}

extension ChunkCollector {
    /// A collector for a chunked dataset, with all that does not fit together refused.
    init(_ dataset: DatasetHeader, _ layout: ChunkedLayout, space: ChunkSpace, limits: ScanLimits) throws {
        let shape = dataset.dataspace.dimensions
        guard shape.count == layout.chunkShape.count else {
            throw KerchunkError(
                .malformed, "chunks with \(layout.chunkShape.count) axes, but the dataset has \(shape.count)")
        }
        guard layout.elementSize == UInt64(max(0, dataset.datatype.size)) else {
            throw KerchunkError(
                .malformed,
                "chunks with elements of \(layout.elementSize) bytes, but the type has \(dataset.datatype.size)"
            )
        }
        guard let grid = ChunkGrid(covering: shape, by: layout.chunkShape) else {
            throw KerchunkError(
                .limit, "the number of chunks of \(layout.chunkShape) in \(shape) does not fit into 64 bits")
        }
        self.init(
            grid: grid, layout: layout, isFiltered: !dataset.filters.isEmpty, space: space,
            limit: limits.chunks)
    }

    /// Places the chunks of the implicit index: all chunks of the largest extent behind each other.
    mutating func placeImplicitly(at address: UInt64, numbering: ChunkNumbering) throws(ParseError) {
        guard address <= space.endAddress, let count = numbering.count,
            space.isCut
                ? count.multiplied(by: chunkSize)?.adding(address) != nil
                : count <= (space.endAddress - address) / max(1, chunkSize)
        else { throw space.error(address: address, size: numbering.count?.multiplied(by: chunkSize) ?? .max) }
        expect(grid.count)
        var runs = numbering.runs(from: 0)
        var number: UInt64 = 0
        while number < count {
            let run = runs.next(limit: Int(clamping: count - number))
            for index in 0..<UInt64(run.inside) {
                try place(
                    at: run.position + index * run.step, address: address + (number + index) * chunkSize,
                    storedSize: chunkSize, filterMask: 0)
            }
            number += UInt64(run.inside + run.outside)
        }
    }
}
