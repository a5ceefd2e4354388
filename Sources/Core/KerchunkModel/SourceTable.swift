// SPDX-License-Identifier: Apache-2.0
// The files that chunks lie in, each once.

import KerchunkBytes
import Synchronization

/// What is known of a file's state, to detect later that it changed.
public struct SourceStamp: Hashable, Sendable {
    /// Bytes.
    public var size: UInt64?
    public var eTag: String?
    /// Nanoseconds since 1970.
    public var modificationTime: Int64?
    /// Bytes that the file should have had, where it was cut off and scanned all the same; nil where it was whole.
    public var fullSize: UInt64?

    public init(
        size: UInt64? = nil, eTag: String? = nil, modificationTime: Int64? = nil, fullSize: UInt64? = nil
    ) {
        self.size = size
        self.eTag = eTag
        self.modificationTime = modificationTime
        self.fullSize = fullSize
    }
}

/// A row of a `SourceTable`.
@frozen public struct SourceIndex: Hashable, Sendable, Comparable {
    public let row: UInt32
    @inlinable public init(row: UInt32) { self.row = row }
    public static func < (one: SourceIndex, other: SourceIndex) -> Bool { one.row < other.row }
}

/// The distinct sources of a dataset; chunks name rows.
///
/// It only grows, from any thread, so rows stay valid: lazily read reference sets find sources as they go.
// A class because a dataset, its lazily read manifests and their copies share one table.
public final class SourceTable: Sendable {
    public struct Source: Hashable, Sendable {
        /// As references write it: a URL, or an absolute path.
        public var url: String
        public var stamp: SourceStamp

        public init(url: String, stamp: SourceStamp = SourceStamp()) {
            self.url = url
            self.stamp = stamp
        }
    }

    private struct Contents: ~Copyable {
        var urls = ByteTable()
        /// Of the first rows; nothing is known of the others.
        var stamps: [SourceStamp] = []

        func source(_ row: Int) -> Source {
            Source(url: urls.string(row), stamp: row < stamps.count ? stamps[row] : SourceStamp())
        }

        mutating func setStamp(_ stamp: SourceStamp, _ row: Int) {
            if row >= stamps.count {
                if stamp == SourceStamp() { return }
                while stamps.count <= row { stamps.append(SourceStamp()) }
            }
            stamps[row] = stamp
        }

        mutating func intern(_ url: Span<UInt8>, _ range: Range<Int>, _ stamp: SourceStamp) -> SourceIndex {
            let count = urls.count
            let row = urls.add(url, range)
            precondition(row < SourceTable.largestCount)
            if row == count { setStamp(stamp, row) }
            return SourceIndex(row: UInt32(row))
        }
    }

    private let contents = Mutex(Contents())
    /// Rows that chunks can name: two codes of `ManifestColumns` are taken.
    private static let largestCount = Int(UInt32.max) - 1

    public init() {}

    /// All sources found so far.
    public var sources: [Source] {
        contents.withLock { contents in (0..<contents.urls.count).map { contents.source($0) } }
    }

    /// Calls `body` with the sources from `row` on, without all of them being in memory.
    package func forEachSource<E: Error>(from row: Int = 0, _ body: (Source) throws(E) -> Void) throws(E) {
        var row = row
        while let source = contents.withLock({ $0.urls.count > row ? $0.source(row) : nil }) {
            try body(source)
            row += 1
        }
    }

    public var count: Int { contents.withLock { $0.urls.count } }

    public subscript(index: SourceIndex) -> Source { contents.withLock { $0.source(Int(index.row)) } }

    /// The row of `url`, added where it is new.
    public func intern(_ url: String, stamp: SourceStamp = SourceStamp()) -> SourceIndex {
        let url = Array(url.utf8)
        return contents.withLock { $0.intern(url.span, url.indices, stamp) }
    }

    /// The row of the URL that is the bytes `range` of `text`, which are UTF-8.
    package func intern(_ text: Span<UInt8>, _ range: Range<Int>) -> SourceIndex {
        contents.withLock { $0.intern(text, range, SourceStamp()) }
    }

    /// Records the state of a source.
    public func setStamp(_ stamp: SourceStamp, of index: SourceIndex) {
        contents.withLock { contents in
            precondition(index.row < contents.urls.count)
            contents.setStamp(stamp, Int(index.row))
        }
    }
}
