// SPDX-License-Identifier: Apache-2.0
// Looks for the mark of messages in bytes that belong to none.

import KerchunkBytes
import KerchunkStorage

/// Finds "GRIB", each byte of the file at most once.
struct MessageSearch {
    private let source: any ByteSource
    private let size: UInt64
    private var offset: UInt64 = 0
    private var bytes = Bytes()
    private(set) var readCount = 0

    /// Bytes of the first read, and of the last ones: padding is mostly short, and noise is read in long runs.
    private static let smallestRead: UInt64 = 4096
    private static let largestRead: UInt64 = 1 << 20
    /// In a part of a file, of which the start is somewhere in a message.
    private static let smallestRemoteRead: UInt64 = 256 << 10
    static let markLength: UInt64 = 4
    private let firstRead: UInt64

    /// - Parameter size: bytes of the file that are looked at.
    init(_ source: any ByteSource, size: UInt64, isRemote: Bool = false) {
        self.source = source
        self.size = size
        firstRead = isRemote ? Self.smallestRemoteRead : Self.smallestRead
    }

    /// The first mark from `place` on.
    mutating func next(from place: UInt64, _ cancellation: Cancellation) throws -> UInt64? {
        var place = place
        var length = firstRead
        while size >= Self.markLength, place <= size - Self.markLength {
            if place < offset || place + Self.markLength > offset + UInt64(bytes.count) {
                try cancellation.check()
                bytes = try source.read(ByteRange(place..<place + min(length, size - place)))
                offset = place
                readCount += 1
                length = min(length * 4, Self.largestRead)
            }
            if let found = Self.mark(in: bytes, from: Int(place - offset)) { return offset + UInt64(found) }
            // the last three bytes may be the start of a mark
            place = offset + UInt64(bytes.count) - (Self.markLength - 1)
        }
        return nil
    }

    private static func mark(in bytes: Bytes, from start: Int) -> Int? {
        let span = bytes.span
        var position = start
        while position + 4 <= bytes.count {
            // the third letter is rare in text, and tells how far to go
            switch span.byte(position + 3) {
            case UInt8(ascii: "B"):
                if span.byte(position) == UInt8(ascii: "G"), span.byte(position + 1) == UInt8(ascii: "R"),
                    span.byte(position + 2) == UInt8(ascii: "I")
                {
                    return position
                }
                position += 4
            case UInt8(ascii: "I"): position += 1
            case UInt8(ascii: "R"): position += 2
            case UInt8(ascii: "G"): position += 3
            default: position += 4
            }
        }
        return nil
    }
}

extension RawSpan {
    fileprivate func byte(_ position: Int) -> UInt8 {
        // SAFETY: bytes have no invalid patterns; the place is checked.
        unsafe unsafeLoad(fromByteOffset: position, as: UInt8.self)
    }
}
