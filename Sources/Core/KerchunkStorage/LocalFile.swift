// SPDX-License-Identifier: Apache-2.0
// Files of this machine.

public import KerchunkBytes
public import KerchunkModel

/// A file read with `pread`: if somebody truncates it, reads fail, and the process lives.
public struct LocalFile: ByteSource {
    private let file: Platform.File
    public let placement: Placement?
    private let status: Platform.FileStatus
    /// Fetches closer than this are one system call.
    private static let gap: UInt64 = 4 << 10

    /// - Parameter url: what references shall name; the absolute path unless given.
    public init(_ path: String, url: String? = nil) throws(KerchunkError) {
        file = try Platform.File(path, .read)
        status = try file.status()
        guard status.isRegular else {
            throw KerchunkError(
                .input, status.isDirectory ? "this is a directory, not a file" : "this is not a regular file",
                url: path)
        }
        placement = Placement(url: url ?? absolutePath(path))
    }

    public var name: String { file.path }
    public var stamp: SourceStamp { Self.stamp(status) }
    public var currentStamp: SourceStamp { get throws { Self.stamp(try file.status()) } }

    private static func stamp(_ status: Platform.FileStatus) -> SourceStamp {
        SourceStamp(size: status.size, modificationTime: status.modificationTime)
    }

    public func size() -> UInt64 { status.size }
    /// Little enough that the memory of one batch serves the next, and stays in the processor's cache.
    public var preferredBatch: UInt64 { 1 << 20 }

    public func read(_ ranges: [ByteRange]) throws -> [Bytes] {
        try checkBounds(ranges)
        if ranges.count == 1, let only = ranges.first { return [try file.read(only)] }
        let fetches = planFetches(for: ranges, gap: Self.gap, limit: .max)
        let fetched = try file.read(fetches)
        return slices(ranges, of: fetched, holding: fetches)
    }
}

/// `path` made absolute, with `.` and `..` resolved in the text; symbolic links stay.
public func absolutePath(_ path: String) -> String {
    let full = path.hasPrefix("/") ? path : Platform.workingDirectory + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
}
