// SPDX-License-Identifier: Apache-2.0
// Batches in which one bad address does not spoil the others.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// A structure's place: address relative to the base address, and bytes.
typealias Extent = (address: UInt64, count: UInt64)

extension HDF5File {
    /// Reads `extents` in one batch; an extent that reaches beyond the file fails by itself.
    /// - Parameter clipped: extents that reach beyond the end of the file are cut there, where at least one byte is left.
    /// - Throws: where the source fails, or the scan was cancelled.
    func readEach(
        _ extents: [Extent], clipped: Bool = false, in structure: StaticString
    ) throws -> [Result<Bytes, ParseError>] {
        if extents.isEmpty { return [] }
        try cancellation.check()
        let end = try source.size()
        var results: [Result<Bytes, ParseError>] = []
        results.reserveCapacity(extents.count)
        var ranges: [ByteRange] = []
        ranges.reserveCapacity(extents.count)
        for extent in extents {
            do throws(ParseError) {
                ranges.append(try range(of: extent, end: end, clipped: clipped, in: structure))
                results.append(.success(Bytes()))
            } catch {
                results.append(.failure(error))
            }
        }
        if ranges.isEmpty { return results }
        let read = try source.read(ranges)
        if read.count == results.count { return read.map { .success($0) } }
        var next = 0
        for index in results.indices {
            if case .success = results[index] {
                results[index] = .success(read[next])
                next += 1
            }
        }
        return results
    }

    /// Reads `extents` in batches of at most `limits.batch` bytes, or what suits the source, and hands out each with its index.
    ///
    /// A wide level of a tree is never in memory as a whole.
    func forEachRead(
        _ extents: [Extent], clipped: Bool = false, in structure: StaticString,
        _ body: (Int, Result<Bytes, ParseError>) throws -> Void
    ) throws {
        let limit = min(limits.batch, source.preferredBatch)
        var start = 0
        while start < extents.count {
            var end = start
            var total: UInt64 = 0
            while end < extents.count {
                // Saturating: a sum beyond 64 bits is beyond the batch too.
                let next = total.adding(extents[end].count) ?? UInt64.max
                if end > start && next > limit { break }
                total = next
                end += 1
            }
            let batch = start == 0 && end == extents.count ? extents : Array(extents[start..<end])
            for (position, result) in try readEach(batch, clipped: clipped, in: structure).enumerated() {
                try body(start + position, result)
            }
            start = end
        }
    }

    private func range(
        of extent: Extent, end: UInt64, clipped: Bool, in structure: StaticString
    ) throws(ParseError) -> ByteRange {
        let offset = try offset(of: extent.address, in: structure)
        guard extent.count <= limits.structureSize else {
            throw ParseError(
                "\(extent.count) bytes are more than any such structure has", in: structure.description,
                at: offset)
        }
        guard offset < end, clipped || extent.count <= end - offset else {
            throw ParseError(
                "needs \(extent.count) bytes, but the file ends at byte \(end)", in: structure.description,
                at: offset)
        }
        return ByteRange(offset..<offset + min(extent.count, end - offset))
    }
}
