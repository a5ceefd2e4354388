// SPDX-License-Identifier: Apache-2.0
// A run of bytes in a file.

/// `count` bytes from `offset` on; the end never overflows.
public struct ByteRange: Hashable, Sendable {
    /// First byte, absolute.
    public let offset: UInt64
    /// Number of bytes.
    public let count: UInt64

    /// - Throws: `ParseError` when the end would lie beyond 2⁶⁴.
    public init(offset: UInt64, count: UInt64, in structure: String = "byte range") throws(ParseError) {
        guard !offset.addingReportingOverflow(count).overflow else {
            throw ParseError("\(count) bytes extend beyond the largest offset", in: structure, at: offset)
        }
        self.offset = offset
        self.count = count
    }

    /// The bytes of `range`.
    public init(_ range: Range<UInt64>) {
        offset = range.lowerBound
        count = range.upperBound - range.lowerBound
    }

    /// One past the last byte.
    public var end: UInt64 { offset + count }

    public func contains(_ other: ByteRange) -> Bool {
        offset <= other.offset && other.end <= end
    }
}
