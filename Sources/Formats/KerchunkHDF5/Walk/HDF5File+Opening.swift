// SPDX-License-Identifier: Apache-2.0
// Opens a file: superblock, its extension, and what they lead to.
// Spec: HDF5 File Format Specification 3.0, II "Disk Format: Level 0 - File Metadata".

import KerchunkBytes
import KerchunkModel
import KerchunkScanning
import KerchunkStorage

extension HDF5File {
    /// Opens the HDF5 file in `source`, whatever user block lies before it.
    /// - Throws: `KerchunkError`, with the URL of the source.
    static func open(_ source: any ByteSource, in context: ScanContext) throws -> HDF5File {
        try open(
            source, limits: context.limits, cancellation: context.cancellation,
            salvages: context.options.salvages)
    }

    /// - Parameter salvages: whether a file that is cut off is opened, too.
    static func open(
        _ source: any ByteSource, limits: ScanLimits = ScanLimits(),
        cancellation: Cancellation = Cancellation(), salvages: Bool = true
    ) throws -> HDF5File {
        do {
            return try opened(source, limits: limits, cancellation: cancellation, salvages: salvages)
        } catch {
            throw KerchunkError(wrapping: error).locating(url: source.name)
        }
    }

    private static func opened(
        _ source: any ByteSource, limits: ScanLimits, cancellation: Cancellation, salvages: Bool
    ) throws -> HDF5File {
        let size = try source.size()
        let (offset, start) = try superblockBytes(in: source, cancellation)
        let superblock = try start.parse(at: offset, in: "superblock") { cursor throws(ParseError) in
            try Superblock(parsing: &cursor, wholeBlock: start)
        }
        let fullSize = superblock.extent.flatMap { $0.adding(offset) }.flatMap { $0 > size ? $0 : nil }
        func file(_ widths: TreeWidths, _ table: SharedMessageTable? = nil) -> HDF5File {
            HDF5File(
                source: source, sizes: superblock.sizes, baseAddress: offset, root: superblock.root,
                treeWidths: widths, sharedMessages: table, limits: limits, cancellation: cancellation,
                fullSize: fullSize)
        }
        let plain = file(superblock.treeWidths)
        if let address = superblock.driverInformation { try plain.checkDriverBlock(at: address) }
        if let fullSize, !salvages { throw Truncation(size: size, fullSize: fullSize).error }
        guard let address = superblock.extensionHeader else { return plain }

        let walk = ObjectHeaderWalk(file: plain, budget: MetadataBudget(fileSize: size))
        var widths = superblock.treeWidths
        var table: SharedMessageTable?
        for message in try walk.headers(at: [address]).flatMap({ try $0.get().messages }) {
            switch message.kind {
            case .treeWidths:
                widths = try message.parse(in: "B-tree K values message") { cursor throws(ParseError) in
                    try TreeWidths(parsing: &cursor)
                }
            case .sharedMessageTable: table = try plain.sharedMessageTable(message)
            case .driverInformation:
                let name = try message.parse(in: "driver info message") { cursor throws(ParseError) in
                    try cursor.skip(1)
                    return try cursor.text(8).string
                }
                try plain.checkDriver(name)
            case .cacheImage: try plain.checkCacheImage(message)
            default: break
            }
        }
        return file(widths, table)
    }

    /// The place of the first signature, and the bytes there.
    private static func superblockBytes(
        in source: any ByteSource, _ cancellation: Cancellation
    ) throws -> (offset: UInt64, bytes: Bytes) {
        let size = try source.size()
        let signature = Bytes(HDF5Scanner.signature)
        func block(at offset: UInt64) throws -> Bytes {
            try source.read(ByteRange(offset..<min(size, offset + Superblock.maximumSize)))
        }
        let first = try block(at: 0)
        if first.count >= signature.count, first[0..<signature.count] == signature { return (0, first) }
        // In two batches: few files have so large a user block that the second one is needed.
        let offsets = HDF5Scanner.signatureOffsets.dropFirst().filter { $0 + UInt64(signature.count) <= size }
        for offsets in [offsets.filter { $0 < Probe.length }, offsets.filter { $0 >= Probe.length }]
        where !offsets.isEmpty {
            try cancellation.check()
            let candidates = try source.read(offsets.map { ByteRange($0..<$0 + UInt64(signature.count)) })
            for (offset, bytes) in zip(offsets, candidates) where bytes == signature {
                return (offset, try block(at: offset))
            }
        }
        throw KerchunkError(.unrecognized, "not an HDF5 file: it has no HDF5 signature")
    }

    private func sharedMessageTable(_ message: HeaderMessage) throws -> SharedMessageTable {
        let place = try message.parse(in: "shared message table message") { cursor throws(ParseError) in
            try SharedMessageTableMessage(parsing: &cursor, sizes: sizes)
        }
        let extent = (address: place.table, count: place.tableSize(sizes))
        let bytes = try readEach([extent], in: "shared message table")[0].get()
        let offset = try offset(of: place.table, in: "shared message table")
        try verifyChecksum(bytes, at: offset, in: "shared message table")
        return try bytes.parse(at: offset, in: "shared message table") { cursor throws(ParseError) in
            try SharedMessageTable(parsing: &cursor, count: place.indexCount, sizes: sizes)
        }
    }

    /// Spec: II.B "File Driver Info".
    private func checkDriverBlock(at address: UInt64) throws {
        let bytes = try readEach([(address, 16)], in: "driver information block")[0].get()
        let offset = try offset(of: address, in: "driver information block")
        try checkDriver(
            try bytes.parse(at: offset, in: "driver information block") { cursor throws(ParseError) in
                try cursor.skip(8)
                return try cursor.text(8).string
            })
    }

    /// Metadata that was changed last may stand in an image of the cache only, and its own place be stale.
    /// Spec: IV.A.2.z "The Metadata Cache Image Message".
    private func checkCacheImage(_ message: HeaderMessage) throws {
        let image = try message.parse(in: "metadata cache image message") { cursor throws(ParseError) in
            try cursor.skip(1)
            return try cursor.address(sizes)
        }
        if image != nil {
            throw KerchunkError(
                .unsupported,
                "the metadata of this HDF5 file are in a cache image; rewrite the file with h5repack first"
            )
        }
    }

    /// Drivers that spread a file over several are not for us; others leave no trace in the addresses.
    private func checkDriver(_ name: String) throws {
        if name.hasPrefix("NCSAmult") || name.hasPrefix("NCSAfami") {
            throw KerchunkError(
                .unsupported,
                "this is one part of an HDF5 file that consists of several files (driver \"\(name)\"); join them with h5repack first"
            )
        }
    }
}
