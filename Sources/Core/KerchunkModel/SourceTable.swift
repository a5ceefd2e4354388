// SPDX-License-Identifier: Apache-2.0
// The files that chunks lie in, each once.

import Synchronization

/// What is known of a file's state, to detect later that it changed.
public struct SourceStamp: Hashable, Sendable {
    /// Bytes.
    public var size: UInt64?
    public var eTag: String?
    /// Nanoseconds since 1970.
    public var modificationTime: Int64?

    public init(size: UInt64? = nil, eTag: String? = nil, modificationTime: Int64? = nil) {
        self.size = size
        self.eTag = eTag
        self.modificationTime = modificationTime
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

    private struct Contents {
        var sources: [Source] = []
        var rows: [String: UInt32] = [:]
    }

    private let contents = Mutex(Contents())
    /// Rows that chunks can name: two codes of `ManifestColumns` are taken.
    private static let largestCount = Int(UInt32.max) - 1

    public init() {}

    /// All sources found so far.
    public var sources: [Source] { contents.withLock { $0.sources } }

    public var count: Int { contents.withLock { $0.sources.count } }

    public subscript(index: SourceIndex) -> Source { contents.withLock { $0.sources[Int(index.row)] } }

    /// The row of `url`, added where it is new.
    public func intern(_ url: String, stamp: SourceStamp = SourceStamp()) -> SourceIndex {
        contents.withLock { contents in
            if let row = contents.rows[url] { return SourceIndex(row: row) }
            precondition(contents.sources.count < Self.largestCount)
            let row = UInt32(contents.sources.count)
            contents.sources.append(Source(url: url, stamp: stamp))
            contents.rows[url] = row
            return SourceIndex(row: row)
        }
    }

    /// Records the state of a source.
    public func setStamp(_ stamp: SourceStamp, of index: SourceIndex) {
        contents.withLock { $0.sources[Int(index.row)].stamp = stamp }
    }
}
