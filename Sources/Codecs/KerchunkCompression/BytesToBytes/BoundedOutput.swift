// SPDX-License-Identifier: Apache-2.0
// Room for the output of a streaming decoder.

import KerchunkBytes
import KerchunkModel

/// Bytes that grow by doubling, and never beyond `limit`.
struct BoundedOutput {
    /// Room, of which the first `used` bytes are meaningful.
    var room: [UInt8]
    var used = 0
    private let limit: Int
    private let codec: String

    /// - Parameter expected: how many bytes may come; more or fewer are fine.
    init(expecting expected: Int, limit: Int, codec: String) {
        self.limit = min(max(0, limit), Int.max - 1)
        self.codec = codec
        room = [UInt8](repeating: 0, count: min(max(1, expected), self.limit + 1))
    }

    /// Makes room for at least one more byte. One byte beyond the limit has room, so that a decoder which would
    /// write it is told from one that is done.
    mutating func ensureRoom() throws(KerchunkError) {
        guard used == room.count else { return }
        guard used <= limit else { throw .beyond(limit, codec) }
        room.append(contentsOf: repeatElement(0, count: min(max(used, 4096), limit + 1 - used)))
    }

    func finish() throws(KerchunkError) -> Bytes {
        guard used <= limit else { throw .beyond(limit, codec) }
        return Bytes(room[..<used])
    }
}
