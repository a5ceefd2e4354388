// SPDX-License-Identifier: Apache-2.0
// A file in memory.

public import KerchunkBytes
public import KerchunkModel

/// Bytes in memory as a source.
public struct MemorySource: ByteSource {
    public let bytes: Bytes
    public let placement: Placement?

    /// - Parameter url: what references shall name; nil makes them impossible.
    public init(_ bytes: Bytes, url: String? = nil) {
        self.bytes = bytes
        placement = url.map { Placement(url: $0) }
    }

    public var stamp: SourceStamp { SourceStamp(size: UInt64(bytes.count)) }
    public func size() -> UInt64 { UInt64(bytes.count) }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return ranges.map { bytes[Int($0.offset)..<Int($0.end)] }
    }
}

/// An output in memory.
// A class because it grows as it is written.
public final class MemoryUpload: Upload {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public func write(_ piece: RawSpan) throws {
        var cursor = ByteCursor(piece, at: UInt64(bytes.count), in: "output")
        bytes += try cursor.bytes(piece.byteCount)
    }
    public func commit() {}
    public func abort() { bytes = [] }
}

/// Part of another source: a file behind a user block, a member of an archive.
public struct SubrangeSource: ByteSource {
    private let base: any ByteSource
    private let window: ByteRange

    /// - Parameter window: must lie inside `base`.
    public init(_ base: any ByteSource, window: ByteRange) {
        self.base = base
        self.window = window
    }

    public var placement: Placement? {
        base.placement.map { Placement(url: $0.url, baseOffset: $0.baseOffset + window.offset) }
    }
    public var name: String { base.name }
    public var stamp: SourceStamp { get throws { try base.stamp } }
    public var currentStamp: SourceStamp { get throws { try base.currentStamp } }
    public var givesParts: Bool { get throws { try base.givesParts } }
    public func size() -> UInt64 { window.count }
    public var preferredBatch: UInt64 { base.preferredBatch }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        return try base.read(
            ranges.map { ByteRange(window.offset + $0.offset..<window.offset + $0.end) })
    }
}
