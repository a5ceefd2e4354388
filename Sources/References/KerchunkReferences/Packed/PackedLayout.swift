// SPDX-License-Identifier: Apache-2.0
// Where the parts of a packed dataset lie in its file. A form of our own; described in docs/packed.md.

import KerchunkBytes

/// A header, blocks of chunks, metadata, tables, a footer; all numbers are little-endian.
enum PackedLayout {
    /// No start of text, so that no transfer in text mode passes unseen.
    static let magic: [UInt8] = [0x89, 0x4B, 0x50, 0x4B, 0x0D, 0x0A, 0x1A, 0x0A]
    static let version: UInt32 = 2
    /// Bytes: the magic, the version, zeros.
    static let headerSize: UInt64 = 16
    /// Bytes that are read from the end of a file when it is opened: of most files, all metadata.
    static let tailSize: UInt64 = 32 << 10
    /// Chunks of a block.
    static let blockRows = 8192
    /// A block with more inline bytes than this is full.
    static let blockInlineSize = 4 << 20
    /// Bytes of the columns of a block when decoded.
    static let largestColumns = 1 << 20
    /// Groups inside each other.
    static let largestDepth = Nesting.limit

    /// Bytes of the tables when decoded.
    static let largestTables = 1 << 30

    /// Whether `bytes` are the start of a packed dataset.
    static func startsFile(_ bytes: Bytes) -> Bool {
        bytes.count >= magic.count && bytes[0..<magic.count].array == magic
    }

    static var header: [UInt8] { header(version) }

    private static func header(_ version: UInt32) -> [UInt8] {
        var bytes = magic
        bytes.append(UInt64(version), width: 8)
        return bytes
    }

    /// Whether a file that starts so is of a version that is read: all so far.
    static func isKnown(_ header: [UInt8]) -> Bool { (1...version).contains { header == Self.header($0) } }
}

/// A compressed part of the file.
struct PackedFrame: Equatable {
    var range: ByteRange
    /// Bytes when decoded.
    var decodedSize: UInt64
}

/// The last bytes of the file.
struct PackedFooter: Equatable {
    var metadata: PackedFrame
    /// Behind the metadata.
    var tables: PackedFrame

    /// Bytes.
    static let size: UInt64 = 64

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(metadata.range.offset, width: 8)
        bytes.append(metadata.range.count, width: 8)
        bytes.append(metadata.decodedSize, width: 8)
        bytes.append(tables.range.count, width: 8)
        bytes.append(tables.decodedSize, width: 8)
        bytes.append(UInt64(PackedLayout.version), width: 8)
        bytes.append(Self.checksum(bytes), width: 8)
        return bytes + PackedLayout.magic.reversed()
    }

    init(metadata: PackedFrame, tables: PackedFrame) {
        self.metadata = metadata
        self.tables = tables
    }

    /// - Parameter bytes: the last ones of a file of `fileSize` bytes.
    init(parsing bytes: Bytes, fileSize: UInt64) throws(ParseError) {
        let base = fileSize - Self.size
        var cursor = ByteCursor(bytes.span, at: base, in: "footer of a packed dataset")
        let offset = try cursor.uint64()
        let metadataSize = try cursor.uint64()
        let metadataDecoded = try cursor.uint64()
        let tablesSize = try cursor.uint64()
        let tablesDecoded = try cursor.uint64()
        _ = try cursor.uint64()
        let covered = bytes[0..<cursor.position].array
        let checksum = try cursor.uint64()
        guard try cursor.bytes(PackedLayout.magic.count) == PackedLayout.magic.reversed() else {
            throw cursor.error("the file has no footer of a packed dataset; it is incomplete")
        }
        guard checksum == Self.checksum(covered) else { throw cursor.error("its checksum is wrong") }
        let metadataRange = try ByteRange(offset: offset, count: metadataSize)
        let tablesRange = try ByteRange(offset: metadataRange.end, count: tablesSize)
        guard offset >= PackedLayout.headerSize, tablesRange.end == base else {
            throw cursor.error("its parts do not fill the file")
        }
        metadata = PackedFrame(range: metadataRange, decodedSize: metadataDecoded)
        tables = PackedFrame(range: tablesRange, decodedSize: tablesDecoded)
    }

    /// FNV-1a of 64 bits.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }  // wraps: a hash
    }
}

extension [UInt8] {
    /// The lowest `width` bytes of `value`.
    @inline(__always)
    mutating func append(_ value: UInt64, width: Int) {
        for byte in 0..<width { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * byte))) }
    }
}
