// SPDX-License-Identifier: Apache-2.0
// A part of a file in memory, which moves with what is asked for.

import KerchunkBytes
import KerchunkStorage

/// Gives bytes of places that mostly follow each other.
struct FileWindow {
    private let source: any ByteSource
    private let size: UInt64
    private let blockSize: UInt64
    private var offset: UInt64 = 0
    private var bytes = Bytes()
    private(set) var readCount = 0

    init(_ source: any ByteSource, size: UInt64, blockSize: UInt64) {
        self.source = source
        self.size = size
        self.blockSize = blockSize
    }

    /// Up to `count` bytes from `place` on, fewer where the file ends; nil at its end.
    mutating func bytes(at place: UInt64, upTo count: UInt64) throws -> Bytes? {
        guard place < size else { return nil }
        let count = min(count, size - place)
        if place < offset || place - offset > UInt64(bytes.count)
            || UInt64(bytes.count) - (place - offset) < count
        {
            bytes = try source.read(ByteRange(place..<place + min(max(count, blockSize), size - place)))
            offset = place
            readCount += 1
        }
        let start = Int(place - offset)
        return bytes[start..<start + Int(count)]
    }
}
