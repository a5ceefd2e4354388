// SPDX-License-Identifier: Apache-2.0
// The files that chunks lie in, each once.

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
public struct SourceTable: Sendable {
    public struct Source: Hashable, Sendable {
        /// As references write it: a URL, or an absolute path.
        public var url: String
        public var stamp: SourceStamp

        public init(url: String, stamp: SourceStamp = SourceStamp()) {
            self.url = url
            self.stamp = stamp
        }
    }

    public private(set) var sources: [Source] = []
    private var rows: [String: UInt32] = [:]

    public init() {}

    public var count: Int { sources.count }

    public subscript(index: SourceIndex) -> Source { sources[Int(index.row)] }

    /// The row of `url`, added where it is new.
    public mutating func intern(_ url: String, stamp: SourceStamp = SourceStamp()) -> SourceIndex {
        if let row = rows[url] { return SourceIndex(row: row) }
        let row = UInt32(sources.count)
        sources.append(Source(url: url, stamp: stamp))
        rows[url] = row
        return SourceIndex(row: row)
    }

    /// Records the state of a source.
    public mutating func setStamp(_ stamp: SourceStamp, of index: SourceIndex) {
        sources[Int(index.row)].stamp = stamp
    }
}
