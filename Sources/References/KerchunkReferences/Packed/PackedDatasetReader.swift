// SPDX-License-Identifier: Apache-2.0
// Opens packed datasets; chunks are read when they are asked for. Layout: docs/packed.md.

public import KerchunkBytes
public import KerchunkCodecs
public import KerchunkModel
public import KerchunkReading
public import KerchunkStorage
import Synchronization

/// Opens packed datasets that are used together: they share a few open files, and the memory for decoded blocks.
// A class because they share it.
public final class PackedDatasetReader: Sendable {
    /// Bytes of decoded blocks that are kept.
    public static let defaultCacheSize = 32 << 20

    fileprivate let files: SourceReader
    fileprivate let cache: PackedBlockCache
    fileprivate let codec: any Codec
    fileprivate let limits: ReferenceLimits
    fileprivate let nextNumber = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - codecs: `zstd`.
    ///   - open: opens the file behind a name; called again when its turn in the few open ones is over.
    public init(
        codecs: CodecDirectory, cacheSize: Int = defaultCacheSize,
        limits: ReferenceLimits = ReferenceLimits(),
        open: @escaping SourceReader.Opener = { try LocalFile($0) }
    ) throws(KerchunkError) {
        files = SourceReader(open)
        cache = PackedBlockCache(limit: cacheSize)
        codec = try codecs.codec(CodecSpec("zstd"))
        self.limits = limits
    }

    /// Opens the dataset in the file `name`, which must not change while it is in use.
    public func open(_ name: String) throws(KerchunkError) -> Opened {
        try open(try files.source(name), name: name, reopened: true)
    }

    /// Opens the dataset in `source`, which stays open as long as the dataset is used.
    public func open(_ source: any ByteSource) throws(KerchunkError) -> Opened {
        try open(source, name: source.name, reopened: false)
    }

    /// - Parameter reopened: whether `name` is opened anew for each read, as far as it is not kept open.
    private func open(
        _ source: any ByteSource, name: String, reopened: Bool
    ) throws(KerchunkError) -> Opened {
        do {
            let opening = try PackedOpening(source, reader: self)
            let file = PackedFile(
                name: name, source: reopened ? nil : source, stamp: try source.stamp, reader: self,
                sourceCount: UInt64(opening.tables.sources.count))
            let directories = opening.tables.directories
            let metadata = try PackedMetadata(parsing: opening.metadata) {
                (number, grid) throws(KerchunkError) in
                guard number < directories.count, directories[number].gridCount == grid.count else {
                    throw KerchunkError(.malformed, "the chunks of an array are not those of its shape")
                }
                return PackedManifest(
                    grid: grid, number: UInt32(number), directory: directories[number], file: file)
            }
            let sources = SourceTable()
            for (row, known) in opening.tables.sources.enumerated() {
                guard sources.intern(known.url, stamp: known.stamp).row == UInt32(row) else {
                    throw KerchunkError(.malformed, "the source \"\(known.url)\" is named twice")
                }
            }
            var opened = Opened(
                VirtualDataset(root: metadata.root, sources: sources, looseKeys: metadata.looseKeys),
                issues: metadata.issues, from: .references(PackedForm()))
            opened.note = metadata.note
            return opened
        } catch {
            throw KerchunkError(wrapping: error).locating(url: name)
        }
    }
}

/// What is read when a packed dataset is opened.
private struct PackedOpening {
    let metadata: Bytes
    let tables: PackedTables

    /// Bytes of metadata or tables that a byte of the file may stand for, beyond some that are always allowed.
    private static let largestRatio: UInt64 = 4096
    private static let alwaysAllowed: UInt64 = 64 << 10

    init(_ source: any ByteSource, reader: PackedDatasetReader) throws {
        let size = try source.size()
        guard size >= PackedLayout.headerSize + PackedFooter.size else {
            throw KerchunkError(
                .malformed, "a file of \(size) bytes is not a packed dataset, or is incomplete")
        }
        let tailStart = size - min(size, PackedLayout.tailSize)
        let parts = try source.read([
            ByteRange(0..<PackedLayout.headerSize), ByteRange(tailStart..<size),
        ])
        guard PackedLayout.startsFile(parts[0]) else {
            throw KerchunkError(.unrecognized, "not a packed dataset")
        }
        guard PackedLayout.isKnown(parts[0].array) else {
            throw KerchunkError(
                .unsupported, "a packed dataset of a version newer than \(PackedLayout.version)")
        }
        let tail = parts[1]
        let footer = try PackedFooter(
            parsing: tail[tail.count - Int(PackedFooter.size)..<tail.count], fileSize: size)
        let start = footer.metadata.range.offset
        let all: Bytes
        if start >= tailStart {
            all = tail.dropping(Int(start - tailStart))
        } else {
            all = try source.read(ByteRange(start..<footer.tables.range.end))
        }
        let tablesStart = Int(footer.metadata.range.count)
        metadata = try Self.decoded(
            all[0..<tablesStart], footer.metadata, limit: reader.limits.documentSize, reader)
        let rows = try Self.decoded(
            all[tablesStart..<tablesStart + Int(footer.tables.range.count)], footer.tables,
            limit: PackedLayout.largestTables, reader)
        tables = try PackedTables(
            parsing: rows, at: footer.tables.range.offset, blocksIn: PackedLayout.headerSize..<start)
    }

    private static func decoded(
        _ stored: Bytes, _ frame: PackedFrame, limit: Int, _ reader: PackedDatasetReader
    ) throws -> Bytes {
        let believable =
            (frame.range.count.multiplied(by: largestRatio) ?? .max).adding(alwaysAllowed) ?? .max
        guard frame.decodedSize <= min(UInt64(limit), believable) else {
            throw KerchunkError(.limit, "\(frame.decodedSize) bytes of metadata are too many")
        }
        let bytes = try reader.codec.decode(stored, limit: Int(frame.decodedSize))
        guard bytes.count == Int(frame.decodedSize) else {
            throw KerchunkError(.malformed, "the size of the metadata differs from that in the footer")
        }
        return bytes
    }
}

/// The file of an opened dataset.
// A class because all its manifests share it.
final class PackedFile: Sendable {
    let name: String
    let sourceCount: UInt64
    /// Nil where the reader opens it anew.
    private let source: (any ByteSource)?
    /// The state in which it was opened.
    private let stamp: SourceStamp
    private let reader: PackedDatasetReader
    private let number: UInt64

    fileprivate init(
        name: String, source: (any ByteSource)?, stamp: SourceStamp, reader: PackedDatasetReader,
        sourceCount: UInt64
    ) {
        self.name = name
        self.source = source
        self.stamp = stamp
        self.reader = reader
        self.sourceCount = sourceCount
        number = reader.nextNumber.add(1, ordering: .relaxed).oldValue
    }

    func read(_ range: ByteRange) throws -> Bytes {
        if let source { return try source.read(range) }
        let source = try reader.files.source(name)
        guard try source.stamp == stamp else {
            throw KerchunkError(
                .changed, "the packed dataset was replaced while it was being read", url: name)
        }
        return try source.read(range)
    }

    func block(_ block: PackedBlockName, _ stored: Bytes, at offset: UInt64) throws -> PackedBlock {
        try PackedBlock(
            stored, at: offset, named: block, codec: reader.codec, inlineLimit: reader.limits.memberSize)
    }

    /// The chunks of a block, which are kept for a while.
    func manifest(_ block: PackedBlockName, _ range: ByteRange) throws -> ChunkManifest {
        try reader.cache.manifest(PackedBlockCache.Key(file: number, block: block)) {
            try self.block(block, try read(range), at: range.offset).manifest(sourceCount: sourceCount)
        }
    }
}
