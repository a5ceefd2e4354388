// SPDX-License-Identifier: Apache-2.0
// An open HDF5 file: what every walk needs to read it.

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

/// One HDF5 file, readable from many threads at once.
// A class because nodes of the hierarchy share the file that they come from.
final class HDF5File: Sendable {
    let source: any ByteSource
    let sizes: FieldSizes
    /// Where address 0 lies in `source`: behind a user block.
    let baseAddress: UInt64
    /// Object header of the root group.
    let root: UInt64
    let treeWidths: TreeWidths
    /// Nil where the file shares no messages in a heap.
    let sharedMessages: SharedMessageTable?
    let limits: ScanLimits
    let cancellation: Cancellation
    /// Bytes that the file should have, where it is cut off.
    let fullSize: UInt64?

    init(
        source: any ByteSource, sizes: FieldSizes, baseAddress: UInt64, root: UInt64 = 0,
        treeWidths: TreeWidths = TreeWidths(), sharedMessages: SharedMessageTable? = nil,
        limits: ScanLimits = ScanLimits(), cancellation: Cancellation = Cancellation(),
        fullSize: UInt64? = nil
    ) {
        self.source = source
        self.sizes = sizes
        self.baseAddress = baseAddress
        self.root = root
        self.treeWidths = treeWidths
        self.sharedMessages = sharedMessages
        self.limits = limits
        self.cancellation = cancellation
        self.fullSize = fullSize
    }

    /// Where `address` lies in `source`.
    func offset(of address: UInt64, in structure: StaticString) throws(ParseError) -> UInt64 {
        guard let offset = baseAddress.adding(address) else {
            throw ParseError(
                "address \(address) is beyond the end of any file", in: structure.description, at: address)
        }
        return offset
    }

    /// Reads a whole level of structures in one batch.
    /// - Parameter extents: addresses (relative to the base address) and lengths in bytes.
    /// - Throws: `KerchunkError` where an extent reaches beyond the file.
    func read(_ extents: [(address: UInt64, count: UInt64)], in structure: StaticString) throws -> [Bytes] {
        try cancellation.check()
        let ranges = try extents.map { extent in
            guard extent.count <= limits.structureSize else {
                throw ParseError(
                    "\(extent.count) bytes are more than any such structure has", in: structure.description,
                    at: extent.address)
            }
            return try ByteRange(
                offset: try offset(of: extent.address, in: structure), count: extent.count,
                in: structure.description)
        }
        return try source.read(ranges)
    }
}
